internal import COpenSSL
package import Domain

/// Ed25519 signatures (RFC 8032) by OpenSSL.
package enum Ed25519 {
    /// A private key: the 32-byte seed and its public key.
    package struct SigningKey: Sendable {
        private let seed: SecretBytes
        /// 32 bytes.
        package let publicKey: [UInt8]

        package init(seed: SecretBytes) throws(LetheError) {
            guard seed.count == 32, let key = Self.key(of: seed) else {
                throw LetheError("invalid-key", .configuration, "not an Ed25519 seed: expected 32 bytes")
            }
            defer { EVP_PKEY_free(key) }
            var publicKey = [UInt8](repeating: 0, count: 32)
            var length = publicKey.count
            guard EVP_PKEY_get_raw_public_key(key, &publicKey, &length) == 1, length == 32 else {
                throw LetheError("invalid-key", .configuration, "OpenSSL cannot derive an Ed25519 public key")
            }
            self.seed = seed
            self.publicKey = publicKey
        }

        package static func generate() throws(LetheError) -> SigningKey {
            try SigningKey(seed: Randomness.secret(32))
        }

        /// 64 bytes; the same for the same message.
        package func sign(_ message: [UInt8]) throws(LetheError) -> [UInt8] {
            let failure = LetheError("cryptography-unavailable", .failed, "OpenSSL cannot sign with Ed25519")
            guard let key = Self.key(of: seed) else { throw failure }
            defer { EVP_PKEY_free(key) }
            guard let context = EVP_MD_CTX_new() else { throw failure }
            defer { EVP_MD_CTX_free(context) }
            var signature = [UInt8](repeating: 0, count: 64)
            var length = signature.count
            guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
                EVP_DigestSign(context, &signature, &length, message, message.count) == 1, length == 64
            else { throw failure }
            return signature
        }

        /// PKCS#8 of RFC 8410: a fixed prefix of 16 bytes, then the seed.
        package var pkcs8: SecretBytes { SecretBytes(joining: SecretBytes(copying: Self.pkcs8Prefix), seed) }

        package init(pkcs8: SecretBytes) throws(LetheError) {
            let seed = pkcs8.withUnsafeBytes { bytes in
                bytes.count == 48 && bytes.starts(with: Self.pkcs8Prefix)
                    ? SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes.suffix(32))) : nil
            }
            guard let seed else {
                throw LetheError("invalid-key", .configuration, "not an Ed25519 private key in PKCS#8 form")
            }
            try self.init(seed: seed)
        }

        private static func key(of seed: SecretBytes) -> OpaquePointer? {
            seed.withUnsafeBytes { bytes in
                EVP_PKEY_new_raw_private_key(
                    EVP_PKEY_ED25519, nil, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
            }
        }

        private static let pkcs8Prefix: [UInt8] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
        ]
    }

    /// Whether `signature` (64 bytes) is the holder's of `publicKey` (32 bytes) over `message`.
    package static func isValid(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == 64, publicKey.count == 32,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count)
        else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
