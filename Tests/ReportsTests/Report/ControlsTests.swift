import Domain
import Testing

@testable import Reports

@Suite struct ControlsTests {
    typealias Change = @Sendable (inout SampleValues) -> Void

    struct Case: Sendable, CustomTestStringConvertible {
        var control: Int
        var status: Control.Status
        var because: String
        var change: Change

        var testDescription: String { "control \(control) is \(status.rawValue): \(because)" }
    }

    static func egress(_ domains: [String]) -> ReportValues.Egress {
        ReportValues.Egress(domains: domains, checkedAt: SampleReport.now, source: "doctor")
    }

    static let cases: [Case] = [
        Case(control: 1, status: .pass, because: "the one domain and nothing else") { _ in },
        Case(control: 1, status: .fail, because: "a second domain") {
            $0.evidence.egress = egress(["cdn.linqapp.com", "example.com"])
        },
        Case(control: 1, status: .fail, because: "the domain is not allowed") { $0.evidence.egress = egress([]) },
        Case(control: 1, status: .notKnown, because: "nobody looked") { $0.evidence.egress = nil },
        Case(control: 2, status: .pass, because: "samples of expired ones are gone") { _ in },
        Case(control: 2, status: .fail, because: "drift") {
            $0.holdings.drift = [
                ReportValues.Drift(
                    attachment: SampleReport.attachment(1), line: nil, finding: "still there")
            ]
        },
        Case(control: 2, status: .fail, because: "an expired one is still there") {
            $0.evidence.samples[1].present = 1
        },
        Case(control: 2, status: .notKnown, because: "an ephemeral line that nobody sampled") {
            $0.evidence.samples = []
        },
        Case(control: 2, status: .notKnown, because: "tiers never written down") { $0.account.tiersStated = false },
        Case(control: 2, status: .notKnown, because: "the sample is older than what it speaks of") {
            $0.account.tiersWritten = SampleReport.time("2026-01-31T04:10:00Z").adding(microseconds: 1)
        },
        Case(control: 2, status: .pass, because: "the sample was taken when they were written down") {
            $0.account.tiersWritten = SampleReport.time("2026-01-31T04:10:00Z")
        },
        Case(control: 2, status: .notKnown, because: "nobody knows when they were written down") {
            $0.account.tiersWritten = nil
        },
        Case(control: 2, status: .pass, because: "no ephemeral line, and drift would have shown") {
            allPersistent(&$0)
        },
        Case(control: 2, status: .notKnown, because: "no URL was seen in which drift would show") {
            allPersistent(&$0)
            $0.holdings.urlSeen = 0
        },
        Case(control: 2, status: .notKnown, because: "no walk is on record") {
            allPersistent(&$0)
            $0.coverage.lastCompleteSync = nil
        },
        Case(control: 2, status: .pass, because: "walked whole when they were written down") {
            allPersistent(&$0)
            $0.account.tiersWritten = $0.coverage.lastCompleteSync
        },
        Case(control: 2, status: .notKnown, because: "the walk is older than what it speaks of") {
            allPersistent(&$0)
            $0.account.tiersWritten = $0.coverage.lastCompleteSync?.adding(microseconds: 1)
        },
        Case(control: 2, status: .pass, because: "walked whole at the beginning of the period") {
            allPersistent(&$0)
            $0.account.tiersWritten = $0.period.from
            $0.coverage.lastCompleteSync = $0.period.from
        },
        Case(control: 2, status: .notKnown, because: "walked whole right before the period") {
            allPersistent(&$0)
            $0.account.tiersWritten = $0.period.from.adding(microseconds: -1)
            $0.coverage.lastCompleteSync = $0.period.from.adding(microseconds: -1)
        },
        Case(control: 2, status: .notKnown, because: "walked whole when the period was over") {
            allPersistent(&$0)
            $0.coverage.lastCompleteSync = $0.period.to
        },
        Case(control: 3, status: .pass, because: "204s and nothing against it") { keepWell(&$0) },
        Case(control: 3, status: .fail, because: "items failed") { _ in },
        Case(control: 3, status: .pass, because: "due for exactly two days") {
            keepWell(&$0)
            $0.holdings.overdue?.oldestDue = SampleReport.now.adding(seconds: -2 * 86_400)
        },
        Case(control: 3, status: .fail, because: "due for longer than two days") {
            keepWell(&$0)
            $0.holdings.overdue?.oldestDue = SampleReport.now.adding(microseconds: -2 * 86_400_000_000 - 1)
        },
        Case(control: 3, status: .fail, because: "an operation has had no outcome for longer than two days") {
            keepWell(&$0)
            $0.openIntents[0].at = SampleReport.now.adding(microseconds: -2 * 86_400_000_000 - 1)
        },
        Case(control: 3, status: .notKnown, because: "nothing was due") {
            $0.items = []
            $0.holdings.overdue = nil
        },
        Case(control: 3, status: .notKnown, because: "204s in a log that does not verify") {
            keepWell(&$0)
            $0.logs[0].result = .broken
        },
        Case(control: 6, status: .notKnown, because: "answered in time, says a log that does not verify") {
            $0.logs[0].result = .broken
        },
        Case(control: 4, status: .notKnown, because: "no archive") { _ in },
        Case(control: 4, status: .pass, because: "copies were archived") { $0.evidence.archived = 3 },
        Case(control: 4, status: .fail, because: "a copy failed") {
            $0.evidence.archived = 3
            $0.evidence.archiveFailed = 1
        },
        Case(control: 4, status: .fail, because: "a promise that the ephemeral tier cannot keep") {
            $0.policies.inForce[0].keepsBeyondVendor = true
        },
        Case(control: 5, status: .pass, because: "204s in a log that verifies") { _ in },
        Case(control: 5, status: .notKnown, because: "a log that was not fully verified") {
            $0.logs[0].result = .notVerified
        },
        Case(control: 5, status: .notKnown, because: "no log") { $0.logs = [] },
        Case(control: 5, status: .notKnown, because: "no deletion") { $0.items = [] },
        Case(control: 5, status: .fail, because: "a log that does not verify") { $0.logs[0].result = .broken },
        Case(control: 5, status: .fail, because: "a deletion without a 204") {
            let index = $0.items.firstIndex { $0.outcome == .deleted } ?? 0
            $0.items[index].lastAnswer = "404"
        },
        Case(control: 5, status: .fail, because: "found again after the 204") { $0.items[0].grade = .x },
        Case(control: 5, status: .fail, because: "a sample found a deleted one") { $0.evidence.samples[0].present = 1 },
        Case(control: 6, status: .pass, because: "answered in time, complete") { _ in },
        Case(control: 6, status: .notKnown, because: "no request") { $0.requests = [] },
        Case(control: 6, status: .notKnown, because: "partial coverage") {
            $0.requests[0].coverage = .partial
        },
        Case(control: 6, status: .fail, because: "an overdue one") { $0.requests[2].standing = .overdue },
        Case(control: 6, status: .fail, because: "answered late") { $0.requests[0].standing = .answeredLate },
        Case(control: 6, status: .fail, because: "an item of a request failed") {
            $0.requests[0].outcomes.add(.failedExhausted)
        },
    ]

