import Audit
import Domain
import Testing

@testable import Reports

/// An attachment counts once, with the last word that says something of it; a 204 and a DELETE that may have acted are never
/// one figure, and bytes are those of the figure that they stand beside.
@Suite struct LastWordTests {
    private static func item(
        _ number: Int, plan: Int, _ outcome: Outcome, grade: EvidenceGrade? = nil, bytes: Int64 = 1_000_000
    ) -> ReportValues.Item {
        ReportValues.Item(
            attachment: SampleReport.attachment(number),
            at: SampleReport.period.from.adding(seconds: Int64(plan) * 86_400), plan: SampleReport.plan(plan),
            rule: "policy:support-media", line: SampleReport.lines[0], tier: .persistent, bytes: bytes,
            outcome: outcome, grade: grade ?? outcome.ownGrade, attempts: 1,
            lastAnswer: outcome == .deleted ? "204" : "404")
    }

    /// One plan a word, in order.
    private static func report(_ words: [(Outcome, EvidenceGrade?)]) throws -> Report {
        var values = SampleReport.empty
        values.items = words.enumerated().map { item(1, plan: $0.offset + 1, $0.element.0, grade: $0.element.1) }
        values.logs = [SampleReport.log(deleted: words.count)]
        values.logs[0].open = 0
        return try values.checked()
    }

    @Test(
        "many plans list one attachment: it counts once, as what it came to",
        arguments: [
            ([(.withheldHold, nil), (.withheldHold, nil), (.withheldHold, nil)], .withheldHold),
            ([(.failedExhausted, nil), (.deleted, nil)], .deleted),
            ([(.withheldRetention, nil), (.notAttempted, nil)], .withheldRetention),
            ([(.failedUnexpected, .x), (.notAttempted, nil)], .failedUnexpected),
            ([(.notAttempted, nil), (.withheldShared, nil)], .withheldShared),
            ([(.expiredByVendor, nil), (.changedSincePlan, nil)], .expiredByVendor),
            ([(.deleted, nil), (.changedSincePlan, nil), (.notAttempted, nil)], .deleted),
            ([(.withheldHold, nil), (.changedSincePlan, nil)], .changedSincePlan),
            ([(.deleted, .x), (.deleted, nil)], .deleted),
            ([(.deleted, nil), (.withheldShared, nil)], .deleted),
            ([(.deletedAfterRetry, nil), (.withheldHold, nil)], .deletedAfterRetry),
            ([(.deleted, nil), (.alreadyAbsent, nil)], .deleted),
            ([(.alreadyAbsent, nil), (.expiredByVendor, nil)], .expiredByVendor),
            ([(.deleted, .x), (.changedSincePlan, nil)], .failedUnexpected),
            ([(.deleted, .x), (.notAttempted, nil)], .failedUnexpected),
            ([(.deleted, .x), (.withheldHold, nil)], .withheldHold),
            ([(.failedUnexpected, .x), (.changedSincePlan, nil)], .failedUnexpected),
            ([(.deleted, .x)], .failedUnexpected),
            ([(.alreadyAbsent, .x)], .failedUnexpected),
        ] as [([(Outcome, EvidenceGrade?)], Outcome)])
    func lastWord(words: [(Outcome, EvidenceGrade?)], counted: Outcome) throws {
        let report = try Self.report(words)
        #expect(report.deletions.total.outcomes == OutcomeCounts([counted]))
        #expect(report.deletions.byDay.map(\.outcomes.total) == [1])
        #expect(report.listed.count == words.count)
    }

    @Test func whatHasGoneSinceIsNotHeldAgainstTheWorkflow() throws {
        let report = try Self.report([(.failedExhausted, nil), (.notAttempted, nil), (.deleted, nil)])
        #expect(report.controls[2].status == .pass)
        #expect(report.controls[2].evidence == ["1 deletion answered with 204"])
        #expect(report.controls[4].evidence == ["1 deletion with a 204, in a log that verifies"])
        let figures = Document(report).keyFigures
        #expect(figures.first { $0.label == "Failed or open" }?.value == "0")
    }

