import Domain

extension Document.Section {
    static func coverage(_ report: Report) -> Document.Section {
        let values = report.values
        let coverage = values.coverage
        let reach = Table(
            "What the inventory cannot see or reach", [.text("What"), .number("Count"), .text("What it means")],
            [
                [
                    .text("Media items without an attachment id"), .number(coverage.unaddressable),
                    .text("sticker reactions, group icons, backgrounds and contact cards: the API cannot delete them"),
                ],
                [
                    .text("Of these, parts that cannot be read"), .number(coverage.unreadableParts),
                    .text("they name a file in a way that nobody can tell which it is: it may still be there"),
                ],
                [
                    .text("Gone, and named again since"), .number(coverage.namedAgain),
                    .text("the next sync or run asks the vendor whether they are there"),
                ],
                [
                    .text("Recipient unknown"), .number(coverage.recipientUnknown),
                    .text("uploaded or sent by us, and it is not known to whom; never called unshared"),
                ],
                [
                    .text("Doubtful times"), .number(coverage.doubtfulTimes),
                    .text("the message's time is not believed and the file's own is not known: not deleted by age"),
                ],
            ])
        let fresh = Table(
            "How fresh it is", [.word("Source"), .word("Last")],
            [
                [.text("complete walk through the API"), .text(coverage.lastCompleteSync?.brief ?? "none on record")],
                [
                    .text("time that the vendor gave with an attachment"),
                    .text(coverage.newestEvent?.brief ?? "none on record"),
                ],
            ])
        let drift = Table(
            "Tier drift", [.word("Attachment"), .word("Line"), .text("Finding")],
            values.holdings.drift.map {
                [.code($0.attachment.description), .text($0.line?.number), .text($0.finding)]
            },
            whenEmpty: "None was found; control 2 says whether it could have been.")
        return Document.Section(
            id: "coverage", heading: "Coverage and limits",
            lead:
                "Messages stay visible after a deletion, delivered webhooks keep a dead URL, and copies on recipients' "
                + "devices and in the vendor's backups are out of reach of the API.",
            tables: [reach, fresh, drift])
    }

    static func items(_ report: Report) -> Document.Section {
        var table = Table(
            "Items in order of time",
            [
                .word("When"), .word("Attachment"), .text("Rule"), .word("Line"), .number("Bytes"), .word("Outcome"),
                .word("Grade"),
            ],
            report.firstItems.map {
                [
                    .text($0.at.minute), .code($0.attachment.description), .text(shortRule($0.rule)),
                    .text($0.line?.number), .bytes($0.bytes), .mark($0.outcome.mark, $0.outcome.words),
                    .text($0.grade?.rawValue),
                ]
            },
            whenEmpty: "No item came to an end in this period.")
        table.count = report.itemCount
        return Document.Section(
            id: "items", heading: "Every item",
            lead:
                "Each end of an item of a plan, with the rule that decided it and the strength of its evidence. An attachment "
                + "that several plans listed is here more than once; the sums above count its last word.",
            tables: [table], startsPage: true)
    }

    static func glossary(_ report: Report) -> Document.Section {
        let outcomes = Table(
            "Outcomes", [.word("Outcome"), .word("Counts as"), .text("Meaning")],
            Outcome.allCases.map { [.text($0.words), .text(Share($0).rawValue), .text($0.meaning)] })
        let grades = Table(
            "Evidence grades", [.word("Grade"), .text("Rests on")],
            EvidenceGrade.allCases.map { [.text($0.rawValue), .text($0.meaning)] })
        return Document.Section(
            id: "terms", heading: "Terms", lead: "The closed list of outcomes, and what stands behind each grade.",
            tables: [outcomes, grades], startsPage: true)
    }
}

extension Outcome {
    /// One line for people, after the table of `docs/execution.md`.
    var meaning: String {
        switch self {
        case .deleted: "the vendor answered 204"
        case .deletedAfterRetry: "gone after a DELETE of ours that may have acted"
        case .alreadyAbsent: "404, seen before, and no DELETE of ours explains it"
        case .expiredByVendor: "ephemeral, past its 24 hours, and gone"
        case .notFoundUnproven: "not found, and nothing proves that it was there or has gone"
        case .withheldHold: "kept: a legal hold covers it"
        case .withheldRetention: "kept: a retention with a legal ground has not ended"
        case .withheldShared: "kept until a person decides: others received it too, or it is not known who did"
        case .changedSincePlan: "left alone: when its turn came it was no longer to go, or was gone"
        case .invalidID: "the vendor called the id invalid"
        case .refusedByVendor: "the vendor refused"
        case .failedExhausted: "no answer that settles it within the tries allowed"
        case .failedUnexpected: "an answer that the contract does not know, or found again after its end"
        case .notAttempted: "its turn did not come"
        }
    }
}

extension EvidenceGrade {
    var meaning: String {
        switch self {
        case .a: "found before, 204, not found after, and its URL answers 404"
        case .b: "204, and not found after"
        case .c: "204"
        case .d: "gone, and seen before under this account"
        case .e: "unproven: never counted as erased"
        case .x: "found again after the 204: failed"
        }
    }
}
