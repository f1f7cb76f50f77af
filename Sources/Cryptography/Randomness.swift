internal import COpenSSL
package import Domain

/// Random bytes from OpenSSL's generator, which the operating system seeds.
package enum Randomness {
    package static func bytes(_ count: Int) throws(LetheError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else {
            throw LetheError("randomness-unavailable", .failed, "OpenSSL gives no random bytes")
        }
        return bytes
    }

    /// A new key.
    package static func secret(_ count: Int) throws(LetheError) -> SecretBytes {
        var isDone = false
        let secret = SecretBytes(capacity: count) { out in
            isDone = RAND_bytes(out.assumingMemoryBound(to: UInt8.self).baseAddress, Int32(count)) == 1
            return count
        }
        guard isDone else {
            throw LetheError("randomness-unavailable", .failed, "OpenSSL gives no random bytes")
        }
        return secret
    }

    /// A fresh id of 16 random bytes.
    package static func id<Kind: IdentifierKind>(_ kind: Kind.Type = Kind.self) throws(LetheError) -> LetheID<Kind> {
        let bytes = try bytes(16)
        guard let id = LetheID<Kind>(bytes: bytes) else {
            throw LetheError("randomness-unavailable", .failed, "OpenSSL gives no random bytes")
        }
        return id
    }
}

/// Compares without leaking where the difference is; lengths are not secret.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Compares without leaking where the difference is.
package func constantTimeEqual(_ left: Digest32, _ right: Digest32) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { CRYPTO_memcmp(left.baseAddress, $0.baseAddress, 32) == 0 } }
}
