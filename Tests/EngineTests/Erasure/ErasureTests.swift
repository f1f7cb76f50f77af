import Audit
import Cryptography
import Domain
import Foundation
import Inventory
import LinqClient
import Rules
import TestSupport
import Testing

@testable import Engine
@testable import Simulator

@Suite struct ErasureTests {
    private static let dana = "+14155550117"
    private static let mail = "dana.lindqvist@example.com"
    private static let rowan = "+14155550162"

    private struct Story {
        var inbound: [AttachmentID] = []
        var sentToDana: [AttachmentID] = []
        var rowans: [AttachmentID] = []
        var ofGroup: [AttachmentID] = []
    }

    /// Dana writes from a phone and a mail address, and shares a group with Rowan.
    private func tell(_ workspace: TestWorkspace) throws -> Story {
        var story = Story()
        let account = workspace.account
        let line = try PhoneLine(TestWorkspace.lines[0])
        let (dana, mail, rowan) = (try Handle(Self.dana), try Handle(Self.mail), try Handle(Self.rowan))
        let time = TestWorkspace.start.adding(seconds: -10 * 86_400)
        let phone = try account.addChat(on: line, with: [dana], at: time)
        let letters = try account.addChat(on: line, with: [mail], at: time)
        let group = try account.addChat(on: line, with: [dana, rowan], at: time)
        let other = try account.addChat(on: line, with: [rowan], at: time)
        func file(_ name: String) -> SimulatedFile {
            SimulatedFile(name: name, mime: "image/jpeg", size: 1_000_000)
        }
        story.inbound += try account.addMessage(in: phone, from: dana, at: time, files: [file("passport-scan.jpg")])
        story.inbound += try account.addMessage(in: letters, from: mail, at: time, files: [file("letter.jpg")])
        story.inbound += try account.addMessage(in: group, from: dana, at: time, files: [file("party.jpg")])
        story.sentToDana += try account.addMessage(in: phone, from: nil, at: time, files: [file("contract.jpg")])
        story.ofGroup += try account.addMessage(in: group, from: nil, at: time, files: [file("invitation.jpg")])
        story.rowans += try account.addMessage(in: group, from: rowan, at: time, files: [file("dog.jpg")])
        story.rowans += try account.addMessage(in: other, from: rowan, at: time, files: [file("cat.jpg")])
        return story
    }

    private func ask(_ handles: [String] = [dana, mail]) throws -> PlanErasure.Ask {
        PlanErasure.Ask(handles: try handles.map { try Handle($0) }, openedBy: "clerk")
    }

    private static let settings = ApplyPlan.Settings(requestsPerSecond: 1000, operatorName: "tester")

