import Domain
import Foundation
import Inventory
import TestSupport
import Testing

/// The key file and what is looked up with it.
struct LookupKeysTests {
    @Test(.enabled(if: Paths.vectors != nil, "third-party vectors are not beside the checkout"))
    func lookupsAreThoseOfTheGoldenVector() throws {
        let vectors = try #require(Paths.vectors)
        let data = try Data(contentsOf: vectors.appending(path: "lethe-golden/golden.json"))
        let golden = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let subject = try #require(golden?["subject"] as? [String: String])
        let key = try #require(Hex.decode(subject["lookup_key"] ?? ""))
        let handle = try Handle(subject["canonical_handle"] ?? "")
        #expect(handle.canonical == subject["canonical_handle"])
        #expect(try Hex.encode(LookupKeys([key]).lookup(handle)) == subject["lookup"])
    }

    @Test func theLookupOfAKnownKeyNeverChanges() throws {
        let key = (0x60...0x7f).map { UInt8($0) }
        let lookup = try LookupKeys([key]).lookup(Handle("+1 555 010-0123"))
        #expect(Hex.encode(lookup) == "f081bd20a0d71921cacb54f7818ecf564f62be16e4176a8c9242e0f608ab8e7d")
    }

    @Test(
        arguments: [(0o600, nil), (0o400, nil), (0o640, "key-readable"), (0o604, "key-readable")] as [(Int, String?)])
    func aKeyThatOthersCanReadIsRefused(mode: Int, expected: String?) throws {
        let folder = try TemporaryDirectory()
        let file = folder.file("lookup.key")
        _ = try LookupKeys.create(at: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        #expect(code { _ = try LookupKeys.load(from: file) } == expected)
    }

    @Test func aKeyFileIsMadeOnceForItsOwner() throws {
        let folder = try TemporaryDirectory()
        let file = folder.file("lookup.key")
        _ = try LookupKeys.create(at: file)
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        #expect(try Data(contentsOf: file).count == 65)
        #expect(code { _ = try LookupKeys.create(at: file) } == "key-exists")
    }

    @Test(arguments: ["", "abc\n", String(repeating: "AB", count: 32), String(repeating: "ab", count: 31)])
    func aBadKeyFileIsRefused(text: String) throws {
        let folder = try TemporaryDirectory()
        let file = folder.file("lookup.key")
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        #expect(code { _ = try LookupKeys.load(from: file) } == "invalid-key")
        #expect(code { _ = try LookupKeys.load(from: folder.file("nothing")) } == "missing-key")
    }

    @Test func anInventoryDoesNotOpenWithAnotherKey() throws {
        let world = try World()
        let other = try LookupKeys.create(at: world.folder.file("other.key"))
        #expect(code { _ = try InventoryStore.open(at: world.database, keys: other) } == "wrong-key")
    }

    @Test func aRotatedKeyFindsEverybodyAgain() throws {
        let world = try World()
        let before = try world.subject("+14155550117")
        let rotated = try LookupKeys.rotate(at: world.folder.file("lookup.key"))
        #expect(rotated.count == 2)
        for _ in 0..<2 {
            let store = try InventoryStore.open(
                at: world.database, keys: LookupKeys.load(from: world.folder.file("lookup.key")))
            #expect(try store.pseudonym(for: Handle("+14155550117"), createIfMissing: false) == before)
        }
        #expect(code { _ = try InventoryStore.open(at: world.database, keys: world.keys) } == "wrong-key")
    }

    @Test func aPseudonymIsGivenOnceAndOnlyWhenAsked() throws {
        let world = try World()
        #expect(try world.store.pseudonym(for: Handle("a@example.com"), createIfMissing: false) == nil)
        let first = try world.subject("A@Example.com")
        #expect(try world.subject("a@example.com") == first)
        #expect(try world.subject("b@example.com") != first)
        #expect(first.bytes.count == 32)
    }
}
