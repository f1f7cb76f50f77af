internal import COpenSSL
package import Domain

/// HMAC-SHA256 by OpenSSL's EVP_MAC, with one context that is started anew with the key for each message.
///
/// The key is always given again: OpenSSL 3.0.0–3.0.2 computes a wrong MAC when a used context is re-initialised with a
/// NULL key (openssl#17811). One instance belongs to one thread at a time, hence not `Sendable`.
package final class HMACSHA256 {
    private let context: OpaquePointer
    private let key: SecretBytes

    package convenience init(key: [UInt8]) throws(LetheError) {
        try self.init(key: SecretBytes(copying: key))
    }

    package init(key: SecretBytes) throws(LetheError) {
        guard let mac = EVP_MAC_fetch(nil, "HMAC", nil) else { throw Self.unavailable }
        defer { EVP_MAC_free(mac) }
        guard let context = EVP_MAC_CTX_new(mac) else { throw Self.unavailable }
        // Names the digest once; every message gives the key again.
        let isStarted = key.withUnsafeBytes { lethe_hmac_sha256_init(context, Self.text($0), $0.count) }
        guard isStarted == 1 else {
            EVP_MAC_CTX_free(context)
            throw Self.unavailable
        }
        self.context = context
        self.key = key
    }

    /// OpenSSL overwrites what it made of the key.
    deinit { EVP_MAC_CTX_free(context) }

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
        guard mac.withUnsafeMutableBytes({ compute(message, into: $0) }) else { throw Self.unavailable }
        return mac
    }

    private func compute(_ message: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer) -> Bool {
        var length = 0
        let started = key.withUnsafeBytes { EVP_MAC_init(context, Self.text($0), $0.count, nil) }
        return started == 1 && EVP_MAC_update(context, Self.text(message), message.count) == 1
            && EVP_MAC_final(context, out.assumingMemoryBound(to: UInt8.self).baseAddress, &length, out.count) == 1
            && length == Digest.size
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
        bytes.assumingMemoryBound(to: UInt8.self).baseAddress
    }

    /// A key that follows from another one: HMAC(key, label), nowhere but in its own place.
    package static func derive(_ label: String, from key: SecretBytes) throws(LetheError) -> SecretBytes {
        let mac = try HMACSHA256(key: key)
        var isDone = false
        let derived = SecretBytes(capacity: Digest.size) { out in
            isDone = Array(label.utf8).withUnsafeBytes { mac.compute($0, into: out) }
            return Digest.size
        }
        guard isDone else { throw unavailable }
        return derived
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
