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
        // Names the digest once; every message gives the key again.
        guard lethe_hmac_sha256_init(context, key, key.count) == 1 else {
            EVP_MAC_CTX_free(context)
            throw Self.unavailable
        }
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
        try message.withUnsafeBufferPointer { bytes throws(LetheError) in
            try authenticate(UnsafeRawBufferPointer(bytes))
        }.bytes
    }

    /// Without an allocation.
    package func authenticate(_ message: UnsafeRawBufferPointer) throws(LetheError) -> Digest32 {
        var mac = Digest32()
        let done = mac.withUnsafeMutableBytes { out in
            var length = 0
            let bytes = message.assumingMemoryBound(to: UInt8.self)
            let started = key.withUnsafeBufferPointer { EVP_MAC_init(context, $0.baseAddress, $0.count, nil) }
            return started == 1 && EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
                && EVP_MAC_final(context, out.assumingMemoryBound(to: UInt8.self).baseAddress, &length, out.count) == 1
                && length == Digest.size
        }
        guard done else { throw Self.unavailable }
        return mac
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
