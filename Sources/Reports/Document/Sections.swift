import Domain

extension Document.Section {
    static func held(_ report: Report) -> Document.Section {
        let holdings = report.values.holdings
        let rows = holdings.held
        let unknown = rows.map(\.sizeUnknown).reduce(0, +)
        let table = Table(
            "Held per line and tier",
            [.word("Line"), .word("Tier"), .number("Attachments"), .number("Bytes"), .number("Size unknown")],
            rows.map { row in
                [
                    .text(row.line?.number ?? "no known line"), .text(row.tier.rawValue), .number(row.attachments),
                    .bytes(row.bytes), .number(row.sizeUnknown),
                ]
            },
            total: [
                .text("Total"), .text(""), .number(holdings.total.attachments), .bytes(holdings.total.bytes),
                .number(unknown),
            ],
            whenEmpty: "The inventory holds no live attachment.")
        return Document.Section(
            id: "held", heading: "What is held",
            lead: "Live attachments at the vendor on \(report.values.generated.brief), as far as the inventory knows. "
                + "Each counts once, under the line where it was first seen.",
            charts: rows.isEmpty ? [] : [HeldChart.chart(rows)], tables: [table], startsPage: true)
    }

    static func deleted(_ report: Report) -> Document.Section {
        let deletions = report.deletions
        let total = deletions.total
        let outcomes = Outcome.allCases.filter { total.outcomes[$0] > 0 }
        let outcomeTable = Table(
            "Every attachment by outcome", [.word("Outcome"), .number("Attachments"), .text("Meaning")],
            outcomes.map { [.mark($0.mark, $0.words), .number(total.outcomes[$0]), .text($0.meaning)] },
            total: [.text("Total"), .number(total.outcomes.total), .text("")],
            whenEmpty: "No item came to an end in this period.")
        let graded = EvidenceGrade.allCases.filter { deletions.grades[$0.rawValue, default: 0] > 0 }
        let gradeTable = Table(
            "Strength of the evidence", [.word("Grade"), .number("Attachments"), .text("Rests on")],
            graded.map { [.text($0.rawValue), .number(deletions.grades[$0.rawValue, default: 0]), .text($0.meaning)] },
            whenEmpty: "No item was graded in this period.")
        let hasItems = total.outcomes.total > 0
        return Document.Section(
            id: "deleted", heading: "What was deleted",
            lead:
                "Everything that came to an end in the period. Only a 204 of the vendor confirms a deletion. An attachment "
                + "counts once, with the last word on it, however many plans listed it.",
            charts: hasItems ? [DeletionsChart.chart(report)] : [],
            tables: [
                outcomeTable, tallies("By policy and request", "Rule", deletions.byRule),
                tallies("By line", "Line", deletions.byLine), gradeTable,
            ])
    }

    /// What is nowhere has no column, but for the two that are never to be taken for one another. So a row adds up.
    private static func others(in outcomes: [OutcomeCounts]) -> [Share] {
        Share.allCases.filter { share in
            share != .deleted && share != .afterRetry && outcomes.contains { $0.count(of: share) > 0 }
        }
    }

    private static func counts(of shares: [Share], in outcomes: OutcomeCounts) -> [Cell] {
        shares.map { .number(outcomes.count(of: $0)) }
    }

    private static func tallies(_ caption: String, _ key: String, _ tallies: [Deletions.Tally]) -> Table {
        let others = others(in: tallies.map(\.outcomes))
        let columns: [Table.Column] =
            [.text(key), .number("Deleted"), .number("Bytes"), .number("After retry"), .number("Bytes")]
            + others.map { .number($0.rawValue.capitalizedFirst) }
        let rows = tallies.map { tally -> [Cell] in
            [
                .text(shortRule(tally.key)), .number(tally.outcomes.count(of: .deleted)), .bytes(tally.bytesDeleted),
                .number(tally.outcomes.count(of: .afterRetry)), .bytes(tally.bytesAfterRetry),
            ] + counts(of: others, in: tally.outcomes)
        }
        return Table(caption, columns, rows, whenEmpty: "Nothing in this period.")
    }

