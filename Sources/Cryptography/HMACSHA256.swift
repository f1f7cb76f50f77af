internal import COpenSSL
package import Domain

/// HMAC-SHA256 by OpenSSL's EVP_MAC, with one context that is started anew with the key for each message.
///
/// The key is always given again: OpenSSL 3.0.0–3.0.2 computes a wrong MAC when a used context is re-initialised with a
/// NULL key (openssl#17811). One instance belongs to one thread at a time, hence not `Sendable`.
package final class HMACSHA256 {
    private let context: OpaquePointer
    private var key: [UInt8]

    package init(key: [UInt8]) throws(LetheError) {
        guard let mac = EVP_MAC_fetch(nil, "HMAC", nil) else { throw Self.unavailable }
        defer { EVP_MAC_free(mac) }
        guard let context = EVP_MAC_CTX_new(mac) else { throw Self.unavailable }
        self.context = context
        self.key = key
    }

    deinit {
        EVP_MAC_CTX_free(context)
        key.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// 32 bytes.
    package func authenticate(_ message: [UInt8]) throws(LetheError) -> [UInt8] {
        try authenticate(message[...])
    }

    package func authenticate(_ message: ArraySlice<UInt8>) throws(LetheError) -> [UInt8] {
        var mac = [UInt8](repeating: 0, count: Digest.size)
        let done = message.withUnsafeBufferPointer { bytes in
            mac.withUnsafeMutableBufferPointer { authenticate(bytes, into: $0) }
        }
        guard done else { throw Self.unavailable }
        return mac
    }

    private func authenticate(_ bytes: UnsafeBufferPointer<UInt8>, into mac: UnsafeMutableBufferPointer<UInt8>) -> Bool
    {
        var length = 0
        let started = key.withUnsafeBufferPointer { lethe_hmac_sha256_init(context, $0.baseAddress, $0.count) }
        return started == 1 && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
            && EVP_MAC_final(context, mac.baseAddress, &length, mac.count) == 1 && length == Digest.size
    }

    package static func authenticate(_ message: [UInt8], key: [UInt8]) throws(LetheError) -> [UInt8] {
        try HMACSHA256(key: key).authenticate(message)
    }

    private static var unavailable: LetheError {
        LetheError(
            "cryptography-unavailable", .failed, "OpenSSL cannot compute HMAC-SHA256",
            hint: "check the OpenSSL 3 installation and its provider configuration")
    }
}
