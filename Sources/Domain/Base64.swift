import Foundation

/// RFC 4648, section 4.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Only its one canonical spelling (section 3.5).
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        decodeUnpadded(text).flatMap { encode($0) == text ? $0 : nil }
    }

    /// Padding may be left out.
    package static func decodeUnpadded(_ text: some StringProtocol) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        return Data(base64Encoded: text + padding).map { Array($0) }
    }
}