    static func allPersistent(_ values: inout SampleValues) {
        values.account.lines.removeLast()
        values.evidence.samples = []
    }

    /// The sample without what speaks against its workflow.
    static func keepWell(_ values: inout SampleValues) {
        values.items.removeAll { $0.outcome.group == .failed }
    }

    @Test("each control has its status for a reason", arguments: cases)
    func status(of testCase: Case) {
        var values = SampleReport.rich
        testCase.change(&values)
        let controls = Controls.evaluate(values)
        #expect(controls.map(\.number) == [1, 2, 3, 4, 5, 6])
        #expect(controls[testCase.control - 1].status == testCase.status)
    }

    @Test func nothingPassesWithoutEvidence() {
        let controls = Controls.evaluate(SampleReport.empty)
        #expect(controls.allSatisfy { $0.status == .notKnown && $0.evidence.isEmpty })
        for testCase in Self.cases {
            var values = SampleReport.rich
            testCase.change(&values)
            for control in Controls.evaluate(values) where control.status == .pass {
                #expect(!control.evidence.isEmpty, "control \(control.number) of \(testCase.because)")
            }
        }
    }

    @Test func aFailureIsTheFirstThingInTheEvidence() {
        let control = Controls.evaluate(SampleReport.rich)[2]
        #expect(control.status == .fail)
        #expect(control.evidence.first == "2 items failed")
    }

    @Test(
        "the verdict",
        arguments: [
            (ReportSummary.Standing.broken, "as it is"), (.open, "without the failures"),
            (.kept, "with everything shown"),
        ])
    func verdict(standing: ReportSummary.Standing, how: String) throws {
        var values = SampleReport.rich
        if standing != .broken {
            values.items.removeAll { $0.plan == SampleReport.plan(17) }
            values.plans.removeAll { $0.id == SampleReport.plan(17) }
            values.runs.removeAll { $0.plan == SampleReport.plan(17) }
        }
        if standing == .kept {
            values.evidence.archived = 1
            values.openIntents = []
            values.logs[0].open = 0
            values.holdings.overdue = nil
            values.requests.removeAll(where: \.standing.isOpen)
        }
        let verdict = try values.checked().verdict
        #expect(verdict.standing == standing)
        #expect(verdict.open.isEmpty == (standing == .kept))
    }

    @Test(
        "a request's standing turns at its deadline",
        arguments: [
            (-7 * 86_400_000_000 - 1, ReportValues.Standing.onTime, 7), (-7 * 86_400_000_000, .dueSoon, 7),
            (-1, .dueSoon, 0), (0, .dueSoon, 0), (1, .overdue, -1), (86_400_000_000, .overdue, -1),
        ])
    func standing(sinceDue: Int64, standing: ReportValues.Standing, days: Int) throws {
        // A deadline is the last instant of its day.
        let due = try #require(Timestamp("2026-12-20T23:59:59.999999Z"))
        let request = ReportValues.Request(
            ErasureRequest(
                id: SampleReport.request(1), state: .planned, received: due.adding(seconds: -30 * 86_400), due: due,
                jurisdiction: .gdpr, scope: .sentBySubject, subjects: [], openedBy: "m.okafor", coverage: .complete),
            items: 0, outcomes: OutcomeCounts(), now: due.adding(microseconds: sinceDue))
        #expect(request.standing == standing)
        #expect(request.daysLeft == days)
    }
}
