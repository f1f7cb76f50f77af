package import Domain

/// What came to an end in the period, added up in every direction that the report shows.
package struct Deletions: Codable, Sendable, Equatable {
    package var total: Tally
    /// By rule (`policy:<id>`, `erasure:<request>`, `drill`), sorted.
    package var byRule: [Tally]
    /// By line; `unknown` where there is none.
    package var byLine: [Tally]
    package var byTier: [Tally]
    /// Days (`2026-01-02`, UTC) with at least one item, in order.
    package var byDay: [Tally]
    /// Items by evidence grade, `A` to `X`; items without a grade are not in here.
    package var grades: [String: Int]

    /// The items of one key, by outcome.
    package struct Tally: Codable, Sendable, Equatable {
        package var key: String
        package var outcomes = OutcomeCounts()
        /// Bytes of what was deleted, as far as sizes are known.
        package var bytesDeleted: Int64 = 0
        /// Deleted items of unknown size.
        package var sizeUnknown = 0

        package init(key: String) {
            self.key = key
        }

        mutating func add(_ item: ReportValues.Item) {
            outcomes.add(item.outcome)
            guard item.outcome.group == .deleted else { return }
            if let bytes = item.bytes { bytesDeleted += bytes } else { sizeUnknown += 1 }
        }
    }

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
