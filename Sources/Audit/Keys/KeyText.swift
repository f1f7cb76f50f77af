import Cryptography
import Domain
import Foundation

/// A line of JSON whose last member is a key. What comes before it is no secret; the key is read and written where it is, in no string:
///
///     {"origin":"…","ep":1,"key":"<64 hex>"}
enum KeyText {
    private static let member = Array(#","key":""#.utf8)
    private static let end = Array("\"}\n".utf8)

    /// `fields`: the members before it.
    static func line(_ key: EpochKey, _ fields: (inout AsciiJSON) -> Void) -> SecretBytes {
        var json = AsciiJSON()
        json.begin()
        fields(&json)
        return SecretBytes(
            joining: SecretBytes(copying: json.bytes), SecretBytes(copying: member), key.secret.hex(),
            SecretBytes(copying: end))
    }

    /// `nil` for anything that is no such line.
    static func members(_ line: SecretBytes) -> (fields: [String: Any], key: SecretBytes)? {
        line.withUnsafeBytes { bytes in
            let start = bytes.count - end.count - 64
            guard start > member.count, bytes.suffix(end.count).elementsEqual(end),
                bytes[(start - member.count)..<start].elementsEqual(member),
                let key = SecretBytes(hex: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 64)]))
            else { return nil }
            let open = Data(bytes[..<(start - member.count)]) + Data("}".utf8)
            guard let fields = try? JSONSerialization.jsonObject(with: open) as? [String: Any] else { return nil }
            return (fields, key)
        }
    }
}
