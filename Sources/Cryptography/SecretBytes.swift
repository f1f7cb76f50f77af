internal import COpenSSL
import Domain
import Foundation

/// Key material, or the text of it: in one place of memory, which is overwritten when the last one who holds it lets go.
package final class SecretBytes: Sendable, Equatable {
    private let bytes: [UInt8]

    /// `fill` writes at most `capacity` bytes and gives how many.
    package init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            buffer.initialize(repeating: 0)
            count = fill(UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// What is copied stays where it is: for constants, and keys that are no secret of ours.
    package convenience init(copying bytes: some Collection<UInt8>) {
        self.init(capacity: bytes.count) { out in
            out.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// One after another.
    package convenience init(joining parts: SecretBytes...) {
        self.init(capacity: parts.reduce(0) { $0 + $1.count }) { out in
            var end = 0
            for part in parts {
                part.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: out[end...]).copyMemory(from: $0) }
                end += part.count
            }
            return end
        }
    }

    /// All of an open file that has at most 4,096 bytes, or as much of a longer one. `nil` = it cannot be read.
    package convenience init?(reading file: Int32) {
        var isRead = true
        self.init(capacity: 4096) { out in
            var end = 0
            while end < out.count {
                let count = read(file, out.baseAddress?.advanced(by: end), out.count - end)
                if count < 0, errno == EINTR { continue }
                isRead = count >= 0
                guard count > 0 else { break }
                end += count
            }
            return end
        }
        guard isRead else { return nil }
    }

    deinit {
        // In place: nobody else has this array, and a mutable copy would leave it as it is.
        bytes.withUnsafeBytes { OPENSSL_cleanse(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) }
    }

    package var count: Int { bytes.count }

    /// For as long as `body` runs.
    package func withUnsafeBytes<T, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> T) throws(E) -> T {
        try bytes.withUnsafeBufferPointer { buffer throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
    }

    package static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        constantTimeEqual(left.bytes, right.bytes)
    }
}

extension SecretBytes {
    /// As lower-case hexadecimal.
    package func hex() -> SecretBytes {
        withUnsafeBytes { source in
            SecretBytes(capacity: source.count * 2) { out in
                for (index, byte) in source.enumerated() {
                    out[index * 2] = Self.digit(byte >> 4)
                    out[index * 2 + 1] = Self.digit(byte & 15)
                }
                return source.count * 2
            }
        }
    }

    /// `nil` for an odd number of digits, or anything but `0-9a-f`.
    package convenience init?(hex digits: UnsafeRawBufferPointer) {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var isHex = true
        self.init(capacity: digits.count / 2) { out in
            for index in 0..<(digits.count / 2) {
                let (high, low) = (Hex.value(digits[index * 2]), Hex.value(digits[index * 2 + 1]))
                guard let high, let low else {
                    isHex = false
                    return index
                }
                out[index] = high << 4 | low
            }
            return digits.count / 2
        }
        guard isHex else { return nil }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 87 }
}
