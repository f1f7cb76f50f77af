import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Synchronization
import TestSupport
import Testing

/// What for a week got no answer but a gateway's is set aside: listed, tried once a run, and ended by a person alone.
@Suite struct SetAsideTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
    }

    /// Something answers for the vendor, for one attachment alone.
    private func vendor(oddly id: AttachmentID) throws -> ScriptedVendor {
        try workspace.scripted(
            delete: { asked, _ in asked == id ? VendorAnswer(.http(status: 404, code: nil)) : .http(204) },
            lookUp: { asked in asked == id ? VendorAnswer(.http(status: 404, code: nil)) : .http(404, code: 2003) })
    }

    @Test func aWeekOfForeignAnswersSetsAsideAndAPersonClosesIt() async throws {
        let id = try #require(try workspace.due().sorted().first)
        let vendor = try vendor(oddly: id)
        let context = workspace.context(vendor)
        let first = try await TestWorkspace.retention(context).run()
        #expect(first.status == .incomplete)
        #expect(vendor.deletes.count == first.planned.plan.items.count - 1 + vendor.deletes.count { $0 == id })
        let plan = first.result.plan
        #expect(try workspace.inventory.setAside(in: plan, now: workspace.clock.now()).isEmpty)
        let close = try CloseSetAside(context, rules: TestRules.five, by: "ada", reason: "the vendor lost it")
        #expect { _ = try close.run(plan) } throws: { ($0 as? LetheError)?.code == "nothing-set-aside" }

        // The same plan goes on with it the next day, and no second one takes it up.
        workspace.clock.advance(seconds: 86_400)
        let second = try await TestWorkspace.retention(context).run()
        #expect(second.resumed.map(\.plan) == [plan])
        #expect(!second.planned.plan.items.contains { $0.attachment == id })

        // An item takes its week along to another plan.
        workspace.clock.advance(seconds: 7 * 86_400)
        #expect(try await TestWorkspace.retention(context).run().status == .incomplete)
        let last = try #require(
            try workspace.inventory.plans(in: [.applying, .halted]).map(\.id).first {
                try workspace.inventory.setAside(in: $0, now: workspace.clock.now()) == [id]
            })
        let sent = vendor.deletes.count { $0 == id }
        let warned = try await TestWorkspace.retention(context).run()
        #expect(vendor.deletes.count { $0 == id } <= sent + 1)
        #expect(warned.warnings.contains { $0.contains("lethe plan close \(last)") })

        #expect(try close.run(last) == [id])
        #expect(try workspace.inventory.plan(last).state == .done)
        let outcome = try workspace.inventory.results(of: last).first { $0.attachment == id }?.outcome
        #expect(outcome == .notFoundUnproven)
        #expect(try workspace.inventory.attachment(id)?.state == .live)
        #expect(
            try workspace.records().contains {
                if case .operatorAct(.planClose, last.description, "ada", "the vendor lost it") = $0 {
                    true
                } else {
                    false
                }
            })
        // A new week begins.
        let again = try await TestWorkspace.retention(context).run()
        #expect(try workspace.inventory.setAside(in: again.result.plan, now: workspace.clock.now()).isEmpty)
    }

    @Test func oneAnswerOfTheVendorsOwnKeepsItInWork() async throws {
        let id = try #require(try workspace.due().sorted().first)
        let busy = BusyOnce(id)
        let vendor = try workspace.scripted(
            delete: { asked, _ in busy.answer(asked) },
            lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let plan = try await TestWorkspace.retention(context).run().result.plan
        workspace.clock.advance(seconds: 8 * 86_400)
        #expect(try workspace.inventory.setAside(in: plan, now: workspace.clock.now()).isEmpty)
    }
}

/// The vendor itself is busy once, for one attachment; from then on something else answers for it.
private final class BusyOnce: Sendable {
    private let id: AttachmentID
    private let isBusy = Mutex(true)

    init(_ id: AttachmentID) { self.id = id }

    func answer(_ asked: AttachmentID) -> VendorAnswer {
        guard asked == id else { return .http(204) }
        let wasBusy = isBusy.withLock { isBusy in
            defer { isBusy = false }
            return isBusy
        }
        return wasBusy ? .http(503) : VendorAnswer(.http(status: 404, code: nil))
    }
}
