import Cryptography
import Domain
import Testing

@testable import Audit

/// The keys of section 3 of the log's format, worked out by another program (Python's `hmac`) from the root key 00 01 … 1f.
struct EpochKeyTests {
    private static let origin = "lethe.example.org/0123456789abcdef"
    private let root: RootKey

    init() throws { root = try RootKey(SecretBytes(copying: (0..<32).map { UInt8($0) })) }

    @Test func keysFollowFromTheRootKeyAndTheOrigin() throws {
        #expect(try root.kid() == "059161578f7e8172")
        let first = try EpochKey(root: root, origin: Self.origin)
        #expect(Hex.encode(first.bytes) == "f6416e2be8bfe86a228834f5d00736f4add60b4b83d233ff07012b3cad105eb9")
        let second = try first.next()
        #expect(second.epoch == 1)
        #expect(Hex.encode(second.bytes) == "fe2ac15c2917bec51e8f9a284f9294e3b710168ad0d02852898963b7333e8d52")
        let mac = try first.authenticator().authenticate(Array("record".utf8))
        #expect(Hex.encode(mac) == "4d535ce98c8d0a614cd7fcbcde53fcbe1ffe9e21b2db2621556363cf30a45a8a")
    }

    /// A record of another log never verifies, though the root key be the same.
    @Test func anotherOriginHasAnotherKey() throws {
        let (one, other) = (
            try EpochKey(root: root, origin: Self.origin), try EpochKey(root: root, origin: Self.origin + "0")
        )
        #expect(one.bytes != other.bytes)
    }
}
