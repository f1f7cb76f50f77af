package import Domain

/// The account's bearer key; it prints as `(key)` wherever it ends up.
package struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let secret: String

    /// Visible ASCII, at most 4,096 bytes, surrounding white space dropped. Throws `invalid-api-key`, which repeats
    /// nothing of it.
    package init(_ text: String) throws(LetheError) {
        let trimmed = String(Substring(text).trimmingSpaces())
        guard (1...4096).contains(trimmed.utf8.count), trimmed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw LetheError(
                "invalid-api-key", .configuration, "the API key is empty or has characters no key has",
                hint: "set LINQ_API_V3_API_KEY or LINQ_API_V3_API_KEY_FILE")
        }
        secret = trimmed
    }

    package var description: String { "(key)" }
    package var debugDescription: String { "(key)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
