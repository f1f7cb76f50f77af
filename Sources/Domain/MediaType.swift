/// The type of a file as the vendor says it, in the one form in which it is kept and compared.
package enum MediaType {
    /// Names of one and the same thing, and what the vendor makes of a type on delivery (linq-api, section 4.1).
    private static let aliases = [
        "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/heif": "image/heic", "audio/mp3": "audio/mpeg",
        "audio/mp4": "audio/x-m4a", "audio/m4a": "audio/x-m4a", "audio/aiff": "audio/x-aiff",
        "audio/wav": "audio/x-wav",
        "text/x-vcard": "text/vcard",
    ]

    /// Files that the vendor turns into others as it delivers them: of what was sent so, only the other type comes back.
    private static let conversions = [
        "image/tiff": "image/jpeg", "image/tif": "image/jpeg", "audio/x-caf": "audio/x-m4a", "audio/caf": "audio/x-m4a",
    ]

    /// The type that comes back instead of one in lower case; `nil` where it comes back itself.
    package static func delivered(insteadOf type: String) -> String? { conversions[type] }

    /// `type/subtype` in lower case, without parameters; `nil` for anything else, and where seven digits could be the number
    /// of a person.
    package static func canonical(_ text: String) -> String? {
        guard text.utf8.count <= 255, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let bare = text.prefix { $0 != ";" }.trimmingSpaces().lowercased()
        let halves = bare.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy(isName), bare.utf8.count(where: isDigit) < 7 else { return nil }
        return aliases[bare] ?? bare
    }

    /// A name of RFC 6838, section 4.2, in lower case.
    package static func isName(_ text: Substring) -> Bool {
        guard (1...127).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return isAlphanumeric(first) && text.utf8.allSatisfy { isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }
}
