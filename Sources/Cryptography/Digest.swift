internal import COpenSSL

/// SHA-256 by OpenSSL.
package enum Digest {
    package static let size = 32

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { sha256($0) }
    }

    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { digest, count in
            var length: UInt32 = 0
            let result = EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, &length, EVP_sha256(), nil)
            // Only a broken or missing OpenSSL provider can fail here, and the known-answer test refuses to start with one.
            precondition(result == 1 && length == 32, "OpenSSL cannot compute SHA-256")
            count = Int(length)
        }
    }
}
