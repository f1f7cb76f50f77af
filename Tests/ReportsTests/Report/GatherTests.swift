import Audit
import Domain
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Reports

@Suite struct GatherTests {
    static let january = ReportValues.Period(
        from: SampleReport.time("2026-01-01"), to: SampleReport.time("2026-02-01"))
    static let now = SampleReport.time("2026-01-12T00:00:00Z")

    private func values(_ world: GatherWorld, _ period: ReportValues.Period = january) throws -> SampleValues {
        try SampleValues.gather(world.sources(), period: period, now: Self.now)
    }

    @Test func outcomesComeFromTheLogAndAddUp() throws {
        let world = try GatherWorld()
        try world.work()
        let values = try values(world)
        let report = try values.checked()
        #expect(report.deletions.total.outcomes[Outcome.Group.deleted] == 3)
        let byAttachment = Dictionary(uniqueKeysWithValues: report.listed.map { ($0.attachment, $0) })
        let retried = try #require(byAttachment[SampleReport.attachment(2)])
        #expect(retried.outcome == .deletedAfterRetry && retried.attempts == 2 && retried.grade == .d)
        #expect(retried.lastAnswer == "404" && retried.bytes == 2000 && retried.line == SampleReport.lines[0])
        let erased = try #require(byAttachment[SampleReport.attachment(5)])
        #expect(erased.grade == .a && erased.request == world.request.id)
        #expect(byAttachment[SampleReport.attachment(6)]?.outcome == .withheldHold)
        #expect(byAttachment[SampleReport.attachment(4)] == nil)
        #expect(report.values.openIntents.map(\.attachment) == [SampleReport.attachment(4)])
        let plan = try #require(report.values.plans.first { $0.id == world.plan.id })
        #expect(plan.outcomes[.notAttempted] == 1 && plan.approvals.map(\.by) == ["scheduler"])
        #expect(report.values.runs.map(\.haltCause) == ["signal", nil])
        #expect(report.values.requests.map(\.standing) == [.answeredInTime])
        #expect(report.values.logs.map(\.result) == [.verified])
        #expect(report.values.account.lines.map(\.number) == [SampleReport.lines[0], SampleReport.lines[1]])
        #expect(report.values.policies.inForce.map(\.id) == ["support-media"])
    }

    @Test func whatIsHeldIsCountedTwiceAndForecast() throws {
        let world = try GatherWorld()
        let values = try values(world)
        #expect(values.holdings.total.attachments == 7)
        #expect(values.holdings.total.bytes == 28_000 && values.holdings.known == 7)
        #expect(values.holdings.held.map(\.attachments).sorted() == [3, 4])
        #expect(values.holdings.overdue?.attachments == 7)
        #expect(values.holdings.overdue?.oldestDue == SampleReport.time("2026-01-01T00:00:00Z"))
        #expect(values.forecast.entries.map(\.attachments).reduce(0, +) == 7)
        #expect(values.forecast.entries.first?.day == "2026-01-12")
        _ = try values.checked()
    }

    @Test func aHoldTakesWhatItCoversOutOfWhatIsOverdue() throws {
        let world = try GatherWorld()
        try world.place(
            LegalHold(
                id: HoldID(value: 1), scope: .line(SampleReport.lines[1]), placedAt: Self.now, placedBy: "j.lindqvist",
                reason: "inquiry"))
        let values = try values(world)
        #expect(values.holdings.overdue?.attachments == 3)
        #expect(values.holds.map(\.scope) == ["line \(SampleReport.lines[1])"])
    }

    @Test("a period ends before its end, to the microsecond", arguments: [(-1, 0), (0, 0), (1, 1)])
    func period(offset: Int64, expected: Int) throws {
        let world = try GatherWorld()
        try world.work()
        let first = try #require(values(world).items.map(\.at).min())
        let period = ReportValues.Period(from: Self.january.from, to: first.adding(microseconds: offset))
        let values = try values(world, period)
        #expect(values.items.count == expected)
        // What came later has not happened yet: the plan is as it was then.
        let plan = try #require(values.plans.first { $0.id == world.plan.id })
        #expect(plan.outcomes[.notAttempted] == 4 - expected)
        _ = try values.checked()
    }

    @Test func aRequestCountsTheLastWordOverAllItsPlans() throws {
        let world = try GatherWorld()
        try world.work()
        let later = GatherWorld.plan(3, .erasure, [6], rule: world.erasure.items[0].rule, request: world.request.id)
        _ = try world.store.save(later)
        #expect(try values(world).requests.map { $0.outcomes[Outcome.withheldHold] } == [1])
        _ = try world.log.append([
            .runStart(
                .init(
                    run: SampleReport.run(3), plan: later.id, digest: String(repeating: "0", count: 64),
                    policy: later.policyDigest)),
            .itemClosed(
                .init(
                    run: SampleReport.run(3), attachment: SampleReport.attachment(6), outcome: .alreadyAbsent,
                    reason: nil)),
        ])
        let request = try #require(values(world).checked().values.requests.first)
        #expect(request.items == 2 && request.outcomes[Outcome.deleted] == 1 && request.outcomes[.absent] == 1)
    }

