import Audit
import Domain
import Engine
import Foundation
import Inventory
import Testing

/// A hold is recorded before it is in force, whatever became of the segment in between.
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
        #expect(try workspace.inventory.holds() == [hold])
    }

    @Test func aHoldThatCannotHoldAnybodyIsRefused() throws {
        let workspace = try TestWorkspace()
        let place = PlaceHold(inventory: workspace.inventory, log: workspace.log)
        func code(_ people: [SubjectPseudonym]) -> String? {
            #expect(throws: LetheError.self) {
                _ = try place.run(.subject(people), by: "counsel", reason: "matter 7", now: workspace.clock.now())
            }?.code
        }
        let strangers = (0...500).compactMap { number in
            SubjectPseudonym(bytes: (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * min($0, 7))) })
        }
        #expect(code([]) == "empty-hold")
        #expect(code(Array(strangers.prefix(1))) == "unknown-subject")
        #expect(strangers.count == 501 && code(strangers) == "too-many-handles")
        #expect(try workspace.inventory.holds().isEmpty && workspace.log.fold().holds.isEmpty)
    }
}
