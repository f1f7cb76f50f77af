package import Domain

/// The known-answer test that runs before anything is signed or deleted, twice through the production path: a second
/// use of a context has been wrong before (openssl#17811).
package enum SelfTest {
    package static func run() throws(LetheError) {
        // RFC 4231, test case 1 (key of 20 bytes 0x0b), and SHA-256 of "abc" (FIPS 180-4).
        let mac = try HMACSHA256(key: [UInt8](repeating: 0x0b, count: 20))
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        for _ in 0..<2 {
            let answer = try mac.authenticate(Array("Hi There".utf8))
            guard Hex.encode(answer) == expected else { throw failure("HMAC-SHA256") }
        }
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        for _ in 0..<2 {
            guard Hex.encode(Digest.sha256(Array("abc".utf8))) == abc else { throw failure("SHA-256") }
        }
        try checkEd25519()
    }

    /// RFC 8032, 7.1, test 2.
    private static func checkEd25519() throws(LetheError) {
        guard let seed = Hex.decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb") else { return }
        let key = try Ed25519.SigningKey(seed: SecretBytes(copying: seed))
        let signature = try key.sign([0x72])
        let expected =
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        guard Hex.encode(signature) == expected, Ed25519.isValid(signature, of: [0x72], by: key.publicKey) else {
            throw failure("Ed25519")
        }
    }

    private static func failure(_ algorithm: String) -> LetheError {
        LetheError(
            "known-answer-test", .failed, "\(algorithm) gives a wrong answer: nothing is signed or deleted with it",
            hint: "replace the OpenSSL of this machine")
    }
}