    /// What the request withheld another plan removes; then its own plan says that it stays, and a GET finds it again.
    @Test func aRequestsRowIsTheLastWordOfWhicheverPlanRemovedIt() throws {
        let world = try GatherWorld()
        try world.work()
        let run = SampleReport.run(5)
        let other = GatherWorld.plan(5, .retention, [6], rule: "policy:support-media")
        _ = try world.store.save(other)
        func row() throws -> OutcomeCounts {
            try #require(values(world).checked().values.requests.first).outcomes
        }
        let start = AuditRecord.runStart(
            .init(
                run: run, plan: other.id, digest: String(repeating: "0", count: 64), policy: other.policyDigest))
        _ = try world.log.append([start] + world.send(run, 6, try: 1, .http(204), .deleted))
        #expect(try row() == OutcomeCounts([.deleted, .deleted]))
        _ = try world.log.append([
            .itemClosed(
                .init(
                    run: SampleReport.run(2), attachment: SampleReport.attachment(6), outcome: .withheldHold,
                    reason: "hold"
                ))
        ])
        #expect(try row() == OutcomeCounts([.deleted, .deleted]))
        _ = try world.log.append([
            .deleteVerified(.init(run: run, attachment: SampleReport.attachment(6), http: 200, grade: .x))
        ])
        #expect(try row() == OutcomeCounts([.deleted, .failedUnexpected]))
        let report = try values(world).checked()
        #expect(report.controls[4].evidence.contains("1 attachment called gone and found again at the vendor"))
    }

    /// It had gone before the only plan of a request, which does not list it, and is there.
    @Test func whatHadGoneBeforeARequestAndIsFoundAgainFailsInItsRow() throws {
        let world = try GatherWorld()
        let run = SampleReport.run(7)
        let early = GatherWorld.plan(7, .retention, [7], rule: "policy:support-media")
        _ = try world.store.save(early)
        let start = AuditRecord.runStart(
            .init(
                run: run, plan: early.id, digest: String(repeating: "0", count: 64), policy: early.policyDigest))
        world.clock.step(seconds: -2 * 3600)
        _ = try world.log.append([start] + world.send(run, 7, try: 1, .http(204), .deleted))
        #expect(try values(world).requests.first?.items == 2)
        _ = try world.log.append([
            .deleteVerified(.init(run: run, attachment: SampleReport.attachment(7), http: 200, grade: .x))
        ])
        let request = try #require(values(world).requests.first)
        #expect(request.items == 3 && request.outcomes[.failedUnexpected] == 1)
    }

    /// A second answer, after its day, of a request that was answered in time.
    @Test(
        "the first answer decides",
        arguments: [(30, .answeredInTime), (40, .answeredLate)] as [(Int64, ReportValues.Standing)])
    func firstAnswer(days: Int64, standing: ReportValues.Standing) {
        let received = SampleReport.time("2026-01-01T00:00:00Z")
        let request = ErasureRequest(
            id: SampleReport.request(1), state: .completed, received: received,
            due: received.adding(seconds: 31 * 86_400), jurisdiction: .gdpr, scope: .sentBySubject, subjects: [],
            openedBy: "m.okafor", coverage: .complete, answered: received.adding(seconds: 70 * 86_400))
        let row = ReportValues.Request(
            request, firstAnswered: received.adding(seconds: days * 86_400), items: 0, outcomes: OutcomeCounts(),
            now: received.adding(seconds: 80 * 86_400))
        #expect(row.standing == standing && row.answered == request.answered)
    }

    /// A run's own GET: the 204 comes first, then grade X, then the failure.
    @Test func whatARunItselfFoundAgainKeepsItsGradeItsAnswerAndItsAttempts() throws {
        let world = try GatherWorld()
        try world.work()
        let run = SampleReport.run(4)
        let later = GatherWorld.plan(4, .erasure, [7], rule: world.erasure.items[0].rule, request: world.request.id)
        _ = try world.store.save(later)
        _ = try world.log.append(
            [
                .runStart(
                    .init(
                        run: run, plan: later.id, digest: String(repeating: "0", count: 64), policy: later.policyDigest)
                )
            ] + world.send(run, 7, try: 1, .http(204), .deleted) + [
                .deleteVerified(.init(run: run, attachment: SampleReport.attachment(7), http: 200, grade: .x)),
                .itemClosed(
                    .init(
                        run: run, attachment: SampleReport.attachment(7), outcome: .failedUnexpected,
                        reason: "still_there"
                    )),
            ])
        let report = try values(world).checked()
        let item = try #require(report.listed.first { $0.attachment == SampleReport.attachment(7) })
        #expect(item.outcome == .failedUnexpected && item.grade == .x)
        #expect(item.attempts == 1 && item.lastAnswer == "204")
        #expect(report.deletions.grades["X"] == 1)
        #expect(report.values.evidence.foundAgain == [SampleReport.attachment(7)])
        #expect(report.controls[4].status == .fail)
        #expect(report.values.requests.first?.outcomes[.failedUnexpected] == 1)
    }