    @Test func whatWasFoundAgainIsSaidThoughItWentSince() throws {
        let report = try Self.report([(.deleted, .x), (.deleted, nil)])
        #expect(report.controls[4].status == .fail)
        #expect(
            report.controls[4].evidence.first
                == "1 attachment called gone and found again at the vendor, 1 of them deleted since")
    }

    @Test func whatHasLeftAPlanIsNotKeptWithAReason() throws {
        let report = try Self.report([(.changedSincePlan, nil)])
        #expect(Document(report).keyFigures.first { $0.label == "Withheld" }?.value == "0")
        #expect(!report.verdict.done.contains { $0.contains("withheld") })
        #expect(report.verdict.done.contains { $0.contains("left alone") })
    }

    @Test func aDELETEThatMayHaveActedHasAFigureAndBytesOfItsOwn() throws {
        var values = SampleReport.empty
        values.items = [
            Self.item(1, plan: 1, .deleted, bytes: 1_000_000),
            Self.item(2, plan: 1, .deletedAfterRetry, bytes: 5_000_000),
        ]
        values.logs = [SampleReport.log(deleted: 1)]
        values.logs[0].open = 0
        let report = try values.checked()
        #expect(report.verdict.done.contains("1 attachment deleted, 1.0 MB"))
        #expect(report.verdict.done.contains("1 gone after a DELETE of ours that may have acted, 5.0 MB"))
        let document = Document(report)
        let deleted = try #require(document.keyFigures.first { $0.label == "Deleted" })
        #expect(deleted.value == "1" && deleted.note == "1.0 MB; 1 more after retry")
        let tables = document.sections.flatMap(\.tables)
        for caption in ["By policy and request", "By line"] {
            let table = try #require(tables.first { $0.caption == caption })
            #expect(table.columns.map(\.title).dropFirst() == ["Deleted", "Bytes", "After retry", "Bytes"])
            #expect(table.rows.map { $0.dropFirst().map(\.text) } == [["1", "1.0 MB", "1", "5.0 MB"]])
        }
        let chart = try #require(document.sections.flatMap(\.charts).first)
        #expect(chart.alternative.contains("1 deleted, 1 after retry"))
        let rules = try ReportCSV.render(report).split(separator: "\r\n").filter { $0.hasPrefix("rule,") }
        #expect(rules.contains { $0.contains(",deleted,,1,1000000,") } && rules.count == 2)
        #expect(rules.contains { $0.contains(",deleted_after_retry,,1,5000000,") })
    }

    @Test func aHaltedRunIsOpenUntilItsPlanIsClosed() throws {
        var values = SampleReport.rich
        #expect(try !values.checked().verdict.open.contains { $0.contains("halted") })
        let index = try #require(values.plans.firstIndex { $0.id == SampleReport.plan(17) })
        values.plans[index].state = .halted
        #expect(try values.checked().verdict.open.contains("1 run halted, with a plan that is not finished"))
    }

    @Test func attachmentsLookedUpAgainAreNotLookUps() throws {
        var values = SampleReport.rich
        values.evidence.samples = [400, 390, 400].map {
            ReportValues.Sample(at: SampleReport.now, kind: .deleted, checked: $0, present: 0)
        }
        #expect(
            Controls.evaluate(values)[4].evidence.contains(
                "400 attachments called gone and looked up again, all gone (the largest of 3 verifications)"))
    }

    @Test func driftIsSoughtAmongTheAttachmentsOfTheAccount() throws {
        var values = SampleReport.rich
        values.account.lines.removeLast()
        values.items += values.items
        #expect(
            Controls.evaluate(values)[1].evidence.contains(
                "no tier drift among 16,870 attachments whose URL was seen; walked whole on 2026-01-28 02:00 UTC"))
    }
}
