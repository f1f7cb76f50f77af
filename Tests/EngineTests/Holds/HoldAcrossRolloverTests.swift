import Audit
import Domain
import Engine
import Foundation
import Inventory
import Testing

/// A hold is in force when the store has it, so the log must get it, whatever became of the segment in between.
struct HoldAcrossRolloverTests {
    @Test func aHoldPlacedWhileAnotherProcessRollsOverIsRecordedInTheNewSegment() throws {
        let workspace = try TestWorkspace()
        let open = try AuditLog.open(workspace.log.location, time: workspace.clock)
        let created = try AuditLog.rollover(
            workspace.log.location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        let hold = try PlaceHold(inventory: workspace.inventory, log: open).run(
            .all, by: "counsel", reason: "matter 7", now: workspace.clock.now())
        let live = try AuditLog.open(workspace.log.location, time: workspace.clock)
        #expect(live.origin == created.origin)
        let placed = try live.entries(after: -1, limit: 99).compactMap { entry in
            if case .holdPlaced(let placed) = entry.record { placed.hold } else { nil }
        }
        #expect(placed == [hold.id])
        #expect(try workspace.inventory.unresolvedHolds().isEmpty)
    }
}
