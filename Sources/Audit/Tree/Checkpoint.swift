package import Cryptography
package import Domain

/// The text of a C2SP tlog-checkpoint: origin, number of records and root hash, a line each.
struct CheckpointBody: Equatable {
    let origin: String
    let size: Int64
    let root: [UInt8]

    /// `nil` for what does not parse. Extension lines may follow and are ignored. The length of the root is not looked at.
    init?(_ text: String) {
        guard text.utf8.last == 10 else { return nil }
        let lines = text.utf8.dropLast().split(separator: 10, omittingEmptySubsequences: false).map { Substring($0) }
        guard lines.count >= 3, !lines.contains(where: \.isEmpty), VerifierKey.isName(lines[0]) else { return nil }
        let digits = lines[1].utf8
        guard digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
            digits.count == 1 || digits.first != UInt8(ascii: "0"),
            let size = Int64(lines[1]), let root = Base64.decode(lines[2])
        else { return nil }
        origin = String(lines[0])
        self.size = size
        self.root = root
    }
}

/// A signed statement that the log `origin` had `size` records with this root:
///
///     lethe.example.org/3f9a1c5e7b2d4680
///     15
///     MgRs+meIXxDmqm9XrIu+6UN+wxaK0nXvHDRvxsIqbBY=
///
///     — lethe.example.org/3f9a1c5e7b2d4680 vPpurCbG…
package struct Checkpoint: Sendable, Equatable {
    package let origin: String
    package let size: Int64
    package let root: Digest32
    /// The whole signed note.
    package let note: [UInt8]

    /// Parses a note; says nothing about its signature.
    package init(note: [UInt8]) throws(LetheError) {
        let parsed = try SignedNote(note)
        guard let body = CheckpointBody(parsed.text), let root = Digest32(body.root) else {
            throw LetheError("malformed-checkpoint", .failed, "a signed note is not a checkpoint of a log")
        }
        origin = body.origin
        size = body.size
        self.root = root
        self.note = note
    }

    init(
        origin: String, size: Int64, root: Digest32, with key: Ed25519.SigningKey
    ) throws(LetheError) {
        self.origin = origin
        self.size = size
        self.root = root
        note = try SignedNote.sign("\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n", name: origin, with: key)
    }

    /// What the holder of `publicKey` says of it, under the checkpoint's own origin.
    func verdict(_ publicKey: [UInt8]) throws(LetheError) -> SignedNote.SignatureStatus {
        try SignedNote(note).verdict(VerifierKey(name: origin, publicKey: publicKey))
    }

    /// Its origin is a segment of the log that `key` names.
    func isNamed(by key: VerifierKey) -> Bool {
        LogOrigin.name(origin).map { $0 == (LogOrigin.name(key.name) ?? key.name) } ?? false
    }

    /// What is wrong with the signature for the holder of `key`'s public key; `nil` where it is good.
    func flaw(under key: VerifierKey) throws(LetheError) -> String? {
        switch try verdict(key.publicKey) {
        case .valid: nil
        case .forged: "has a signature that is not valid"
        case .otherKey: "is signed by another key"
        case .unsigned: "has no signature of this log"
        }
    }

    /// Whether the holder of `key` (by public key, under this origin) signed it.
    package func isSigned(by key: VerifierKey) -> Bool { (try? verdict(key.publicKey)) == .valid }

    /// `<16 hex of the origin>.<size>.note`.
    var anchorName: String { "\(LogOrigin.suffix(origin)).\(size).note" }
}

/// `<configured name>/<16 hex of 8 random bytes>`: names one segment of one log.
enum LogOrigin {
    static func make(name: String) throws(LetheError) -> String {
        "\(name)/\(Hex.encode(try Randomness.bytes(8)))"
    }

    /// The configured name, `nil` where `origin` has not the form.
    static func name(_ origin: String) -> String? {
        guard let slash = origin.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let suffix = origin[origin.utf8.index(after: slash)...]
        guard suffix.utf8.count == 16, Hex.decode(suffix) != nil else { return nil }
        return try? checkedName(String(origin[..<slash]))
    }

    /// The 16 hex digits.
    static func suffix(_ origin: String) -> String { String(origin.suffix(16)) }

    /// `[A-Za-z0-9._/-]`, 1 to 100 characters.
    static func checkedName(_ name: String) throws(LetheError) -> String {
        let isPlain = name.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, (1...100).contains(name.utf8.count) else {
            throw LetheError(
                "invalid-audit-name", .configuration,
                "an audit name must be 1 to 100 of the characters A-Z a-z 0-9 . _ - /",
                hint: "use a domain name of yours, such as lethe.example.org")
        }
        return name
    }
}