    @Test func aPersonIsErasedWithProofAndNobodyElse() async throws {
        let workspace = try TestWorkspace(faults: ["500:0.2", "lost:0.1"])
        let story = try tell(workspace)
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let context = workspace.context(client)
            let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(try ask())
            #expect(planned.request.coverage == .complete && planned.request.state == .planned)
            #expect(Set(planned.plan.items.map(\.attachment)) == Set(story.inbound + story.sentToDana))
            let result = try await ApplyErasure(
                context, rules: TestRules.none, approval: ApprovalRule(), settings: Self.settings, by: "officer"
            ).run(planned.plan.id)
            #expect(result.status == .done)
            #expect(workspace.deleted == Set(story.inbound + story.sentToDana))
            let request = try #require(try workspace.inventory.request(planned.request.id))
            #expect(request.state == .completed && request.answered != nil)
            await client.shutdown()
            try expectStatement(workspace, request.id, story)
        }
        try expectNoBytes([Self.dana.dropFirst().description, Self.mail, "passport-scan"], in: workspace)
    }

    private func expectStatement(_ workspace: TestWorkspace, _ id: RequestID, _ story: Story) throws {
        let statement = try IssueCertificate(inventory: workspace.inventory, log: workspace.log).run(id)
        #expect(statement.proved.items.count == story.inbound.count + story.sentToDana.count)
        #expect(statement.proved.items.allSatisfy { $0.outcome.group == .deleted })
        #expect(statement.proved.items.allSatisfy { $0.grade == .a || $0.outcome == .deletedAfterRetry })
        #expect(statement.proved.approvals.map(\.by) == ["officer"])
        let key = try VerifierKey(workspace.log.vkey)
        for record in statement.records {
            let proof = try InclusionProof(Array(try #require(record.inclusion).utf8))
            #expect(String(decoding: proof.line, as: UTF8.self) == record.line)
            guard case .good = try proof.check(key) else {
                Issue.record("record \(record.seq) is not proven")
                continue
            }
        }
    }

    private func expectNoBytes(_ needles: [String], in workspace: TestWorkspace) throws {
        let files = FileManager.default.enumerator(at: workspace.directory.url, includingPropertiesForKeys: nil)
        for case let file as URL in try #require(files) {
            guard let bytes = try? Data(contentsOf: file) else { continue }
            for needle in needles {
                #expect(bytes.range(of: Data(needle.utf8)) == nil, "\(needle) in \(file.lastPathComponent)")
            }
        }
    }

    /// The vendor dates what the person sends: what is from before the answer is so by its clock.
    @Test(arguments: [-240, 0, 240] as [Int64])
    func whatARequestCoversEndsByTheVendorsClock(seconds: Int64) async throws {
        let workspace = try TestWorkspace()
        _ = try tell(workspace)
        try workspace.ingest()
        let clock = workspace.clock
        let vendor = DatedVendor(lines: try TestWorkspace.lines.map { try PhoneLine($0) }) {
            clock.now().adding(seconds: seconds)
        }
        let context = workspace.context(vendor, clockTolerance: 300)
        var ask = try ask()
        ask.isOffline = true
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
        let began = clock.now()
        let result = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: Self.settings, by: "officer"
        ).run(planned.plan.id)
        #expect(result.status == .done)
        let until = try #require(try workspace.inventory.erasedUntil(planned.request.id))
        #expect(began.adding(seconds: seconds) <= until && until <= clock.now().adding(seconds: seconds))
    }

    private struct DatedVendor: QuietVendor {
        let lines: [PhoneLine]
        let now: @Sendable () -> Timestamp

        private func answer(_ status: Int, code: Int? = nil) -> VendorAnswer {
            VendorAnswer(.http(status: status, code: code), date: now())
        }

        func delete(_ id: AttachmentID) async -> VendorAnswer { answer(204) }
        func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: answer(404, code: 2003)) }
        func phoneLines() async -> Listing<PhoneLine> {
            Listing(answer: answer(200), elements: lines, isComplete: true)
        }
    }

    @Test func offlineAsksNobodyAndSaysSo() async throws {
        let workspace = try TestWorkspace()
        let story = try tell(workspace)
        try workspace.ingest()
        let vendor = try workspace.scripted()
        var ask = try ask()
        ask.isOffline = true
        let planned = try await PlanErasure(workspace.context(vendor), rules: TestRules.none, limits: Limits()).run(ask)
        #expect(planned.request.coverage == .offline && planned.plan.coverage == "offline")
        #expect(Set(planned.plan.items.map(\.attachment)).isSuperset(of: story.inbound))
        #expect(vendor.deletes.isEmpty)
        await #expect {
            _ = try await PlanErasure(workspace.context(vendor), rules: TestRules.none, limits: Limits()).run(ask)
        } throws: { ($0 as? LetheError)?.code == "request-open" }
    }

    @Test func aListingThatFailsMakesTheCoveragePartial() async throws {
        let workspace = try TestWorkspace()
        _ = try tell(workspace)
        try workspace.ingest()
        let vendor = try workspace.scripted()
        let planned = try await PlanErasure(workspace.context(vendor), rules: TestRules.none, limits: Limits())
            .run(try ask())
        #expect(planned.request.coverage == .partial)
        let result = try await ApplyErasure(
            workspace.context(vendor), rules: TestRules.none, approval: ApprovalRule(), settings: Self.settings,
            by: "officer"
        ).run(planned.plan.id)
        #expect(result.counts[.deleted as Outcome.Group] == planned.plan.items.count { $0.withheld == nil })
        #expect(try workspace.inventory.request(planned.request.id)?.state == .completedWithExceptions)
    }

    @Test func aLegalGroundAndAHoldWithholdAndTheScheduledRunEndsIt() async throws {
        let workspace = try TestWorkspace()
        let story = try tell(workspace)
        try workspace.ingest()
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: disputes, title: Disputes, why: Claims., retain: 30d, legal_ground: gdpr.17.3.e}
            """)
        let hold = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.attachment(story.inbound[0]), by: "counsel", reason: "matter 9", now: workspace.clock.now())
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        var ask = try ask()
        ask.isOffline = true
        let context = workspace.context(vendor)
        let planned = try await PlanErasure(context, rules: rules, limits: Limits()).run(ask)
        let grounds = Set(planned.plan.items.map { $0.withheld?.ground ?? "" })
        #expect(grounds == ["hold \(hold.id)", "gdpr.17.3.e"])
        let result = try await ApplyErasure(
            context, rules: rules, approval: ApprovalRule(), settings: Self.settings, by: "officer"
        ).run(planned.plan.id)
        #expect(vendor.deletes.isEmpty)
        #expect(result.counts[.withheld as Outcome.Group] == planned.plan.items.count)
        #expect(try workspace.inventory.request(planned.request.id)?.state == .completedWithExceptions)
        workspace.clock.advance(seconds: 25 * 86_400)
        let later = try await TestWorkspace.retention(context, rules).run()
        #expect(later.resumed.count == 1)
        // What we sent to the group may be others' too.
        let kept = [story.inbound[0]] + story.ofGroup
        #expect(Set(vendor.deletes) == Set(planned.plan.items.map(\.attachment)).subtracting(kept))
        try ReleaseHold(inventory: workspace.inventory, log: workspace.log)
            .run(hold.id, by: "counsel", reason: "matter closed")
        _ = try await TestWorkspace.retention(context, rules).run()
        #expect(vendor.deletes.contains(story.inbound[0]))
        #expect(try workspace.inventory.request(planned.request.id)?.state == .completedWithExceptions)
        let statement = try IssueCertificate(inventory: workspace.inventory, log: workspace.log)
            .run(planned.request.id)
        #expect(statement.proved.issue == 3)
    }

    @Test func twoPeopleMustAgreeAndNotTheRequester() async throws {
        let workspace = try TestWorkspace()
        _ = try tell(workspace)
        try workspace.ingest()
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        var ask = try ask()
        ask.isOffline = true
        let context = workspace.context(vendor)
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
        func apply(_ name: String) -> ApplyErasure {
            ApplyErasure(
                context, rules: TestRules.none, approval: ApprovalRule(people: 2), settings: Self.settings, by: name)
        }
        let expected = ["clerk": "own-request", "ada": "approval-needed"]
        for (name, code) in expected.sorted(by: { $0.key > $1.key }) {
            await #expect { _ = try await apply(name).run(planned.plan.id) } throws: {
                ($0 as? LetheError)?.code == code && ($0 as? LetheError)?.status == .refused
            }
        }
        await #expect { _ = try await apply("ada").run(planned.plan.id) } throws: {
            ($0 as? LetheError)?.code == "approval-needed"
        }
        #expect(vendor.deletes.isEmpty)
        let result = try await apply("grace").run(planned.plan.id)
        #expect(result.counts[.deleted as Outcome.Group] == planned.plan.items.count { $0.withheld == nil })
    }
}
