internal import COpenSSL
package import Domain

/// SHA-256 with one fetched algorithm and one reused context, for many short messages. One instance belongs to one
/// thread at a time, hence not `Sendable`.
package final class SHA256Hasher {
    private let algorithm: OpaquePointer
    private let context: OpaquePointer

    package init() throws(LetheError) {
        guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { throw Self.unavailable }
        guard let context = EVP_MD_CTX_new() else {
            EVP_MD_free(algorithm)
            throw Self.unavailable
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(algorithm)
    }

    /// The digest of `prefix` and then `message`.
    package func hash(prefix: UInt8, _ message: UnsafeRawBufferPointer) throws(LetheError) -> Digest32 {
        var prefix = prefix
        var digest = Digest32()
        let done = digest.withUnsafeMutableBytes { out in
            EVP_DigestInit_ex2(context, algorithm, nil) == 1 && EVP_DigestUpdate(context, &prefix, 1) == 1
                && EVP_DigestUpdate(context, message.baseAddress, message.count) == 1
                && EVP_DigestFinal_ex(context, out.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1
        }
        guard done else { throw Self.unavailable }
        return digest
    }

    static var unavailable: LetheError {
        LetheError("cryptography-unavailable", .failed, "OpenSSL cannot compute SHA-256")
    }
}
