/// 32 bytes without an allocation: a SHA-256 digest or an HMAC-SHA256.
package struct Digest32: Hashable, Sendable {
    package var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init() {}

    /// `nil` unless there are exactly 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var index = 0
        withUnsafeMutableBytes { out in
            for byte in bytes {
                out[index] = byte
                index += 1
            }
        }
    }

    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    package mutating func withUnsafeMutableBytes<T>(_ body: (UnsafeMutableRawBufferPointer) -> T) -> T {
        Swift.withUnsafeMutableBytes(of: &words, body)
    }

    package func withUnsafeBytes<T>(_ body: (UnsafeRawBufferPointer) -> T) -> T {
        Swift.withUnsafeBytes(of: words, body)
    }

    package static func == (left: Digest32, right: Digest32) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
