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

    /// Adds last words up, one for each attachment.
    struct Sum: Sendable {
        private var total = Tally(key: "total")
        private var grades: [EvidenceGrade: Int] = [:]
        private var byRule: [String: Tally] = [:]
        private var byLine: [PhoneLine?: Tally] = [:]
        private var byTier: [Tier: Tally] = [:]
        private var byDay: [Int64: Tally] = [:]

        mutating func add(_ word: ReportValues.Item) {
            total.add(word)
            if let grade = word.grade { grades[grade, default: 0] += 1 }
            byRule[word.rule, default: Tally(key: word.rule)].add(word)
            byLine[word.line, default: Tally(key: word.line?.number ?? "unknown")].add(word)
            byTier[word.tier, default: Tally(key: word.tier.rawValue)].add(word)
            byDay[word.at.day, default: Tally(key: word.at.date)].add(word)
        }

        var deletions: Deletions {
            func sorted(_ tallies: some Sequence<Tally>) -> [Tally] { tallies.sorted { $0.key < $1.key } }
            return Deletions(
                total: total, byRule: sorted(byRule.values), byLine: sorted(byLine.values),
                byTier: sorted(byTier.values), byDay: sorted(byDay.values),
                grades: Dictionary(uniqueKeysWithValues: EvidenceGrade.allCases.map { ($0.rawValue, grades[$0] ?? 0) }))
        }
    }
}
