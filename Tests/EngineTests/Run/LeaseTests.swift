import Audit
import Domain
import Foundation
import Inventory
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// One process applies plans, and on the files that it opened.
@Suite struct LeaseTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(120)
    }

    private func file(_ name: String) -> URL { workspace.directory.file(name) }

    /// What happens to the workspace once, at the third DELETE.
    private final class Once: Sendable {
        private let done = Mutex(false)
        private let act: @Sendable () async -> Void

        init(_ act: @escaping @Sendable () async -> Void) { self.act = act }

        func answer(_ number: Int) async -> VendorAnswer {
            let isFirst =
                number == 3
                && done.withLock { isDone in
                    defer { isDone = true }
                    return !isDone
                }
            if isFirst { await act() }
            return .http(204)
        }
    }

    private func retention(
        _ context: RunContext, maxInFlight: Int = 1
    ) -> RunRetention {
        RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(),
            settings: .init(
                maxInFlight: maxInFlight, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester"))
    }

    /// `lethe status` may look in the very moment in which a run begins.
    @Test func whoOnlyLooksStandsInNobodysWay() throws {
        let directory = try TemporaryDirectory()
        let looker = try RunLease(directory.url)
        #expect(throws: LetheError.self) { _ = try RunLease(directory.url, tries: 1) }
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.06)
            looker.release()
        }
        #expect(try RunLease(directory.url, tries: 250).isIntact)
    }

    @Test func whatIsReleasedIsFreeWhoeverStillRefersToIt() throws {
        let directory = try TemporaryDirectory()
        let first = try RunLease(directory.url)
        #expect(throws: LetheError.self) { _ = try RunLease(directory.url) }
        first.release()
        #expect(!first.isIntact)
        let second = try RunLease(directory.url)
        #expect(second.isIntact && !first.isIntact)
    }

    @Test func removingTheLockFileLetsNobodyElseIn() async throws {
        let second = try workspace.scripted()
        let (lock, other) = (file("run.lock"), workspace.context(second))
        let refused = Mutex<String?>(nil)
        let run = retention(other)
        let once = Once {
            try? FileManager.default.removeItem(at: lock)
            do throws(LetheError) { _ = try await run.run() } catch { refused.withLock { $0 = error.code } }
        }
        let vendor = try workspace.scripted(delete: { _, number in await once.answer(number) })
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(refused.withLock { $0 } == "run-lease-taken")
        #expect(second.deletes.isEmpty && answer.status == .done)
        #expect(Set(vendor.deletes).count == vendor.deletes.count)
        try expectVerified()
    }

    @Test func anInventoryThatIsReplacedDuringTheRunStopsIt() async throws {
        let inventory = file("inventory.db")
        let once = Once {
            let copy = inventory.appendingPathExtension("copy")
            try? FileManager.default.copyItem(at: inventory, to: copy)
            _ = rename(copy.path, inventory.path)
        }
        let vendor = try workspace.scripted(delete: { _, number in await once.answer(number) })
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(answer.result?.halted == .inventoryReplaced && answer.status == .incomplete)
        #expect(vendor.deletes.count == 3)
        try expectVerified()
    }

    /// `sqlite3 .restore` keeps the inode. What was ordered since the copy was made is in the log alone.
    @Test func anOlderInventoryPutBackInPlaceStopsTheRunAndTheHoldThatItLacksIsFound() async throws {
        let (inventory, folder) = (file("inventory.db"), workspace.directory.url)
        #expect(try Shell.run("sqlite3 inventory.db '.backup older.db'", in: folder).status == 0)
        let (log, clock) = (workspace.log, workspace.clock)
        let keys = try LookupKeys.load(from: file("keys").appending(path: "lookup.key"))
        let placed = Mutex<HoldID?>(nil)
        let once = Once {
            let other = try? InventoryStore.open(at: inventory, keys: keys)
            let hold = try? other.map {
                try PlaceHold(inventory: $0, log: log).run(.all, by: "ada", reason: "matter", now: clock.now())
            }
            let put = try? Shell.run("sqlite3 -cmd '.timeout 20000' inventory.db '.restore older.db'", in: folder)
            if put?.status == 0 { placed.withLock { $0 = hold?.id } }
        }
        let vendor = try workspace.scripted(delete: { _, number in await once.answer(number) })
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(answer.result?.halted == .inventoryReplaced && answer.status == .incomplete)
        #expect(vendor.deletes.count == 3)
        let hold = try #require(placed.withLock { $0 })
        let next = RunContext(
            inventory: try InventoryStore.open(at: inventory, keys: keys), log: log, vendor: vendor, time: clock,
            partner: TestWorkspace.partner, workspace: folder, clockTolerance: nil)
        await #expect { _ = try await retention(next).run() } throws: {
            let error = $0 as? LetheError
            return error?.code == "hold-unresolved" && error?.message.contains("\(hold)") == true
        }
        #expect(vendor.deletes.count == 3)
        try expectVerified()
    }

    @Test func aWorkspaceThatIsReplacedDuringTheRunStopsIt() async throws {
        let (directory, aside) = (workspace.directory.url, workspace.directory.url.path + ".aside")
        let once = Once {
            _ = rename(directory.path, aside)
            try? FileManager.default.copyItem(atPath: aside, toPath: directory.path)
        }
        let vendor = try workspace.scripted(delete: { _, number in await once.answer(number) })
        let answer = try? await retention(workspace.context(vendor)).run()
        #expect(answer?.status != .done)
        #expect(vendor.deletes.count == 3)
        try? FileManager.default.removeItem(atPath: aside)
    }

    /// Whatever let it in, a second writer is noticed before anything is written over its records.
    @Test func aRunDoesNotWriteBetweenTheRecordsOfAnother() throws {
        let journal = try RunJournal(workspace.log)
        let other = try AuditLog.open(TestWorkspace.location(workspace.directory), time: workspace.clock)
        let run = RunID(value: 7)
        try journal.append([.runHalt(.init(run: run, cause: "signal"))])
        _ = try other.append([.operatorAct(.init(act: .limitRaise, ref: "x", by: "ada", reason: nil))])
        try journal.append([.runHalt(.init(run: run, cause: "signal"))])
        _ = try other.append([.runHalt(.init(run: RunID(value: 8), cause: "signal"))])
        let size = try workspace.log.size()
        #expect { try journal.append([.runHalt(.init(run: run, cause: "signal"))]) } throws: {
            ($0 as? LetheError)?.code == "audit-other-run"
        }
        #expect(try workspace.log.size() == size)
    }

    @Test func aPlanInWorkIsCancelledOnceItsProcessHasStopped() async throws {
        let cancelling = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let (context, inventory) = (workspace.context(cancelling), workspace.inventory)
        let cancelled = Mutex<Task<Void, any Error>?>(nil)
        let once = Once {
            let task = Task {
                guard let plan = try inventory.plans(in: [.applying]).first else { return }
                try await CancelPlan(context, rules: TestRules.five, by: "ada", reason: "stop").run(plan.id)
            }
            cancelled.withLock { $0 = task }
        }
        let vendor = try workspace.scripted(delete: { _, number in
            let answer = await once.answer(number)
            try? await Task.sleep(for: .milliseconds(20))
            return answer
        })
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(answer.result?.halted == .signal)
        try await cancelled.withLock { $0 }?.value
        let plan = try inventory.plan(#require(answer.result?.plan))
        #expect(plan.state == .cancelled)
        let results = try inventory.results(of: plan.plan.id)
        #expect(results.allSatisfy { $0.outcome != nil })
        #expect(vendor.deletes.count < results.count && cancelling.deletes.isEmpty)
        try expectVerified()
    }

    private func expectVerified() throws {
        try workspace.log.sealIfNeeded()
        let options = LogVerifier.Options(
            vkeys: [try VerifierKey(workspace.log.vkey)], now: workspace.clock.now())
        let report = try LogVerifier(options).verify(file("audit.db"))
        #expect(report.failures.isEmpty, "\(report.rendered)")
    }
}
