import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

struct ListingTests {
    /// The fixture account: pages by request target, `404` for anything else.
    private static func account() throws -> ScriptedServer {
        func page(_ name: String) throws -> String { String(decoding: try fixture("api/\(name).json"), as: UTF8.self) }
        let chat = "/api/partner/v3/chats/"
        let pages = [
            "/api/partner/v3/phone_numbers": try page("phone-numbers-list"),
            "/api/partner/v3/chats?limit=100&to=%2B14155550117": try page("chats-list--to-phone--page-1"),
            "/api/partner/v3/chats?limit=100&to=%2B14155550117&cursor=2": try page("chats-list--to-phone--page-2-last"),
            "/api/partner/v3/chats?limit=100&to=dana.lindqvist%40example.com": try page(
                "chats-list--to-email--single-page"),
            "/api/partner/v3/chats?limit=100&from=%2B12025550120": try page("chats-list--empty"),
            chat + "579e37fc-4bb7-4c6e-a551-b1b5b8415f73/messages?limit=100":
                try page("messages-list--persistent-line-chat--page-1"),
            chat + "579e37fc-4bb7-4c6e-a551-b1b5b8415f73/messages?limit=100&cursor=eyJvIjo1fQ":
                try page("messages-list--persistent-line-chat--page-2-last"),
            chat + "98d10bce-adf3-44bf-a1bf-1b6998b5f13a/messages?limit=100": try page(
                "messages-list--ephemeral-line-chat"),
            chat + "27e280ec-aa04-4390-a4e6-eeed6073cb29/messages?limit=100": try page("messages-list--group-chat"),
            chat + "adfab239-4507-4c06-bf2f-078665fb0671/messages?limit=100": try page(
                "messages-list--email-handle-chat"),
        ]
        return try ScriptedServer { request in
            let target = String(request.line.split(separator: " ")[1])
            return [pages[target].map { .answer("200 OK", body: $0) } ?? .answer("404 Not Found")]
        }
    }

    private struct Found: Hashable {
        var id: String
        var mime: String?
        var size: Int64?
        var chat: String?
        var message: String?
        var direction: String?
        var sender: Handle?
        var isSticker: Bool
    }

    /// Follows the cursors of both handles' chats and of their messages.
    private func walk(_ client: LinqHTTPClient) async throws -> (
        found: [Found], chats: [ChatObservation], unaddressable: Int
    ) {
        var chats: [ChatObservation] = []
        for text in ["+14155550117", "dana.lindqvist@example.com"] {
            var cursor: String?
            repeat {
                let page = await client.chats(of: try Handle(text), on: nil, cursor: cursor)
                #expect(page.isComplete)
                chats += page.elements
                cursor = page.nextCursor
            } while cursor != nil
        }
        var found: [Found] = []
        var unaddressable = chats.map(\.unaddressable).reduce(0, +)
        for chat in chats {
            var cursor: String?
            repeat {
                let page = await client.messages(in: chat.chat, cursor: cursor)
                #expect(page.isComplete)
                for message in page.elements {
                    unaddressable += message.unaddressable
                    found += message.observation.attachments.map { Self.found($0, in: message.observation) }
                }
                cursor = page.nextCursor
            } while cursor != nil
        }
        return (found, chats, unaddressable)
    }

    private static func found(_ attachment: ObservedAttachment, in message: MessageObservation) -> Found {
        Found(
            id: attachment.id.description, mime: attachment.mime, size: attachment.size,
            chat: message.chat?.description, message: message.message?.description,
            direction: message.direction?.rawValue, sender: message.sender, isSticker: attachment.source == .sticker)
    }

