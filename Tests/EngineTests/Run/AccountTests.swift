import Domain
import Foundation
import Inventory
import Rules
import TestSupport
import Testing

@testable import Engine

/// Which key is the account's: a number that was released is listed no more.
@Suite struct AccountTests {
    private let workspace: TestWorkspace
    private let other: PhoneLine

    init() throws {
        workspace = try TestWorkspace()
        other = try PhoneLine("+12025550199")
        try workspace.fill(40)
    }

    /// A vendor that lists one number on which nothing ever was, and finds what `finds` says.
    private struct Released: Sendable {
        var other: PhoneLine
        var finds: AttachmentID?
        var chat: ChatID?

        func vendor() -> FindingVendor { FindingVendor(self) }

        final class FindingVendor: VendorAPI {
            let world: Released
            init(_ world: Released) { self.world = world }

            func delete(_ id: AttachmentID) async -> VendorAnswer { .http(404, code: 2003) }
            func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
                // Somebody else's page is a 200 too: without the attachment in it, it says nothing.
                AttachmentLookup(
                    answer: .http(200), found: id == world.finds ? ObservedAttachment(id: id, source: .message) : nil)
            }
            func head(_ url: DownloadURL) async -> VendorAnswer { .http(404) }
            func phoneLines() async -> Listing<PhoneLine> {
                Listing(answer: .http(200), elements: [world.other], isComplete: true)
            }
            func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
                Listing(answer: .http(200), isComplete: true)
            }
            func chat(_ id: ChatID) async -> Listing<ChatObservation> {
                let chat = id == world.chat ? [ChatObservation(chat: id)] : []
                return Listing(answer: .http(chat.isEmpty ? 404 : 200), elements: chat, isComplete: true)
            }
            func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
                Listing(answer: .http(200), isComplete: true)
            }
            func upload(
                _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
            ) async -> UploadAnswer { UploadAnswer(answer: .http(500)) }
        }
    }

    private func account(_ world: Released) async throws -> Set<PhoneLine> {
        let lines = Set(try TestWorkspace.lines.map { try PhoneLine($0) })
        return try await Preflight(workspace.context(world.vendor())).run(lines: lines).accountLines
    }

    @Test func aKeyThatListsAndFindsNothingOfTheAccountIsRefused() async throws {
        await #expect { _ = try await account(Released(other: other)) } throws: {
            ($0 as? LetheError)?.code == "foreign-key"
        }
    }

    @Test func anAttachmentThatTheKeyFindsProvesItsLineAndNoOther() async throws {
        let line = try PhoneLine(TestWorkspace.lines[0])
        let page = try workspace.inventory.attachments(AttachmentFilter(line: line, state: .live), limit: 3)
        let id = try #require(page.attachments.last?.id)
        #expect(try await account(Released(other: other, finds: id)) == [line, other])
        #expect(try workspace.inventory.record(of: id)?.apiSeen != nil)
    }

    @Test func aChatThatTheKeyFindsProvesItsLine() async throws {
        let line = try PhoneLine(TestWorkspace.lines[1])
        let chat = try #require(try workspace.inventory.chats(on: line, limit: 3).last)
        #expect(try await account(Released(other: other, chat: chat)) == [line, other])
    }
}
