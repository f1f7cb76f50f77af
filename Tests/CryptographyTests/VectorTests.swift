import Domain
import Foundation
import TestSupport
import Testing

@testable import Cryptography

/// Known answers of others, read from beside the checkout.
@Suite(.enabled(if: Paths.vectors != nil, "the vectors are not beside the checkout"))
struct VectorTests {
    private func read<T: Decodable>(_ path: String, as type: T.Type) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: #require(Paths.vectors).appending(path: path)))
    }

    private struct RFC4231: Decodable {
        let tests: [Case]
        struct Case: Decodable {
            let key: String
            let data: String
            let tag: String
        }
    }

    private struct MacGroups: Decodable {
        let testGroups: [Group]
        struct Group: Decodable {
            let tagSize: Int
            let tests: [Case]
        }
        struct Case: Decodable {
            let tcId: Int
            let key: String
            let msg: String
            let tag: String
            let result: String
        }
    }

    private struct SignatureGroups: Decodable {
        let testGroups: [Group]
        struct Group: Decodable {
            let publicKey: Key
            let tests: [Case]
        }
        struct Key: Decodable { let pk: String }
        struct Case: Decodable {
            let tcId: Int
            let msg: String
            let sig: String
            let result: String
        }
    }

    /// One reused context a key, two messages in between: a second use has been wrong before.
    private func tag(key: String, message: String, bits: Int) throws -> [[UInt8]] {
        let mac = try HMACSHA256(key: #require(Hex.decode(key)))
        let message = try #require(Hex.decode(message))
        let first = try mac.authenticate(message)
        _ = try mac.authenticate([1, 2, 3])
        let second = try mac.authenticate(message)
        return [first, second].map { Array($0.prefix(bits / 8)) }
    }

    @Test func hmacOfRFC4231TwiceThroughOneContext() throws {
        let vectors = try read("hmac/rfc4231_hmac_sha256.json", as: RFC4231.self)
        #expect(vectors.tests.count == 7)
        for test in vectors.tests {
            let expected = try #require(Hex.decode(test.tag))
            let tags = try tag(key: test.key, message: test.data, bits: expected.count * 8)
            #expect(tags == [expected, expected])
        }
    }

    @Test func hmacOfWycheproof() throws {
        let groups = try read("hmac/wycheproof_hmac_sha256_test.json", as: MacGroups.self).testGroups
        #expect(groups.map(\.tests.count).reduce(0, +) == 174)
        for group in groups {
            for test in group.tests {
                let expected = try #require(Hex.decode(test.tag))
                for tag in try tag(key: test.key, message: test.msg, bits: group.tagSize) {
                    #expect(constantTimeEqual(tag, expected) == (test.result == "valid"), "case \(test.tcId)")
                }
            }
        }
    }

    @Test func ed25519OfWycheproof() throws {
        let groups = try read("ed25519/wycheproof_ed25519_test.json", as: SignatureGroups.self).testGroups
        #expect(groups.map(\.tests.count).reduce(0, +) == 151)
        for group in groups {
            let key = try #require(Hex.decode(group.publicKey.pk))
            for test in group.tests {
                let isValid = try Ed25519.isValid(
                    #require(Hex.decode(test.sig)), of: #require(Hex.decode(test.msg)), by: key)
                #expect(isValid == (test.result == "valid"), "case \(test.tcId)")
            }
        }
    }
}
