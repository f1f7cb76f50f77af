import Cryptography
package import Domain
import Foundation

/// A verifier key of C2SP signed-note: `name+<8 hex of key id>+base64(0x01 || public key)`. Type 0x01 is Ed25519.
package struct VerifierKey: Sendable, Equatable {
    package let name: String
    /// 32 bytes.
    package let publicKey: [UInt8]

    package init(name: String, publicKey: [UInt8]) throws(LetheError) {
        guard Self.isName(name), publicKey.count == 32 else { throw Self.malformed }
        self.name = name
        self.publicKey = publicKey
    }

    package init(_ text: String) throws(LetheError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let key = Base64.decode(parts[2]), key.count == 33, key[0] == 1 else {
            throw Self.malformed
        }
        try self.init(name: parts[0], publicKey: Array(key.dropFirst()))
        guard Hex.encode(keyID) == parts[1] else { throw Self.malformed }
    }

    package var text: String { "\(name)+\(Hex.encode(keyID))+\(Base64.encode([1] + publicKey))" }

    /// 4 bytes: SHA-256(name LF 0x01 public key)[:4].
    var keyID: [UInt8] { Array(Digest.sha256(Array(name.utf8) + [10, 1] + publicKey).prefix(4)) }

    /// The key under another name.
    func renamed(_ name: String) throws(LetheError) -> VerifierKey {
        try VerifierKey(name: name, publicKey: publicKey)
    }

    /// Printable ASCII without spaces and plus signs. signed-note allows more, but then equal texts could have unequal bytes.
    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "+") }
    }

    private static var malformed: LetheError {
        LetheError(
            "invalid-vkey", .usage, "not a verifier key: expected NAME+8 hex digits+base64",
            hint: "copy the vkey that `lethe init` printed, whole")
    }
}

/// A C2SP signed note: a text that ends in LF, an empty line, then one line per signature.
///
///     <text>
///
///     — name base64(key id (4 bytes) || signature)
struct SignedNote {
    struct Signature {
        let name: [UInt8]
        let keyID: [UInt8]
        let bytes: [UInt8]
    }

    enum SignatureStatus: Equatable {
        case valid
        /// A line of this key does not verify.
        case forged
        /// Signed under this name by another key.
        case otherKey
        /// No line has this name.
        case unsigned
    }

    let text: String
    let signatures: [Signature]

    static let longest = 1 << 20

    /// Throws for what is not a note; at most 100 signatures. Works on bytes: two texts that look the same are not.
    init(_ bytes: [UInt8], atMost longest: Int = longest) throws(LetheError) {
        guard bytes.count <= longest, bytes.last == 10, bytes.allSatisfy({ $0 >= 0x20 || $0 == 10 }),
            let gap = bytes.indices.dropLast().last(where: { $0 > 0 && bytes[$0] == 10 && bytes[$0 - 1] == 10 }),
            let text = String(validating: bytes[..<gap], as: UTF8.self)
        else { throw Self.malformed }
        self.text = text
        let lines = bytes[(gap + 1)...].dropLast().split(separator: 10, omittingEmptySubsequences: false)
        guard lines.count <= 100 else { throw Self.malformed }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Self.signature(line)) }
        self.signatures = signatures
    }

    private static func signature(_ line: ArraySlice<UInt8>) throws(LetheError) -> Signature {
        let dash = Array("\u{2014} ".utf8)
        let parts = line.dropFirst(dash.count).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard line.starts(with: dash), parts.count == 2, let name = String(validating: parts[0], as: UTF8.self),
            !name.isEmpty, !name.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0 == "+" }),
            let bytes = Base64.decode(String(decoding: parts[1], as: UTF8.self)), bytes.count >= 5
        else { throw malformed }
        return Signature(name: Array(parts[0]), keyID: Array(bytes.prefix(4)), bytes: Array(bytes.dropFirst(4)))
    }

    /// The signatures under the name of `key`, and those of them that state its id.
    func signatures(by key: VerifierKey) -> (named: [Signature], own: [Signature]) {
        let named = signatures.filter { $0.name == Array(key.name.utf8) }
        return (named, named.filter { $0.keyID == key.keyID })
    }

    /// What `key` says of this note. Lines of other names are ignored, as signed-note asks.
    func verdict(_ key: VerifierKey) -> SignatureStatus {
        let (named, own) = signatures(by: key)
        guard !named.isEmpty else { return .unsigned }
        guard !own.isEmpty else { return .otherKey }
        return own.allSatisfy { Ed25519.isValid($0.bytes, of: Array(text.utf8), by: key.publicKey) } ? .valid : .forged
    }

    /// The bytes of `text` signed under `name`; the same bytes every time. `text` ends in LF.
    static func sign(_ text: String, name: String, with key: Ed25519.SigningKey) throws(LetheError) -> [UInt8] {
        let verifier = try VerifierKey(name: name, publicKey: key.publicKey)
        let signature = try key.sign(Array(text.utf8))
        return Array("\(text)\n\u{2014} \(name) \(Base64.encode(verifier.keyID + signature))\n".utf8)
    }

    private static let malformed = LetheError("malformed-note", .failed, "not a signed note")
}
