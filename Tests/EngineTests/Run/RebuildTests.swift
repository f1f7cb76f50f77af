import Audit
import Domain
import Foundation
import Inventory
import Rules
import Simulator
import TestSupport
import Testing

@testable import Engine

/// What people ordered and how items ended is made again from the log, whatever became of the rows.
@Suite struct RebuildTests {
    private let workspace: TestWorkspace
    private let vendor: ScriptedVendor
    private let context: RunContext

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
        vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        context = workspace.context(vendor)
    }

    /// Two holds, one released; an answered request, an open one and a withdrawn one; plans that were carried out, cancelled and
    /// approved; a closed segment.
    private func live() async throws {
        let store = workspace.inventory
        let place = PlaceHold(inventory: store, log: workspace.log)
        let person = try #require(
            try store.pseudonym(for: Handle(Population.handle(of: 1)), createIfMissing: true))
        _ = try place.run(.subject([person]), by: "ada", reason: "matter", now: workspace.clock.now())
        let over = try place.run(.all, by: "ada", reason: "matter 2", now: workspace.clock.now())
        try ReleaseHold(inventory: store, log: workspace.log).run(over.id, by: "ada", reason: "over")
        _ = try await TestWorkspace.retention(context).run()
        try await erase(0, isApplied: true)
        let taken = try await erase(2, isApplied: false)
        _ = try await DecideRequest(context, rules: TestRules.none, by: "ada", reason: "taken back").withdraw(taken)
        let open = try await erase(3, isApplied: false)
        let plan = try #require(try store.request(open)?.plan)
        try ApprovePlan(inventory: store, log: workspace.log, time: workspace.clock, rules: ApprovalRule())
            .run(plan, by: "ada")
    }

    @discardableResult
    private func erase(_ number: Int, isApplied: Bool) async throws -> RequestID {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: number))], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
        guard isApplied else { return planned.request.id }
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "ada"
        ).run(planned.plan.id)
        return planned.request.id
    }

    /// Everything of the inventory that the log tells of.
    private func told(_ store: InventoryStore? = nil) throws -> String {
        let store = store ?? workspace.inventory
        var lines: [String] = []
        for hold in try store.holds() {
            lines.append(
                "hold \(hold.id) \(hold.scope) \(hold.placedBy) \(hold.until?.description ?? "") \(hold.releasedAt == nil)"
            )
        }
        for request in try store.requests() {
            lines.append(
                "request \(request.id) \(request.state) \(request.due) \(request.subjects) \(request.coverage) "
                    + "\(request.plan?.description ?? "") \(request.channel ?? "") \(request.openedBy)")
        }
        for plan in try store.plans() {
            let record = try store.plan(plan.id)
            lines.append("plan \(plan.id) \(plan.state) \(record.isRecorded) \(record.approvals.map(\.name))")
            for item in try store.results(of: plan.id) {
                lines.append(
                    "  \(item.attachment) \(String(describing: item.outcome)) \(item.attempts) \(item.grade as Any)")
            }
        }
        lines += try store.confirmations(limit: 10_000).map { "confirmed \($0.cursor) \($0.attachment) \($0.grade)" }
        lines += try store.openIntents().map { "open \($0.op)" }
        lines += try store.lockedPolicies().map { "lock \($0.id) \($0.sha256)" }
        lines.append("live \(try store.liveCount())")
        return lines.joined(separator: "\n")
    }

    private func expectTold(_ before: String) throws {
        let (old, new) = (before.split(separator: "\n"), try told().split(separator: "\n"))
        let (gone, come) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
        #expect(gone.isEmpty && come.isEmpty, "\(gone)\n\(come)")
        #expect(old.count == new.count)
    }

    private func everyDifference(_ log: AuditLog? = nil) throws -> [String] {
        try RecordedTruth(log ?? workspace.log).everyDifference(
            in: workspace.inventory, .all, at: workspace.clock.now()
        )
        .map(\.message)
    }

    @Test func aRebuildOfWhatIsAsTheLogHasItChangesNothing() async throws {
        try await live()
        let before = try told()
        for _ in 0..<2 {
            #expect(try RebuildInventory(context).run() == Rebuilt())
            try expectTold(before)
        }
        #expect(
            try RecordedTruth(workspace.log).differences(in: workspace.inventory, at: workspace.clock.now()).isEmpty)
        #expect(try everyDifference() == [])
        #expect(try await TestWorkspace.retention(context).run().status == .done)
        #expect(try everyDifference() == [])
    }

    @Test(arguments: [
        "UPDATE hold SET released_at = placed_at + 1", "UPDATE hold SET until = placed_at + 1, placed_by = 'eve'",
        "UPDATE hold SET released_at = NULL", "DELETE FROM hold_subject; DELETE FROM hold WHERE released_at IS NULL",
        "UPDATE request SET state = 'received', answered = NULL",
        "UPDATE request SET state = 'completed'; UPDATE plan SET state = 'done'",
        "UPDATE request SET due = due + 1, opened_by = 'eve', scope = 'conversation'",
        "UPDATE plan SET state = 'approved'", "DELETE FROM approval",
        "INSERT OR IGNORE INTO approval SELECT key, digest, 'eve', 'cli', created FROM plan",
        "UPDATE plan_item SET outcome = 'deleted', grade = 'A', http = 204, closed_at = 1, attempts = 7",
        "UPDATE plan_item SET outcome = NULL, grade = NULL, closed_at = NULL",
        "UPDATE attachment SET state = 1, next_check = NULL, outcome = 'deleted', outcome_at = 1795000000000001, grade = 'C'",
        "UPDATE attachment SET state = 0, outcome = NULL, outcome_at = NULL, grade = NULL",
        "DELETE FROM confirmation", "DELETE FROM run; DELETE FROM intent",
        "UPDATE intent SET answered_at = NULL, class = NULL, outcome = NULL",
        """
        INSERT INTO hold (id, scope, placed_at, placed_by, reason, recorded)
            VALUES (X'00000000000000000000000000000007', 'all', 1, 'eve', 'x', 1);
        INSERT INTO request (id, state, received, due, jurisdiction, scope, opened_by, coverage, recorded)
            SELECT X'00000000000000000000000000000008', 'received', received, due, jurisdiction, scope, 'eve', coverage, 1
            FROM request LIMIT 1;
        INSERT INTO plan (id, kind, created, partner, policy, coverage, max_deletes, max_percent, max_bytes, digest, items,
            bytes, state, recorded) SELECT X'00000000000000000000000000000009', kind, created, partner, policy, coverage,
            max_deletes, max_percent, max_bytes, digest, 0, 0, 'approved', 1 FROM plan LIMIT 1
        """,
    ])
    func whateverTheRowsSayTheLogIsFollowed(statements: String) async throws {
        try await live()
        let before = try told()
        let deletes = vendor.deletes.count
        try workspace.sql(statements)
        // Whatever a rebuild changes is said to differ.
        #expect(try !everyDifference().isEmpty)
        let rebuilt = try RebuildInventory(context).run()
        try expectTold(before)
        #expect(try everyDifference() == [])
        #expect(rebuilt.droppedHolds.count == (statements.contains("00000007") ? 1 : 0))
        #expect(rebuilt.droppedRequests.count == (statements.contains("00000008") ? 1 : 0))
        #expect(rebuilt.droppedPlans.count == (statements.contains("00000009") ? 1 : 0))
        #expect(rebuilt.restoredHolds.count == (statements.hasPrefix("DELETE FROM hold_subject") ? 1 : 0))
        #expect(rebuilt.lostHolds.isEmpty && rebuilt.lostRequests.isEmpty)
        #expect(vendor.deletes.count == deletes)
        // Whatever is due has gone before.
        #expect(try await TestWorkspace.retention(context).run().status == .done)
        #expect(Set(vendor.deletes).count == vendor.deletes.count)
    }

    /// The rows of a request can be made again, those of a plan cannot.
    @Test func whatHasEndedAndIsDeletedIsNamedUntilThatIsOnRecord() async throws {
        try await live()
        let store = workspace.inventory
        let plans = try store.plans().filter(\.state.isClosed).map(\.id)
        let ended = try store.requests().filter(\.state.isClosed).map(\.id)
        #expect(!plans.isEmpty && !ended.isEmpty)
        try workspace.sql(
            """
            DELETE FROM plan_item WHERE plan IN (SELECT key FROM plan WHERE state IN ('done', 'cancelled'));
            DELETE FROM approval WHERE plan IN (SELECT key FROM plan WHERE state IN ('done', 'cancelled'));
            DELETE FROM plan WHERE state IN ('done', 'cancelled'); DELETE FROM request_subject; DELETE FROM erased_person;
            DELETE FROM request WHERE state IN ('completed', 'completed_with_exceptions', 'withdrawn')
            """)
        let found = try everyDifference()
        for id in plans.map(\.description) + ended.map(\.description) {
            #expect(found.contains { $0.contains(id) && $0.contains("lacks") }, "\(id): \(found)")
        }
        let rebuilt = try RebuildInventory(context).run()
        #expect(Set(rebuilt.lostPlans) == Set(plans) && Set(rebuilt.restoredRequests) == Set(ended))
        let left = try everyDifference()
        #expect(left.count == plans.count, "\(left)")
        try workspace.log.sealIfNeeded()
        _ = try AuditLog.rollover(
            workspace.log.location, reason: "records of version 2", by: "ada", partner: TestWorkspace.partner,
            tool: "lethe test", time: workspace.clock)
        let log = try workspace.log.reopened()
        let later = RunContext(
            inventory: store, log: log, vendor: vendor, time: workspace.clock, partner: TestWorkspace.partner,
            workspace: workspace.directory.url, clockTolerance: nil)
        try RebuildInventory(later).record(rebuilt, by: "ada", reason: "somebody wrote to it")
        #expect(try everyDifference(log) == [])
        #expect(try RebuildInventory(later).run() == Rebuilt())
    }

    /// An older inventory was put back.
    @Test func whatCameSinceABackupIsMadeAgain() async throws {
        #expect(
            try Shell.run("sqlite3 inventory.db '.backup older.db'", in: workspace.directory.url).status == 0)
        try await live()
        let store = try InventoryStore.open(
            at: workspace.directory.file("older.db"),
            keys: LookupKeys.load(from: workspace.directory.file("keys").appending(path: "lookup.key")))
        let restored = RunContext(
            inventory: store, log: workspace.log, vendor: vendor, time: workspace.clock, partner: TestWorkspace.partner,
            workspace: workspace.directory.url, clockTolerance: nil)
        let error = await #expect(throws: LetheError.self) { _ = try await TestWorkspace.retention(restored).run() }
        #expect(error?.code == "hold-unresolved")
        let deletes = vendor.deletes.count
        let rebuilt = try RebuildInventory(restored).run()
        #expect(rebuilt.restoredHolds.count == 2 && rebuilt.restoredRequests.count == 3)
        #expect(try RecordedTruth(workspace.log).differences(in: store, at: workspace.clock.now()).isEmpty)
        #expect(try store.holds().map(\.releasedAt).count { $0 == nil } == 1)
        #expect(
            try store.requests().map(\.state).sorted { $0.rawValue < $1.rawValue }
                == workspace.inventory.requests().map { $0.state == .approved ? .received : $0.state }
                .sorted { $0.rawValue < $1.rawValue })
        // What becomes of a request is on record, here too.
        let moved = try workspace.records().compactMap { record -> ErasureRequest.State? in
            guard case .requestUpdated(let update) = record, update.reason == "its plan is lost" else { return nil }
            return update.state
        }
        #expect(moved == [.received])
        // A request waits for a person.
        _ = try await TestWorkspace.retention(restored).run()
        #expect(vendor.deletes.count == deletes)
    }

    /// Who is not known here cannot be held: that is named, and stops every apply still.
    @Test func whatNamesSomebodyUnknownStaysLost() async throws {
        let stranger = try #require(SubjectPseudonym(bytes: [UInt8](repeating: 7, count: 32)))
        _ = try workspace.log.append([
            .holdPlaced(.init(hold: HoldID(value: 5), scope: .subject([stranger]), until: nil, by: "ada", reason: nil))
        ])
        #expect(try RebuildInventory(context).run().lostHolds == [HoldID(value: 5)])
        let error = await #expect(throws: LetheError.self) { _ = try await TestWorkspace.retention(context).run() }
        #expect(error?.code == "hold-unresolved")
    }
}
