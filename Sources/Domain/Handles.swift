import Foundation

/// A phone line of the account, in E.164. Our own lines are not personal data of end-users and are stored as they are.
package struct PhoneLine: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: String

    package init(_ text: String) throws(LetheError) {
        guard isE164(text) else {
            throw LetheError(
                "invalid-line", .usage, "not a phone number in E.164 form",
                hint: "write a plus sign and 7 to 15 digits: +12025550143")
        }
        number = text
    }

    package var description: String { number }
    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// An end-user's phone number or mail address, in memory only: it is turned into a pseudonym on the way in and is never
/// stored, logged or printed. `description` says nothing of it.
package struct Handle: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `tel:+` and digits, or `mailto:` and the whole address in lower case, its host in A-labels: what the lookup key is
    /// applied to.
    package let canonical: String

    /// Spaces, dots, dashes and parentheses of a number are dropped, `tel:` and `mailto:` are accepted.
    package init(_ text: String) throws(LetheError) {
        guard let canonical = Self.canonicalForm(text) else {
            throw LetheError(
                "invalid-handle", .usage,
                "a handle is neither a phone number in E.164 form nor a mail address, or it has an invisible character",
                hint: "write +12025550143 or name@example.com, one per line")
        }
        self.canonical = canonical
    }

    /// As the vendor's API spells it: without the scheme.
    package var wire: String { String(canonical.drop { $0 != ":" }.dropFirst()) }

    package var description: String { "(handle)" }
    package var debugDescription: String { "(handle)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// What looks the same is the same (NFC); a character that nobody sees may be what makes two people of one, and is refused.
    private static func canonicalForm(_ text: String) -> String? {
        let isVisible = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format }
        guard isVisible else { return nil }
        var bare = Substring(text.precomposedStringWithCanonicalMapping).trimmingSpaces()
        for scheme in ["tel:", "mailto:"] where bare.lowercased().hasPrefix(scheme) {
            bare = bare.dropFirst(scheme.count)
        }
        if bare.contains("@") {
            let halves = bare.split(separator: "@", omittingEmptySubsequences: false)
            let isPlain = bare.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !"<>\",;()[]\\".unicodeScalars.contains($0)
            }
            guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty }), isPlain, bare.utf8.count <= 254 else {
                return nil
            }
            // Lower case may take a composed letter apart.
            let host = halves[1].lowercased().precomposedStringWithCanonicalMapping
            return Punycode.asciiHost(host).map { "mailto:" + halves[0].lowercased() + "@" + $0 }
        }
        let digits = String(bare.filter { !" .-()".contains($0) })
        return isE164(digits) ? "tel:" + digits : nil
    }
}

/// A data subject's handle as Lethe knows it: 32 random bytes without any relation to the handle.
package struct SubjectPseudonym: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 64 lower-case hex digits, as in the audit log.
    package init(hex: String) throws(LetheError) {
        guard let bytes = Hex.decode(hex), bytes.count == 32 else {
            throw LetheError("invalid-pseudonym", .usage, "not a subject pseudonym: expected 64 lower-case hex digits")
        }
        self.bytes = bytes
    }

    package var hex: String { Hex.encode(bytes) }
    /// What people see: `sub_` and the first 12 digits.
    package var description: String { "sub_" + hex.prefix(12) }
    package static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

/// A plus sign and 7 to 15 digits, the first not zero (ITU-T E.164, 6.2).
package func isE164(_ text: String) -> Bool {
    let characters = text.utf8
    guard characters.first == UInt8(ascii: "+") else { return false }
    let digits = characters.dropFirst()
    return (7...15).contains(digits.count) && digits.first != UInt8(ascii: "0")
        && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}

extension Substring {
    package func trimmingSpaces() -> Substring {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start }
        return start[...last]
    }
}
