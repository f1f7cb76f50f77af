import Audit
import Domain
import Foundation
import Inventory
import LinqClient
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Engine
@testable import Simulator

@Suite struct SyncTests {
    private func ids(_ inventory: InventoryStore) throws -> Set<AttachmentID> {
        Set(try inventory.attachments(limit: 100_000).attachments.map(\.id))
    }

    @Test func aWalkFindsWhatTheWebhooksTold() async throws {
        let told = try TestWorkspace()
        try told.fill(150)
        let walked = try TestWorkspace(faults: ["get.503:0.1", "get.429:0.05:1"])
        try walked.account.populate(
            Population(
                lines: TestWorkspace.lines.map { try PhoneLine($0) }, attachments: 150,
                from: TestWorkspace.start.adding(seconds: -200 * 86_400),
                to: TestWorkspace.start.adding(seconds: -86_400), seed: 7))
        let upload = walked.account.addUpload(
            SimulatedFile(name: "memo.pdf", mime: "application/pdf", size: 5), at: TestWorkspace.start)
        _ = try walked.inventory.record(
            [
                Delivery(messages: [
                    MessageObservation(attachments: [ObservedAttachment(id: upload, source: .upload)])
                ])
            ], now: walked.clock.now())
        try await walked.server.serve { url in
            let client = try TestWorkspace.client(url)
            let sync = SyncFromAPI(walked.context(client), requestsPerSecond: 1000)
            let report = try await sync.run()
            #expect(report.coverage == .complete && report.status == .done)
            #expect(report.attachmentsNew == 150)
            let again = try await sync.run()
            #expect(again.attachmentsNew == 0 && again.attachmentsSeen == 150)
            await client.shutdown()
        }
        #expect(try ids(walked.inventory) == (try ids(told.inventory)).union([upload]))
        #expect(try walked.inventory.attachment(upload)?.apiCreated != nil)
        #expect(walked.account.deletions.isEmpty)
    }

    @Test func oneLineAndOnePerson() async throws {
        let workspace = try TestWorkspace()
        try workspace.account.populate(
            Population(
                lines: TestWorkspace.lines.map { try PhoneLine($0) }, attachments: 80,
                from: TestWorkspace.start.adding(seconds: -86_400), to: TestWorkspace.start, seed: 3))
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let sync = SyncFromAPI(workspace.context(client), requestsPerSecond: 1000)
            _ = try await sync.run(lines: [try PhoneLine(TestWorkspace.lines[1])])
            #expect(try workspace.inventory.lines() == [try PhoneLine(TestWorkspace.lines[1])])
            await #expect { _ = try await sync.run(lines: [try PhoneLine("+13035550100")]) } throws: {
                ($0 as? LetheError)?.code == "unknown-line"
            }
            let before = try ids(workspace.inventory).count
            let report = try await sync.run(of: [try Handle(Population.handle(of: 0))])
            #expect(report.coverage == .complete)
            #expect(try ids(workspace.inventory).count == before + report.attachmentsNew)
            await client.shutdown()
        }
    }

    /// b leads to c and c back to b.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func aListingThatLeadsBackEndsAsPartial(ofChats: Bool) async throws {
        let workspace = try TestWorkspace()
        @Sendable func next(_ cursor: String?) -> String? { cursor == "b" ? "c" : "b" }
        let line = try PhoneLine(TestWorkspace.lines[0])
        let vendor = ScriptedVendor(
            lines: [line],
            chats: { cursor in
                Listing(
                    answer: .http(200), elements: [ChatObservation(chat: ChatID(value: 1), line: line)],
                    nextCursor: ofChats ? next(cursor) : nil, isComplete: true)
            },
            messages: { cursor in
                Listing(answer: .http(200), nextCursor: ofChats ? nil : next(cursor), isComplete: true)
            })
        let report = try await SyncFromAPI(workspace.context(vendor), requestsPerSecond: 1000).run()
        #expect(report.coverage == .partial && report.status == .incomplete)
        #expect(report.chats == 1)
        #expect(try workspace.inventory.bookmark("sync:\(line)") == nil)
    }

    @Test func whatWasDeletedIsNotTakenInAgain() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let due = try workspace.due()
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let context = workspace.context(client)
            #expect(try await TestWorkspace.retention(context).run().status == .done)
            let report = try await SyncFromAPI(context, requestsPerSecond: 1000).run()
            #expect(report.suppressed <= due.count && report.attachmentsNew == 0)
            #expect(try workspace.inventory.liveCount() == 60 - due.count)
            let verified = try await VerifyDeletions(context, tiers: TierMap(), requestsPerSecond: 1000).run()
            #expect(verified.checked == due.count && verified.gone == due.count && verified.status == .done)
            await client.shutdown()
        }
        let plan = try #require(try workspace.inventory.plans().first)
        #expect(try workspace.inventory.results(of: plan.id).allSatisfy { $0.grade == .b })
    }

    @Test func whatIsStillThereAfterItsDeletionIsDueAgain() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let due = try workspace.due()
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let context = workspace.context(vendor)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
        let report = try await VerifyDeletions(context, tiers: TierMap(), requestsPerSecond: 1000).run(sample: 3)
        #expect(report.checked == 3 && report.stillThere.count == 3 && report.status == .failed)
        #expect(try workspace.due().count == 3)
        #expect(due.isSuperset(of: report.stillThere))
    }

    /// Somebody wants everything to stop, while a listing goes on for ever.
    @Test func aKillFileThatComesDuringAListingIsHeard() async throws {
        let workspace = try TestWorkspace()
        let endless = Endless(workspace.directory.file("STOP"))
        let vendor = ScriptedVendor(
            lines: [try PhoneLine(TestWorkspace.lines[0])], chats: { _ in endless.page() })
        let report = try await SyncFromAPI(workspace.context(vendor)).run()
        #expect(report.coverage == .partial && endless.pages == 1)
    }

    @Test func theDrillDeletesItsOwnUploadAndNothingElse() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(30)
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let outcome = try await Drill(
                workspace.context(client), rules: TestRules.five, settings: TestWorkspace.settings
            ).run()
            #expect(outcome.result.status == .done)
            #expect(outcome.grade == .a)
            #expect(workspace.deleted == [outcome.attachment])
            #expect(try workspace.inventory.attachment(outcome.attachment)?.state != .live)
            await client.shutdown()
        }
    }
}

/// A list of chats without an end; the kill file comes with its first page.
private final class Endless: Sendable {
    private let stop: URL
    private let count = Mutex(0)

    init(_ stop: URL) { self.stop = stop }

    var pages: Int { count.withLock { $0 } }

    func page() -> Listing<ChatObservation> {
        try? Data().write(to: stop)
        let number = count.withLock { count in
            count += 1
            return count
        }
        return Listing(answer: .http(200), nextCursor: "page\(number)", isComplete: true)
    }
}
