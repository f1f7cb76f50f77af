package import Domain

/// What came to an end in the period, added up in every direction that the report shows. An attachment counts once, with its
/// last word, however many plans listed it.
package struct Deletions: Codable, Sendable, Equatable {
    package var total: Tally
    /// By rule (`policy:<id>`, `erasure:<request>`, `drill`), sorted.
    package var byRule: [Tally]
    /// By line; `unknown` where there is none.
    package var byLine: [Tally]
    package var byTier: [Tally]
    /// Days (`2026-01-02`, UTC) with at least one last word, in order.
    package var byDay: [Tally]
    /// By evidence grade, `A` to `X`; what has no grade is not in here.
    package var grades: [String: Int]

    /// The attachments of one key, by outcome.
    package struct Tally: Codable, Sendable, Equatable {
        package var key: String
        package var outcomes = OutcomeCounts()
        /// Bytes of what was deleted with a 204, as far as sizes are known.
        package var bytesDeleted: Int64 = 0
        /// Bytes of what is gone after a DELETE that may have acted.
        package var bytesAfterRetry: Int64 = 0
        /// Of what was deleted with a 204, how many have no known size.
        package var sizeUnknown = 0

        package init(key: String) {
            self.key = key
        }

        mutating func add(_ item: ReportValues.Item) {
            outcomes.add(item.counted)
            switch item.counted {
            case .deleted:
                bytesDeleted += item.bytes ?? 0
                sizeUnknown += item.bytes == nil ? 1 : 0
            case .deletedAfterRetry: bytesAfterRetry += item.bytes ?? 0
            default: return
            }
        }
    }

    /// `items`: one for each attachment.
    package init(_ items: [ReportValues.Item]) {
        var total = Tally(key: "total")
        grades = Dictionary(uniqueKeysWithValues: EvidenceGrade.allCases.map { ($0.rawValue, 0) })
        for item in items {
            total.add(item)
            if let grade = item.grade { grades[grade.rawValue, default: 0] += 1 }
        }
        self.total = total
        byRule = Self.tallies(of: items, by: \.rule)
        byLine = Self.tallies(of: items) { $0.line?.number ?? "unknown" }
        byTier = Self.tallies(of: items, by: \.tier.rawValue)
        byDay = Self.tallies(of: items, by: \.at.date)
    }

    private static func tallies(of items: [ReportValues.Item], by key: (ReportValues.Item) -> String) -> [Tally] {
        var byKey: [String: Tally] = [:]
        for item in items {
            let key = key(item)
            byKey[key, default: Tally(key: key)].add(item)
        }
        return byKey.values.sorted { $0.key < $1.key }
    }
}