    @Test("walking chats and messages gives the expected inventory, all 14 of it")
    func expectedInventory() async throws {
        let oracle = try jsonObject("expected-inventory.json")
        let entries = try #require(oracle["attachments_found_by_listing_chats_and_messages"] as? [[String: Any]])
        let expected = try entries.map { entry in
            let direction = entry["direction"] as? String
            let sender = try Handle(try #require(entry["sender_handle"] as? String))
            let isSticker = entry["found_in"] as? String != "media part"
            return Found(
                id: try #require(entry["attachment_id"] as? String), mime: entry["mime_type"] as? String,
                size: isSticker ? nil : (entry["size_bytes"] as? Int).map { Int64($0) },
                chat: entry["chat_id"] as? String, message: entry["message_id"] as? String, direction: direction,
                sender: direction == "inbound" ? sender : nil, isSticker: isSticker)
        }
        #expect(expected.count == 14)
        let server = try Self.account()
        let walked = try await withClient(server.baseURL) { try await walk($0) }
        #expect(walked.found.count == 14)
        #expect(Set(walked.found) == Set(expected))
        #expect(walked.unaddressable == (oracle["hosted_images_with_a_url_but_no_attachment_id"] as? [String])?.count)
    }

    @Test("chats name our line, the members and whether that is everyone")
    func chats() async throws {
        let server = try Self.account()
        let chats = try await withClient(server.baseURL) { try await walk($0).chats }
        #expect(chats.map { $0.line?.number } == ["+12025550143", "+12025550188", "+12025550143", "+12025550143"])
        #expect(chats.map(\.members.count) == [1, 1, 2, 1])
        #expect(chats.allSatisfy { $0.membersAreComplete })
        #expect(chats.map(\.isGroup) == [false, false, true, false])
    }

    @Test("phone numbers and an empty list of chats are complete")
    func linesAndEmpty() async throws {
        let server = try Self.account()
        try await withClient(server.baseURL) { client in
            let lines = await client.phoneLines()
            #expect(lines.isComplete)
            #expect(lines.elements.map(\.number) == ["+12025550143", "+12025550188", "+12025550120"])
            let chats = await client.chats(of: nil, on: try PhoneLine("+12025550120"), cursor: nil)
            #expect(chats.isComplete && chats.elements.isEmpty && chats.nextCursor == nil)
        }
    }

    @Test(
        "a page that cannot be read whole is incomplete, never empty",
        arguments: [
            ("200 OK", "", 0), ("200 OK", "{}", 0), ("200 OK", #"{"messages": null}"#, 0),
            ("200 OK", #"{"messages": {}}"#, 0),
            ("200 OK", "<html></html>", 0), ("200 OK", #"{"messages": [{}]}"#, 0),
            ("200 OK", #"{"messages": [{"id": "x"}]}"#, 0),
            ("200 OK", #"{"messages": [], "next_cursor": {}}"#, 0),
            ("200 OK", #"{"messages": [], "next_cursor": null, "success": false, "error": {"code": 1}}"#, 0),
            ("500 Oops", #"{"messages": []}"#, 0),
            ("404 Not Found", "", 0), ("204 No Content", "", 0),
            ("200 OK", #"{"messages": [{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff54"}, {"id": 7}]}"#, 1),
        ])
    func incomplete(_ status: String, _ body: String, _ count: Int) async throws {
        let server = try ScriptedServer { _ in [.answer(status, body: body)] }
        let page = try await withClient(server.baseURL) { await $0.messages(in: ChatID(value: 1), cursor: nil) }
        #expect(!page.isComplete)
        #expect(page.elements.count == count)
    }

    @Test(
        "a part that cannot be read costs that part, and is told",
        arguments: [
            #"[{"type": "media", "id": "x"}]"#, #"[{"type": "media", "attachment_id": "x"}]"#, #"{"type": "media"}"#,
            #"[{"type": "hologram", "id": "5c69c66d-e265-4499-a7ef-302a25b7ff54"}]"#,
            #"[{"type": "text", "inline_stickers": {"id": "x"}}]"#, "[null]", "[7]", #"[{"type": "text"}, "photo"]"#,
            "[[]]",
            #"[{"type": "text", "inline_stickers": [null]}]"#, #"[{"type": "text", "inline_stickers": "x"}]"#,
        ])
    func unreadableParts(_ parts: String) async throws {
        let body = #"{"messages": [{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff54", "parts": \#(parts)}]}"#
        let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
        let page = try await withClient(server.baseURL) { await $0.messages(in: ChatID(value: 1), cursor: nil) }
        #expect(page.isComplete && page.elements.map(\.unreadableParts) == [1])
    }

    @Test("a cut page is a failure without elements")
    func cutPage() async throws {
        let server = try ScriptedServer { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"chats\": []}"), .close]
        }
        let page = try await withClient(server.baseURL) { await $0.chats(of: nil, on: nil, cursor: nil) }
        #expect(page.answer.reply == .failure(.cut) && !page.isComplete)
    }

    @Test(
        "cursors end at null or an empty text, not at an empty page, and may be numbers",
        arguments: [
            (#"{"chats": [], "next_cursor": null}"#, nil),
            (#"{"chats": [{"id": "\#(chat)"}], "next_cursor": ""}"#, nil),
            (#"{"chats": [], "next_cursor": "5"}"#, "5"),
            (#"{"chats": [{"id": "\#(chat)"}], "next_cursor": 20}"#, "20"),
            (#"{"chats": [{"id": "\#(chat)"}]}"#, nil),
            (#"{"chats": [{"id": "\#(chat)"}], "next_cursor": "a+b/c="}"#, "a+b/c="),
        ])
    func cursors(_ body: String, _ cursor: String?) async throws {
        let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
        try await withClient(server.baseURL) { client in
            let page = await client.chats(of: nil, on: nil, cursor: nil)
            #expect(page.isComplete && page.nextCursor == cursor)
            if let cursor {
                _ = await client.chats(of: nil, on: nil, cursor: cursor)
                let escaped = cursor.count < 3 ? cursor : "a%2Bb%2Fc%3D"
                #expect(server.requests.last?.line.contains("&cursor=\(escaped) ") == true)
            }
        }
    }

    private static let chat = "579e37fc-4bb7-4c6e-a551-b1b5b8415f73"

    @Test("a roster with somebody unreadable is open and says so, and removed members still count")
    func rosters() async throws {
        let us = #"{"handle": "+12025550143", "is_me": true}"#
        let them = #"{"handle": "+14155550117", "is_me": false, "status": "removed"}"#
        let rosters: [(String, Int, Bool)] = [
            ("[\(us), \(them)]", 1, true), ("[\(us)]", 0, false), ("[\(them)]", 1, false), ("[]", 0, false),
            ("null", 0, false), ("[\(us), \(them), \(them)]", 1, true),
            ("[{\"handle\": null, \"is_me\": true}, \(them)]", 1, false),
        ]
        let unreadable = [
            #"{"handle": "72975"}"#, #"{"handle": null}"#, #"{"handle": ""}"#, #"{"handle": {"a": 1}}"#,
            #"{"id": "x"}"#, #"{"handle": 4155550162}"#, #"{"handle": "urn:biz:1234"}"#, #""foo@@bar""#, "null",
        ].map { ("[\(us), \($0), \(them)]", 1, false) }
        for (handles, members, isComplete) in rosters + unreadable + [("{}", 0, false)] {
            let body = #"{"chats": [{"id": "\#(Self.chat)", "handles": \#(handles)}]}"#
            let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
            let page = try await withClient(server.baseURL) { await $0.chats(of: nil, on: nil, cursor: nil) }
            let chat = try #require(page.elements.first)
            #expect(chat.members.count == members && chat.membersAreComplete == isComplete, "\(handles)")
            let isReadable = rosters.contains { $0.0 == handles }
            #expect(chat.hasUnreadableMember == !isReadable, "\(handles)")
        }
    }

    @Test(
        "a sender who cannot be read is in the chat",
        arguments: [
            (#""from_handle": {"handle": "72975", "is_me": false}"#, true),
            (#""from_handle": {"handle": null}, "from": "+14155550117", "is_from_me": false"#, false),
            (#""from": "72975", "is_from_me": false"#, true), (#""from_handle": null, "is_from_me": false"#, false),
            (#""from_handle": {"handle": "72975", "is_me": true}"#, false),
            (#""from_handle": {"handle": "72975"}, "is_from_me": true"#, false),
        ])
    func unreadableSender(sender: String, isUnreadable: Bool) async throws {
        let body = #"{"messages": [{"id": "\#(Self.chat)", \#(sender)}]}"#
        let server = try ScriptedServer { _ in [.answer("200 OK", body: body)] }
        let page = try await withClient(server.baseURL) { await $0.messages(in: ChatID(value: 1), cursor: nil) }
        #expect(page.elements.first?.observation.hasUnreadableMember == isUnreadable)
    }

    @Test("all guesses at a message after a deletion are survived")
    func afterDeletion() async throws {
        let body = String(
            decoding: try fixture("api/message-get--after-attachment-delete--HYPOTHETICAL-variants.json"), as: UTF8.self
        )
        let server = try ScriptedServer { _ in [.answer("200 OK", body: "{\"messages\": \(body)}")] }
        let page = try await withClient(server.baseURL) { await $0.messages(in: ChatID(value: 1), cursor: nil) }
        #expect(page.isComplete)
        #expect(page.elements.map(\.observation.attachments.count) == [0, 0, 1])
    }
}
