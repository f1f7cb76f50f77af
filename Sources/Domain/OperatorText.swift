/// Text that a person types into a record stays there for good, so it must not name an end-user.
package enum OperatorText {
    /// A reason or a note: no `@`, and fewer than seven digits in a row once separators are removed (`docs/erasure.md`).
    package static func reason(_ text: String) throws(LetheError) -> String {
        let trimmed = String(Substring(text).trimmingSpaces())
        guard !trimmed.isEmpty, trimmed.utf8.count <= 500 else {
            throw LetheError("invalid-reason", .usage, "a reason must have 1 to 500 bytes")
        }
        var run = 0
        for character in trimmed {
            if character.isNumber {
                run += 1
            } else if !" .-()/_,+\u{00A0}".contains(character) {
                run = 0
            }
            guard run < 7, character != "@" else {
                throw LetheError(
                    "personal-data", .usage, "a reason must not hold a phone number or a mail address",
                    hint: "records are kept for years: name the matter, not the person")
            }
        }
        return trimmed
    }

    /// `--as NAME`: 1 to 64 characters of `[A-Za-z0-9._-]`.
    package static func actor(_ text: String) throws(LetheError) -> String {
        let allowed = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard allowed, (1...64).contains(text.utf8.count) else {
            throw LetheError(
                "invalid-name", .usage, "a name must be 1 to 64 characters of letters, digits, dot, dash or underscore")
        }
        return text
    }
}
