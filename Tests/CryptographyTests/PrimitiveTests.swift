import Domain
import Foundation
import TestSupport
import Testing

@testable import Cryptography

struct PrimitiveTests {
    @Test func theKnownAnswerTestPasses() throws {
        try SelfTest.run()
    }

    @Test func aPrefixedHashIsTheHashOfTheConcatenation() throws {
        let hasher = try SHA256Hasher()
        for count in [0, 1, 63, 64, 65, 1000] {
            let message = [UInt8](repeating: 7, count: count)
            for prefix in [UInt8(0), 1] {
                let digest = try message.withUnsafeBufferPointer { bytes throws(LetheError) in
                    try hasher.hash(prefix: prefix, UnsafeRawBufferPointer(bytes))
                }
                #expect(digest.bytes == Digest.sha256([prefix] + message))
            }
        }
    }

    @Test func aKeySurvivesItsPKCS8Form() throws {
        let key = try Ed25519.SigningKey.generate()
        let again = try Ed25519.SigningKey(pkcs8: key.pkcs8)
        #expect(again.publicKey == key.publicKey)
        let signature = try key.sign([1, 2, 3])
        #expect(try again.sign([1, 2, 3]) == signature)
        #expect(Ed25519.isValid(signature, of: [1, 2, 3], by: key.publicKey))
        #expect(!Ed25519.isValid(signature, of: [1, 2, 4], by: key.publicKey))
        #expect(throws: LetheError.self) { try Ed25519.SigningKey(pkcs8: SecretBytes(capacity: 47) { _ in 47 }) }
    }

    @Test(arguments: [31, 32, 33])
    func aDigestHasThirtyTwoBytes(_ count: Int) {
        let bytes = [UInt8](0..<UInt8(count))
        #expect((Digest32(bytes) != nil) == (count == 32))
        if count == 32 { #expect(Digest32(bytes)?.bytes == bytes) }
    }

    @Test func equalityIsOfAllBytes() throws {
        let left = Digest32([UInt8](0..<32))
        for index in 0..<32 {
            var other = [UInt8](0..<32)
            #expect(try constantTimeEqual(#require(left), #require(Digest32(other))))
            other[index] ^= 0x80
            #expect(try !constantTimeEqual(#require(left), #require(Digest32(other))))
        }
    }
}
