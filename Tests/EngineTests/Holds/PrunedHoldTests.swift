import Audit
import Cryptography
import Domain
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Engine

/// The log outlives the inventory: what a removed segment said of holds and locked policies is said again before it goes.
@Suite struct PrunedHoldTests {
    @Test func aHoldOfAPrunedSegmentStopsEveryApplyOnARestoredInventory() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(40)
        let backup = workspace.directory.file("backup.db")
        // Nothing writes at this moment, so the two files together are the inventory as it is.
        for suffix in ["", "-wal"] {
            let file = URL(filePath: workspace.directory.file("inventory.db").path + suffix)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: URL(filePath: backup.path + suffix))
        }
        let (kept, released): (HoldID, HoldID) = try (Randomness.id(), Randomness.id())
        func placed(_ hold: HoldID) -> AuditRecord {
            .holdPlaced(.init(hold: hold, scope: .all, until: nil, by: "counsel", reason: "matter 9"))
        }
        _ = try workspace.log.append([
            placed(kept), placed(released), .holdReleased(.init(hold: released, by: "counsel", reason: nil)),
        ])
        workspace.clock.advance(seconds: 1)
        _ = try AuditLog.rollover(
            TestWorkspace.location(workspace.directory), reason: "yearly", by: "ada", tool: "lethe test",
            time: workspace.clock)
        workspace.clock.advance(seconds: 7 * 365 * 86_400)
        let log = try AuditLog.open(TestWorkspace.location(workspace.directory), time: workspace.clock)
        let removed = try log.removeSegments(closedBefore: workspace.clock.now(), by: "ops", reason: "audit.retain 6y")
        #expect(removed.count == 1)
        let records = try log.entries(after: -1, limit: 100).map(\.record)
        #expect(records.contains(placed(kept)) && !records.contains(placed(released)))
        let restored = try InventoryStore.open(
            at: backup, keys: LookupKeys.load(from: workspace.directory.file("keys").appending(path: "lookup.key")))
        let vendor = try workspace.scripted()
        let context = RunContext(
            inventory: restored, log: log, vendor: vendor, time: workspace.clock, partner: TestWorkspace.partner,
            workspace: workspace.directory.url, shouldStop: { false })
        let error = await #expect(throws: LetheError.self) { _ = try await TestWorkspace.retention(context).run() }
        #expect(error?.code == "hold-unresolved" && error?.status == .refused)
        #expect(vendor.deletes.isEmpty)
    }

    /// Its digest in the log is what a weaker form is found by.
    @Test func aLockedPolicyOfAPrunedSegmentIsLockedStill() throws {
        let workspace = try TestWorkspace()
        let location = TestWorkspace.location(workspace.directory)
        func digest(_ digit: Character) -> String { String(repeating: digit, count: 64) }
        _ = try workspace.log.append([
            .policyLocked(.init(id: "kept", sha256: digest("1"))),
            .policyLocked(.init(id: "kept", sha256: digest("2"))),
            .policyLocked(.init(id: "unlocked", sha256: digest("3"))),
            .policyLocked(.init(id: "again", sha256: digest("4"))),
            .operatorAct(.init(act: .policyUnlock, ref: "unlocked", by: "ada", reason: "over")),
        ])
        workspace.clock.advance(seconds: 1)
        _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        let log = try AuditLog.open(location, time: workspace.clock)
        _ = try log.append([.policyLocked(.init(id: "again", sha256: digest("5")))])
        workspace.clock.advance(seconds: 7 * 365 * 86_400)
        _ = try log.removeSegments(closedBefore: workspace.clock.now(), by: "ops", reason: "audit.retain 6y")
        let locks = try log.entries(after: -1, limit: 100).map(\.record).filter {
            if case .policyLocked = $0 { true } else { false }
        }
        #expect(
            locks == [
                .policyLocked(.init(id: "again", sha256: digest("5"))),
                .policyLocked(.init(id: "kept", sha256: digest("2"))),
            ])
        let remembered = try RecordedTruth(log).fold().locks
        #expect(remembered.mapValues(\.sha256) == ["again": digest("5"), "kept": digest("2")])
    }
}
