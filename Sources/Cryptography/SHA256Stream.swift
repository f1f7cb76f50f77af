internal import COpenSSL
package import Domain

/// SHA-256 of what comes piece by piece. One instance belongs to one thread at a time, hence not `Sendable`.
package final class SHA256Stream {
    private let context: OpaquePointer

    package init() throws(LetheError) {
        guard let context = EVP_MD_CTX_new() else { throw SHA256Hasher.unavailable }
        self.context = context
        guard EVP_DigestInit_ex2(context, EVP_sha256(), nil) == 1 else { throw SHA256Hasher.unavailable }
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) throws(LetheError) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw SHA256Hasher.unavailable }
    }

    package func update(_ bytes: [UInt8]) throws(LetheError) {
        try bytes.withUnsafeBufferPointer { bytes throws(LetheError) in try update(UnsafeRawBufferPointer(bytes)) }
    }

    /// Once, at the end.
    package func finish() throws(LetheError) -> Digest32 {
        var digest = Digest32()
        let done = digest.withUnsafeMutableBytes { out in
            EVP_DigestFinal_ex(context, out.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1
        }
        guard done else { throw SHA256Hasher.unavailable }
        return digest
    }
}
