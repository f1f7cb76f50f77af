import Domain
import Engine
import Inventory
import LinqClient
import Rules
import Synchronization
import TestSupport
import Testing

/// Everything that ends, ends by the clock: one that is far from the vendor's deletes nothing.
@Suite struct ClockTests {
    private final class Vendor: VendorAPI {
        private let sent = Mutex(0)
        private let date: @Sendable () -> Timestamp?

        init(date: @escaping @Sendable () -> Timestamp?) { self.date = date }

        var deletes: Int { sent.withLock { $0 } }

        func delete(_ id: AttachmentID) async -> VendorAnswer {
            sent.withLock { $0 += 1 }
            return .http(204)
        }

        func phoneLines() async -> Listing<PhoneLine> {
            let lines = TestWorkspace.lines.compactMap { try? PhoneLine($0) }
            return Listing(
                answer: VendorAnswer(.http(status: 200, code: nil), date: date()), elements: lines, isComplete: true)
        }

        func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: .http(200)) }
        func head(_ url: DownloadURL) async -> VendorAnswer { .http(500) }
        func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
            Listing(answer: .http(500))
        }
        func chat(_ id: ChatID) async -> Listing<ChatObservation> { Listing(answer: .http(500)) }
        func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> { Listing(answer: .http(500)) }
        func upload(_ bytes: [UInt8], mime: String, name: String) async -> UploadAnswer {
            UploadAnswer(answer: .http(500))
        }
    }

    /// Seconds by which the vendor's clock is away: far to either side is refused, two minutes are not.
    @Test(
        arguments: [
            (-400 * 86_400, false), (-600, false), (-120, true), (0, true), (120, true), (600, false),
            (400 * 86_400, false),
        ] as [(Int64, Bool)])
    func aClockFarFromTheVendorsDeletesNothing(seconds: Int64, isAccepted: Bool) async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let clock = workspace.clock
        let vendor = Vendor { clock.now().adding(seconds: seconds) }
        let run = TestWorkspace.retention(workspace.context(vendor, clockTolerance: 300))
        if isAccepted {
            #expect(try await run.run().status == .done)
            #expect(vendor.deletes > 0)
        } else {
            await #expect { _ = try await run.run() } throws: {
                ($0 as? LetheError)?.code == "clock-doubtful" && ($0 as? LetheError)?.status == .refused
            }
            #expect(vendor.deletes == 0)
        }
    }

    /// Without a time of the vendor's the log is the witness.
    @Test func aClockBehindTheLogDeletesNothingWhereTheVendorTellsNoTime() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let vendor = Vendor { nil }
        let first = try await TestWorkspace.retention(workspace.context(vendor, clockTolerance: 300)).run()
        #expect(first.warnings.contains { $0.contains("tells no time") })
        let sent = vendor.deletes
        workspace.clock.advance(seconds: -3600)
        await #expect {
            _ = try await TestWorkspace.retention(workspace.context(vendor, clockTolerance: 300)).run()
        } throws: {
            ($0 as? LetheError)?.code == "clock-doubtful"
        }
        #expect(vendor.deletes == sent)
    }
}
