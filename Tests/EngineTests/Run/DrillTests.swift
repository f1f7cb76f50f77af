import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Simulator
import Synchronization
import TestSupport
import Testing

/// A drill may be cut short anywhere: what it uploaded is known, and the next run or drill deletes it.
@Suite struct DrillTests {
    private let workspace: TestWorkspace

    init() throws { workspace = try TestWorkspace() }

    private func drill(_ vendor: any VendorAPI, shouldStop: @escaping @Sendable () -> Bool = { false }) -> Drill {
        Drill(
            workspace.context(vendor, shouldStop: shouldStop), rules: TestRules.none, settings: TestWorkspace.settings)
    }

    private func run(_ vendor: any VendorAPI) async throws -> RunRetention.Answer {
        try await TestWorkspace.retention(workspace.context(vendor), TestRules.none).run()
    }

    private var isLeft: Bool { get throws { try workspace.inventory.bookmark("drill") != nil } }

    @Test func aSignalAfterTheUploadLeavesItToTheNextRun() async throws {
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let account = workspace.account
            let stopped = drill(client) { !account.attachments(in: .live).isEmpty }
            await #expect { _ = try await stopped.run() } throws: { error in
                (error as? LetheError)?.code == "interrupted" && "\(error)".contains("is left at the vendor")
            }
            let id = try #require(account.attachments(in: .live).first)
            #expect(try workspace.inventory.attachment(id)?.sightings.map(\.source) == [.upload])
            let answer = try await run(client)
            #expect(answer.resumed.first?.counts[.deleted as Outcome] == 1 && answer.status == .done)
            #expect(workspace.deleted == [id])
            #expect(try !isLeft && workspace.inventory.attachment(id)?.state == .gone)
            await client.shutdown()
        }
    }

    /// Died between its plan and the approval, as drills did that kept nothing of their upload but the plan.
    @Test(arguments: [false, true]) func aPlanThatWasNeverBegunIsMadeAnew(isApproved: Bool) async throws {
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let bytes = Array("of a drill".utf8)
            let id = try #require(
                await client.upload(bytes, mime: "text/plain", name: "lethe-drill.txt") { _ in true }.id)
            let plan = Plan(
                id: try PlanID("5a3f0c1e9b7d4a2680f1e2d3c4b5a697"), kind: .drill, created: workspace.clock.now(),
                partner: TestWorkspace.partner, policyDigest: TestRules.none.policies.digest, coverage: "drill",
                limits: Limits(),
                items: [PlanItem(attachment: id, rule: "drill", tier: .persistent, size: Int64(bytes.count))])
            _ = try RecordPlan(inventory: workspace.inventory, log: workspace.log).run(plan)
            if isApproved {
                try ApprovePlan(
                    inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
                ).approveAutomatically(plan.id, by: "ada")
            }
            let outcome = try await drill(client).run()
            #expect(workspace.deleted == [id, outcome.attachment] && outcome.grade == .a)
            #expect(try workspace.inventory.plan(plan.id).state == .cancelled)
            await client.shutdown()
        }
    }

    @Test func itIsKnownBeforeItsBytesLeave() async throws {
        let vendor = Halfway(workspace.inventory, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        await #expect { _ = try await drill(vendor).run() } throws: { ($0 as? LetheError)?.code == "drill-upload" }
        #expect(vendor.wasKnown)
        vendor.arrive()
        let answer = try await run(vendor)
        #expect(answer.resumed.first?.counts[.deleted as Outcome] == 1)
        #expect(vendor.deleted == [Halfway.id])
        #expect(try !isLeft)
    }

    /// The vendor has an id and no file: there is nothing to delete, and nothing to speak of for ever.
    @Test func whatNeverArrivedIsForgotten() async throws {
        let vendor = Halfway(workspace.inventory, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        await #expect(throws: LetheError.self) { _ = try await drill(vendor).run() }
        let answer = try await run(vendor)
        #expect(answer.status == .done && vendor.deleted.isEmpty)
        #expect(try !isLeft)
    }

    @Test func whatIsHeldMeanwhileStaysAndIsNamed() async throws {
        let vendor = Halfway(workspace.inventory, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        await #expect(throws: LetheError.self) { _ = try await drill(vendor).run() }
        vendor.arrive()
        _ = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.all, by: "counsel", reason: "matter 9", now: workspace.clock.now())
        let answer = try await run(vendor)
        #expect(
            answer.refusals.contains { $0.message.contains("a drill was cut short") } && answer.status == .incomplete)
        #expect(try vendor.deleted.isEmpty && isLeft)
    }

    @Test func aDrillUnderAKillFileUploadsNothing() async throws {
        try Data().write(to: workspace.directory.file("STOP"))
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            await #expect { _ = try await drill(client).run() } throws: { ($0 as? LetheError)?.code == "kill-file" }
            let account = workspace.account
            #expect(account.attachments(in: .live).isEmpty && account.attachments(in: .pending).isEmpty)
            await client.shutdown()
        }
    }

    /// Two people and no plan without them: that is for what is somebody's.
    @Test func aDrillNeedsNobodyElse() async throws {
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            var settings = TestWorkspace.settings
            settings.approval = ApprovalRule(people: 2, above: 0)
            let outcome = try await Drill(workspace.context(client), rules: TestRules.none, settings: settings).run()
            #expect(outcome.grade == .a)
            await client.shutdown()
        }
    }
}

/// A vendor that gives the drill an id; whether its bytes arrived, nobody hears.
private final class Halfway: QuietVendor {
    static let id = AttachmentID(value: 0xD7)

    private struct State {
        var size: Int64 = 0
        var wasKnown = false
        var hasArrived = false
        var deleted: [AttachmentID] = []
    }

    private let state = Mutex(State())
    private let inventory: InventoryStore
    private let lines: [PhoneLine]

    init(_ inventory: InventoryStore, lines: [PhoneLine]) {
        self.inventory = inventory
        self.lines = lines
    }

    var wasKnown: Bool { state.withLock { $0.wasKnown } }
    var deleted: [AttachmentID] { state.withLock { $0.deleted } }
    func arrive() { state.withLock { $0.hasArrived = true } }

    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer {
        let goesOn = mayGoOn(Self.id)
        let isKnown = (try? inventory.bookmark("drill"))?.hasPrefix(Self.id.description) ?? false
        state.withLock { ($0.size, $0.wasKnown) = (Int64(bytes.count), goesOn && isKnown) }
        return UploadAnswer(answer: VendorAnswer(.failure(.timeout)), id: Self.id)
    }

    func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        state.withLock { state in
            guard state.deleted.isEmpty else { return AttachmentLookup(answer: .http(404, code: 2003)) }
            return AttachmentLookup(
                answer: .http(200),
                found: ObservedAttachment(
                    id: id, source: .message, mime: "text/plain", size: state.size,
                    layout: state.hasArrived ? .persistent : nil))
        }
    }

    func delete(_ id: AttachmentID) async -> VendorAnswer {
        state.withLock { $0.deleted.append(id) }
        return .http(204)
    }

    func phoneLines() async -> Listing<PhoneLine> {
        Listing(answer: .http(200), elements: lines, isComplete: true)
    }
}
