/// The law that lets a `retain` stand against an erasure request: one of a closed list.
package struct LegalGround: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    /// `nil` for a ground that is not in the list.
    package init?(_ name: String) {
        guard Self.names.contains(name) else { return nil }
        self.name = name
    }

    package var description: String { name }
    package static func < (left: Self, right: Self) -> Bool { left.name < right.name }

    /// GDPR and UK GDPR Art. 17(3)(a)–(e), CCPA § 1798.105(d)(1)–(8), HIPAA 45 CFR 164.316(b)(2); `other` is carried by
    /// the policy's `why`.
    package static let names: [String] =
        ["a", "b", "c", "d", "e"].map { "gdpr.17.3.\($0)" } + ["a", "b", "c", "d", "e"].map { "uk.17.3.\($0)" }
        + (1...8).map { "ccpa.1798.105.d.\($0)" } + ["hipaa.164.316.b.2", "other"]
}
