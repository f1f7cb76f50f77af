import Domain

/// What `match.mime` may list: one type (`application/pdf`) or a whole family (`image/*`), in lower case.
package struct MimePattern: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    /// `nil` unless both halves are names of RFC 6838, 4.2; the second may be `*`. Capitals are lowered.
    package init?(_ text: String) {
        // Before capitals are lowered: beyond ASCII some become a letter of it, as the sign of Kelvin.
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let halves = text.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, MediaType.isName(halves[0]), halves[1] == "*" || MediaType.isName(halves[1]) else {
            return nil
        }
        description = text.lowercased()
    }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    package var isFamily: Bool { description.hasSuffix("/*") }

    /// What the vendor calls it: `image/jpeg` of `image/jpg`.
    package var delivered: String { isFamily ? description : MediaType.canonical(description) ?? description }

    /// The family it is in: `image/*` of `image/png`, and of itself.
    package var family: MimePattern { MimePattern(familyOf: description) }

    private init(familyOf type: String) {
        description = type.prefix { $0 != "/" } + "/*"
    }

    /// The type without parameters: `text/vcard` of `text/vcard; charset=utf-8`.
    package static func essence(of mime: String) -> String {
        guard let end = mime.utf8.firstIndex(where: { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: " ") }) else {
            return mime
        }
        return String(mime[..<end])
    }
}
