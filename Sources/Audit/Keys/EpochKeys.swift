package import Cryptography
package import Domain

/// The root key R: 32 random bytes, shown once and kept off the host.
package struct RootKey: Sendable {
    let secret: SecretBytes

    /// Refuses anything but 32 bytes.
    package init(_ secret: SecretBytes) throws(LetheError) {
        guard secret.count == 32 else {
            throw LetheError("invalid-root-key", .usage, "a root key has 32 bytes", hint: "write it as 64 hex digits")
        }
        self.secret = secret
    }

    /// The text of a root key file: 64 lower-case hex digits, a final newline is optional.
    package init(text: SecretBytes) throws(LetheError) {
        let secret = text.withUnsafeBytes { bytes in
            SecretBytes(
                hex: bytes.last == UInt8(ascii: "\n") ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes)
        }
        guard let secret, secret.count == 32 else {
            throw LetheError(
                "invalid-root-key", .usage, "not a root key: expected 64 lower-case hex digits",
                hint: "pass the file that holds what `lethe init` printed as root key")
        }
        self.secret = secret
    }

    package static func generate() throws(LetheError) -> RootKey {
        try RootKey(Randomness.secret(32))
    }

    /// `key`, or a new one.
    static func given(_ key: RootKey?) throws(LetheError) -> RootKey {
        if let key { return key }
        return try generate()
    }

    /// 64 digits.
    package var hex: SecretBytes { secret.hex() }

    /// 16 hex; stands in `log.open`, so that a wrong key is told from tampering.
    package func kid() throws(LetheError) -> String {
        let mac = try HMACSHA256(key: secret).authenticate(Array("lethe-audit/v1 kid\n".utf8))
        return Hex.encode(mac.prefix(8))
    }
}

/// The key of one epoch, E_e. The next one follows from it and not the other way: a thief of the host cannot rewrite
/// epochs before the one that is open.
package struct EpochKey: Sendable, Equatable {
    let epoch: Int64
    let secret: SecretBytes

    /// E_0. The origin is in the key, so records of another log never verify.
    package init(root: RootKey, origin: String) throws(LetheError) {
        epoch = 0
        secret = try HMACSHA256.derive("lethe-audit/v1 epoch\n\(origin)\n", from: root.secret)
    }

    /// As read back from `mac.state`.
    init(epoch: Int64, _ secret: SecretBytes) throws(LetheError) {
        guard secret.count == 32, epoch >= 0 else {
            throw LetheError("invalid-key", .configuration, "an epoch key has 32 bytes")
        }
        self.epoch = epoch
        self.secret = secret
    }

    /// E_e+1.
    func next() throws(LetheError) -> EpochKey {
        try EpochKey(epoch: epoch + 1, HMACSHA256.derive("lethe-audit/v1 next\n", from: secret))
    }

    /// Ready to authenticate with M_e.
    package func authenticator() throws(LetheError) -> HMACSHA256 {
        try HMACSHA256(key: HMACSHA256.derive("lethe-audit/v1 mac\n", from: secret))
    }
}
