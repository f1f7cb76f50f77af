import Domain
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Reports

/// Over random histories: the figures of every form of the report, the log and the store agree; and where somebody changed the store,
/// the report says what differs.
@Suite struct AgreementTests {
    /// `LETHE_HISTORIES` says how many.
    static let seeds: [UInt64] = {
        let count = ProcessInfo.processInfo.environment["LETHE_HISTORIES"].flatMap(Int.init) ?? 12
        return (0..<UInt64(max(1, count))).map { 0x5eed_0000 + $0 }
    }()

    private static func period(_ history: RandomHistory) -> ReportValues.Period {
        ReportValues.Period(from: GatherTests.january.from, to: history.world.clock.now().adding(seconds: 1))
    }

    private static func report(_ history: RandomHistory) throws -> Report {
        try ReportDraft.gather(
            history.world.sources(), period: period(history), now: history.world.clock.now()
        ).checked()
    }

    @Test("every figure agrees", arguments: seeds)
    func everyFigureAgrees(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed)
        let report = try Self.report(history)
        #expect(report.values.differs.isEmpty, "\(report.values.differs)")

        // With what happened.
        let listed = Set(
            report.listed.map {
                RandomHistory.End(plan: $0.plan, attachment: $0.attachment, outcome: $0.outcome, at: $0.at)
            })
        #expect(listed == Set(history.ends) && report.itemCount == history.ends.count)
        let inLog = Set(report.values.openIntents.map(\.attachment))
        #expect(inLog == history.open)
        for plan in report.values.plans where history.plans.contains(where: { $0.id == plan.id }) {
            let own = history.ends.filter { $0.plan == plan.id }
            var expected = OutcomeCounts(own.map(\.outcome))
            expected.add(.notAttempted, count: plan.items - own.count)
            #expect(plan.outcomes == expected)
            // With the store.
            let results = try history.world.store.results(of: plan.id)
            #expect(OutcomeCounts(results.map { $0.outcome ?? .notAttempted }) == expected)
            #expect(plan.bytes == results.compactMap(\.size).reduce(0, +))
        }
        let attachments = Set(history.ends.map(\.attachment)).count
        #expect(report.deletions.total.outcomes.total == attachments)
        for tallies in [
            report.deletions.byRule, report.deletions.byLine, report.deletions.byTier, report.deletions.byDay,
        ] {
            #expect(tallies.map(\.outcomes.total).reduce(0, +) == attachments)
            #expect(tallies.map(\.bytesDeleted).reduce(0, +) == report.deletions.total.bytesDeleted)
        }
        for run in report.values.runs {
            guard let counts = run.counts else { continue }
            let own = history.ends.filter { $0.plan == run.plan }
            #expect(run.afterRetry == own.count { $0.outcome == .deletedAfterRetry } && counts.items == own.count)
        }
        try Self.formsAgree(report)
    }

    /// The same figures in JSON, CSV and on the page.
    private static func formsAgree(_ report: Report) throws {
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(ReportJSON.render(report).utf8)) as? [String: Any])
        let total = (json["deletions"] as? [String: Any])?["total"] as? [String: Any]
        let outcomes = try #require(total?["outcomes"] as? [String: Int])
        let items = try #require(json["items"] as? [[String: Any]])
        let rows = try ReportCSV.render(report).split(separator: "\r\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let html = try ReportHTML.render(report)
        for outcome in Outcome.allCases {
            let count = report.deletions.total.outcomes[outcome]
            #expect(outcomes[outcome.rawValue] == count)
            let row = rows.first { $0[0] == "outcome" && $0[8] == outcome.rawValue }
            #expect(row?[10] == String(count))
            let listed = report.listed.count { $0.outcome == outcome }
            #expect(items.count { $0["outcome"] as? String == outcome.rawValue } == listed)
            #expect(rows.count { $0[0] == "item" && $0[8] == outcome.rawValue } == listed)
            let cell = "</svg>\(outcome.words)</th><td class=\"n\">\(grouped(Int64(count)))</td>"
            #expect(html.contains(cell) == (count > 0), "\(outcome): \(count)")
        }
        let plans = json["plans"] as? [[String: Any]] ?? []
        for plan in report.values.plans {
            let row = rows.first { $0[0] == "plan" && $0[2] == plan.id.description }
            #expect(row?[10] == String(plan.items) && row?[11] == String(plan.bytes))
            let object = plans.first { $0["id"] as? String == plan.id.description }
            #expect(object?["items"] as? Int == plan.items)
        }
        #expect(rows.count { $0[0] == "open_intent" } == report.values.openIntents.count)
    }

    /// Whoever can write to the store and has no key.
    @Test("a store that was changed is said to differ", arguments: seeds)
    func whatWasChangedInTheStoreIsSaid(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed)
        guard let end = history.ends.last else { return }
        let before = try Self.report(history)
        let plan = "plan = (SELECT key FROM plan WHERE id = x'\(end.plan)')"
        let id = end.attachment.description.filter { $0 != "-" }
        let item = "\(plan) AND attachment = x'\(id)'"
        let edits = [
            "UPDATE plan_item SET outcome = '\(end.outcome == .deleted ? "already_absent" : "deleted")' WHERE \(item)",
            "DELETE FROM plan_item WHERE \(item)",
            "UPDATE plan_item SET outcome = NULL, closed_at = NULL, grade = NULL WHERE \(item)",
            "UPDATE plan SET digest = replace(digest, substr(digest, 1, 1), 'z') WHERE id = x'\(end.plan)'",
            "UPDATE plan_item SET plan = plan + 1000 WHERE \(item)",
            "DELETE FROM plan_item WHERE \(plan); DELETE FROM approval WHERE \(plan); DELETE FROM plan WHERE id = x'\(end.plan)'",
        ]
        let edit = edits[Int(seed) % edits.count]
        let folder = history.world.folder.url
        let done = try Shell.run("sqlite3 inventory.db \"PRAGMA foreign_keys = OFF; \(edit)\"", in: folder)
        try #require(done.status == 0, "\(done.text)")
        let report = try Self.report(history)
        #expect(!report.values.differs.isEmpty, "\(edit)")
        #expect(report.verdict.headline.contains("DIFFERS") && report.isContradicted)
        // What the log has is reported all the same.
        #expect(report.itemCount == before.itemCount)
        #expect(report.deletions.total.outcomes == before.deletions.total.outcomes)
    }
}