    /// `lethe verify` found it, and its deletion lies before the period.
    @Test func whatWasFoundAgainInThePeriodIsHeldAgainstIt() throws {
        let world = try GatherWorld()
        try world.work()
        let found = world.clock.now().adding(seconds: 3600)
        world.clock.step(seconds: 3600)
        _ = try world.log.append([
            .deleteVerified(.init(run: world.run, attachment: SampleReport.attachment(1), http: 200, grade: .x))
        ])
        let values = try values(world, ReportValues.Period(from: found, to: Self.january.to))
        #expect(values.items.isEmpty && values.evidence.foundAgain == [SampleReport.attachment(1)])
        #expect(try values.checked().controls[4].status == .fail)
    }

    @Test func aRunShowsItsDELETEsThatMayHaveActedApart() throws {
        let world = try GatherWorld()
        try world.work()
        _ = try world.log.append([
            .runEnd(
                .init(
                    run: world.run,
                    RunCounts(OutcomeCounts([.deleted, .deletedAfterRetry, .refusedByVendor, .notAttempted]))))
        ])
        let run = try #require(values(world).runs.first { $0.id == world.run })
        #expect(run.counts?.deleted == 2 && run.afterRetry == 1)
    }

    @Test func recordsThatWereNotVerifiedAreNotRead() throws {
        let world = try GatherWorld()
        try world.work()
        let sources = try world.sources()
        _ = try world.log.append([
            .itemClosed(.init(run: world.run, attachment: SampleReport.attachment(4), outcome: .deleted, reason: nil))
        ])
        let values = try SampleValues.gather(sources, period: Self.january, now: Self.now)
        #expect(values.openIntents.count == 1)
        _ = try values.checked()
    }

    /// An empty inventory was put back: nothing of what the log holds is denied.
    @Test func whatTheInventoryLacksIsReportedAsTheLogHasItAndSaidFirst() throws {
        let world = try GatherWorld()
        let hold = LegalHold(
            id: HoldID(value: 5), scope: .line(SampleReport.lines[1]), placedAt: Self.now, placedBy: "j.lindqvist",
            reason: "inquiry")
        _ = try world.log.append(
            [
                .requestOpened(.init(world.request)),
                .holdPlaced(
                    .init(hold: hold.id, scope: hold.scope, until: nil, by: hold.placedBy, reason: hold.reason)),
            ]
                + [world.plan, world.erasure].map {
                    .planCreated(
                        .init(
                            plan: $0.id, kind: $0.kind, digest: String(repeating: "0", count: 64),
                            items: $0.items.count,
                            policy: $0.policyDigest))
                })
        try world.work()
        _ = try world.log.append([
            .requestUpdated(.init(request: world.request.id, state: .completed, due: nil, by: nil, reason: nil))
        ])
        try world.place(hold)
        try world.follow()
        #expect(try values(world).checked().values.differs.isEmpty)
        var sources = try world.sources()
        sources.inventory = try InventoryStore.create(
            at: world.folder.file("older.db"), keys: LookupKeys.create(at: world.folder.file("older.key")))
        let report = try SampleValues.gather(sources, period: Self.january, now: Self.now).checked()
        #expect(report.deletions.total.outcomes[Outcome.deleted] == 2)
        #expect(report.deletions.total.outcomes[.deletedAfterRetry] == 1)
        #expect(report.values.plans.map(\.items).sorted() == [2, 4])
        let request = try #require(report.values.requests.first)
        #expect(request.state == .completed && request.standing == .answeredInTime && request.coverage == .partial)
        #expect(request.items == 2 && request.outcomes[Outcome.deleted] == 1)
        #expect(report.values.holds.map(\.id) == [hold.id] && report.values.holds.allSatisfy(\.active))
        #expect(report.values.differs.count == 4)
        #expect(report.verdict.standing == .broken && report.verdict.headline.contains("DIFFERS"))
        #expect(Array(report.verdict.open.prefix(4)) == report.values.differs)
    }

    @Test func noHandleGetsIntoAnyFormOfTheReport() throws {
        let world = try GatherWorld()
        try world.work()
        let report = try values(world).checked()
        let forms = [
            try ReportHTML.render(report), ReportMarkdown.render(report), try ReportCSV.render(report),
            try ReportJSON.render(report),
        ]
        for form in forms { #expect(!form.contains(GatherWorld.handle.dropFirst())) }
    }
}