    /// `erasure:<32 hex>` with the request's first 12 digits, `policy:x` as it is.
    static func shortRule(_ rule: String) -> String {
        let parts = rule.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0] == "erasure" else { return rule }
        return "erasure:" + parts[1].prefix(12)
    }

    static func exceptions(_ report: Report) -> Document.Section {
        let values = report.values
        var failureTable = Table(
            "Items that failed or were not attempted",
            [
                .word("Attachment"), .word("When"), .word("Outcome"), .word("Grade"), .word("Last answer"),
                .number("Attempts"), .word("Rule"),
            ],
            report.totals.failures.map {
                [
                    .code($0.attachment.description), .text($0.at.minute), .mark($0.counted.mark, $0.counted.words),
                    .text($0.grade?.rawValue), .text($0.lastAnswer), .number($0.attempts), .text(shortRule($0.rule)),
                ]
            },
            whenEmpty: "No item failed and none was left.")
        failureTable.count = report.totals.failureCount
        let intentTable = Table(
            "Operations without an outcome",
            [.word("Operation"), .word("Attachment"), .word("Since"), .word("Last answer"), .number("Tries")],
            values.openIntents.map {
                [
                    .short($0.op), .code($0.attachment.description), .text($0.at.minute),
                    .text($0.lastAnswer ?? "none"),
                    .number($0.tries),
                ]
            },
            whenEmpty: "Every intent in the log has its outcome.")
        return Document.Section(
            id: "exceptions", heading: "Failures and open operations",
            lead:
                "An open operation is a DELETE whose intent is on record and whose answer is not: the next run settles "
                + "it by asking the vendor.",
            tables: [failureTable, intentTable])
    }

    static func requests(_ report: Report) -> Document.Section {
        let requests = report.values.requests
        let others = others(in: requests.map(\.outcomes))
        let table = Table(
            "Requests by deadline",
            [
                .word("Request"), .word("Law"), .word("Received"), .word("Due"), .word("Standing"), .number("Items"),
                .number("Deleted"), .number("After retry"),
            ] + others.map { .number($0.rawValue.capitalizedFirst) } + [.word("Coverage")],
            requests.map {
                [
                    .short($0.id), .text($0.jurisdiction.rawValue.uppercased()), .text($0.received.date),
                    .text($0.due.date), .mark($0.standing.mark, $0.standingWords), .number($0.items),
                    .number($0.outcomes[Outcome.deleted]), .number($0.outcomes[.deletedAfterRetry]),
                ] + counts(of: others, in: $0.outcomes) + [.text($0.coverage.rawValue)]
            },
            whenEmpty: "No erasure request was open or answered in this period.")
        return Document.Section(
            id: "requests", heading: "Erasure requests and their deadlines",
            lead: "Requests that were open or answered in the period, the most urgent first.",
            charts: requests.isEmpty ? [] : [DeadlineChart.chart(requests, now: report.values.generated)],
            tables: [table])
    }

    static func holds(_ report: Report) -> Document.Section {
        let holds = report.values.holds
        let table = Table(
            "In force, or ended in the period",
            [
                .word("Hold"), .text("Covers"), .word("State"), .word("Placed"), .word("By"), .word("Until"),
                .text("Reason"),
            ],
            holds.map {
                [
                    .short($0.id), .text($0.scope), .mark($0.active ? .good : .plain, $0.active ? "in force" : "ended"),
                    .text($0.placedAt.date), .text($0.by),
                    .text($0.releasedAt.map { "released \($0.date)" } ?? $0.until?.date ?? "open-ended"),
                    .text($0.reason),
                ]
            },
            whenEmpty: "No legal hold is in force, and none ended in the period.")
        return Document.Section(
            id: "holds", heading: "Legal holds",
            lead: "A hold is stronger than every rule and every request. Whom it names is not shown here.",
            tables: [table])
    }
}
