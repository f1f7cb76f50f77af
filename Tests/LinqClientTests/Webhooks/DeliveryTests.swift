import Domain
import Foundation
import LinqClient
import TestSupport
import Testing

struct DeliveryTests {
    private func read(_ name: String) throws -> WebhookDelivery {
        try WebhookDelivery(fixture("webhooks/\(name).json"))
    }

    @Test("every fixture is read, of its own event, version and partner")
    func everyFixtureIsRead() throws {
        for name in try fixtureNames("webhooks") {
            let object = try jsonObject("webhooks/\(name)")
            let delivery = try WebhookDelivery(fixture("webhooks/\(name)"))
            #expect(delivery.eventID.description == object["event_id"] as? String)
            #expect(delivery.eventType == object["event_type"] as? String)
            #expect(delivery.version == object["webhook_version"] as? String)
            #expect(delivery.createdAt != nil)
            #expect(delivery.belongs(to: "34296A83-D4A8-442A-A7F8-C874E6B9197D"))
            #expect(!delivery.belongs(to: "34296a83-d4a8-442a-a7f8-c874e6b9197e"))
        }
    }

    @Test("the fixtures hold exactly the attachments that JSON says, with source, type, size and layout")
    func attachmentsOfFixtures() throws {
        for name in try fixtureNames("webhooks") {
            let delivery = try WebhookDelivery(fixture("webhooks/\(name)"))
            let found = delivery.messages.flatMap(\.attachments)
            let expected = Self.files(try jsonObject("webhooks/\(name)"))
            #expect(found.map(\.id.description) == expected.map { $0["id"] as? String }, "\(name)")
            for (attachment, file) in zip(found, expected) {
                #expect(attachment.mime == file["mime_type"] as? String)
                #expect(attachment.size == (file["size_bytes"] as? Int).map { Int64($0) })
                let url = try #require(file["url"] as? String)
                #expect(attachment.layout == (url.contains("?") ? .other : .persistent))
                #expect(attachment.source == (file["file_name"] == nil ? .message : .sticker))
            }
            #expect((delivery.kind == .attachments) == !expected.isEmpty)
        }
    }

    /// Media parts and inline stickers of a message event, by the plainest reading of the JSON.
    private static func files(_ object: [String: Any]) -> [[String: Any]] {
        guard let type = object["event_type"] as? String, type.hasPrefix("message."),
            let data = object["data"] as? [String: Any]
        else { return [] }
        let parts = ((data["message"] as? [String: Any]) ?? data)["parts"] as? [[String: Any]] ?? []
        return parts.flatMap { part -> [[String: Any]] in
            part["type"] as? String == "media" ? [part] : part["inline_stickers"] as? [[String: Any]] ?? []
        }
    }

    @Test(
        "both versions name message, chat, line, direction, sender and times alike",
        arguments: [
            ("2026-02-03--message.received--persistent-image", Direction.inbound),
            ("2025-01-01--message.received--persistent-image", .inbound),
            ("2026-02-03--message.sent--persistent-pdf", .outbound),
            ("2025-01-01--message.sent--persistent-pdf", .outbound),
            ("2025-01-01--message.delivered--persistent-pdf", .outbound),
            ("2025-01-01--message.read--persistent-pdf", .outbound),
        ])
    func bothVersions(_ name: String, _ direction: Direction) throws {
        let delivery = try read(name)
        let message = try #require(delivery.messages.first)
        #expect(delivery.messages.count == 1 && message.message != nil)
        #expect(message.chat?.description == "579e37fc-4bb7-4c6e-a551-b1b5b8415f73")
        #expect(message.line?.number == "+12025550143")
        #expect(message.direction == direction)
        #expect(message.isGroup == false)
        #expect(message.sentAt != nil && message.envelopeTime == delivery.createdAt)
        let dana = try Handle("+14155550117")
        #expect(message.sender == (direction == .inbound ? dana : nil))
        #expect(message.members == (direction == .inbound ? [dana] : []))
        #expect(message.membersAreComplete == (direction == .inbound))
    }

    @Test("nine fractional digits lose the last three")
    func nineDigits() throws {
        let delivery = try read("2025-01-01--message.received--persistent-image")
        #expect(delivery.createdAt == Timestamp("2026-11-18T11:31:13.418207Z"))
    }

    @Test("an audio file received is a message, not a voice memo: nothing tells them apart")
    func voiceMemoAsMedia() throws {
        let delivery = try read("2026-02-03--message.received--voice-memo-as-media-part")
        #expect(delivery.messages.first?.attachments.first?.source == .message)
    }

    @Test("a message recovered late says when")
    func reconciledLate() throws {
        let message = try #require(try read("2026-02-03--message.received--reconciled-late").messages.first)
        #expect(message.reconciledAt == Timestamp("2026-11-18T18:39:58.220Z"))
        #expect(message.sentAt == Timestamp("2026-11-17T22:15:09Z"))
    }

    @Test("a sender into a group is named and the roster stays open")
    func groupSender() throws {
        let message = try #require(try read("2026-02-03--message.received--group-chat-two-media-parts").messages.first)
        #expect(message.sender == (try Handle("+14155550162")))
        #expect(message.isGroup == true && !message.membersAreComplete)
    }

    @Test("an unknown part is counted and hides nothing")
    func unknownPart() throws {
        let delivery = try read("2026-02-03--message.received--unknown-part-type-next-to-media")
        #expect(delivery.unknownParts == 1)
        #expect(delivery.messages.first?.attachments.count == 1)
    }

    @Test(
        "a part that is no object cannot be read, and the parts beside it are", arguments: ["null", "7", "[]", #""x""#])
    func partThatIsNoObject(_ part: String) throws {
        let parts = #"[\#(part), {"type": "media", "id": "5c69c66d-e265-4499-a7ef-302a25b7ff54"}]"#
        let data = #"{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff53", "parts": \#(parts)}"#
        let delivery = try WebhookDelivery(Self.envelope(["data": data, "event_type": "\"message.received\""]))
        #expect(delivery.unreadableParts == 1 && delivery.unknownParts == 0)
        #expect(delivery.messages.first?.attachments.count == 1)
    }

    @Test("an odd id costs its part, and the parts beside it are read")
    func oddPart() throws {
        let parts = #"""
            [{"type": "media", "id": "at_0_5F2B"}, {"type": "media", "id": "5c69c66d-e265-4499-a7ef-302a25b7ff54"}]
            """#
        let data = #"{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff53", "parts": \#(parts)}"#
        for type in ["message.received", "message.updated"] {
            let delivery = try WebhookDelivery(Self.envelope(["data": data, "event_type": "\"\(type)\""]))
            #expect(delivery.unreadableParts == 1 && delivery.kind == .attachments)
            #expect(delivery.messages.first?.attachments.count == 1)
        }
    }

    @Test("zero retention is told and holds nothing")
    func zeroRetention() throws {
        let delivery = try read("2026-02-03--message.sent--zero-retention-empty-parts")
        #expect(delivery.isZeroRetention && delivery.kind == .known)
        #expect(delivery.messages.first?.attachments.isEmpty == true)
        #expect(!(try read("2026-02-03--zero_day_retention.updated--line-enabled").isZeroRetention))
    }

    @Test(
        "things with a URL and no id are counted",
        arguments: [
            ("2026-02-03--reaction.added--sticker-url-without-attachment-id", 1),
            ("2025-01-01--reaction.added--sticker-url-without-attachment-id", 1),
            ("2026-02-03--chat.group_icon_updated--hosted-image-url", 1),
            ("2026-02-03--chat.background_updated--hosted-image-url", 1),
            ("2026-02-03--contact_card.received--hosted-image-url", 1),
            ("2026-02-03--message.edited--no-attachment", 0),
            ("2026-02-03--message.received--persistent-image", 0),
        ])
    func unaddressable(_ name: String, _ count: Int) throws {
        let delivery = try read(name)
        #expect(delivery.unaddressable == count)
        #expect(delivery.kind == (name.contains("persistent") ? .attachments : .known))
    }

    @Test("an unknown event is accepted and nothing is read of it")
    func unknownEvent() throws {
        let delivery = try read("2026-02-03--unknown-future-event-type")
        #expect(delivery.kind == .unknown)
        #expect(delivery.messages.isEmpty && delivery.chats.isEmpty && delivery.unknownParts == 0)
    }

    @Test("events about a chat name who acted in it")
    func chatEvents() throws {
        let reaction = try #require(
            try read("2026-02-03--reaction.added--sticker-url-without-attachment-id").chats.first)
        #expect(reaction.members == [try Handle("+14155550117")] && !reaction.membersAreComplete)
        let edited = try #require(try read("2026-02-03--message.edited--no-attachment").chats.first)
        #expect(edited.members.isEmpty && edited.line?.number == "+12025550143")
    }

    @Test(
        "a participant is named by object or, as before, by text",
        arguments: [
            #"{"chat_id":"27e280ec-aa04-4390-a4e6-eeed6073cb29","handle":"+14155550199","added_at":"2026-01-01T00:00:00Z"}"#,
            #"{"chat_id":"27e280ec-aa04-4390-a4e6-eeed6073cb29","participant":{"handle":"+14155550199","is_me":false}}"#,
        ])
    func participants(_ data: String) throws {
        for type in ["participant.added", "participant.removed"] {
            let delivery = try WebhookDelivery(Self.envelope(type: type, data: data))
            let chat = try #require(delivery.chats.first)
            #expect(chat.chat.description == "27e280ec-aa04-4390-a4e6-eeed6073cb29")
            #expect(chat.members == [try Handle("+14155550199")] && !chat.hasUnreadableMember)
        }
    }

    @Test("a participant who cannot be read is one", arguments: [#""72975""#, #"{"handle":null}"#, #"{"handle":7}"#])
    func unreadableParticipants(participant: String) throws {
        let data = #"{"chat_id":"27e280ec-aa04-4390-a4e6-eeed6073cb29","participant":\#(participant)}"#
        let chat = try #require(try WebhookDelivery(Self.envelope(type: "participant.added", data: data)).chats.first)
        #expect(chat.members.isEmpty && chat.hasUnreadableMember)
    }

    @Test("our own line is never a member")
    func ownLine() throws {
        let data =
            #"{"chat_id":"27e280ec-aa04-4390-a4e6-eeed6073cb29","participant":{"handle":"+12025550143","is_me":true}}"#
        let chat = try #require(try WebhookDelivery(Self.envelope(type: "participant.added", data: data)).chats.first)
        #expect(chat.members.isEmpty && chat.line?.number == "+12025550143" && !chat.hasUnreadableMember)
    }

    @Test("chat.created gives the whole roster")
    func chatCreated() throws {
        let page = try jsonObject("api/chats-list--to-phone--page-2-last.json")
        let chat = try #require((page["chats"] as? [[String: Any]])?.first)
        let data = String(decoding: try JSONSerialization.data(withJSONObject: chat), as: UTF8.self)
        let delivery = try WebhookDelivery(Self.envelope(type: "chat.created", data: data))
        let observed = try #require(delivery.chats.first)
        #expect(observed.members.count == 2 && observed.membersAreComplete && observed.isGroup == true)
    }

    @Test("a sender that is neither number nor address leaves the file in the inventory, without a sender")
    func shortCodeSender() throws {
        let body = String(
            decoding: try fixture("webhooks/2026-02-03--message.received--persistent-image.json"), as: UTF8.self)
        let changed = body.replacingOccurrences(of: "\"handle\": \"+14155550117\"", with: "\"handle\": \"72975\"")
        #expect(changed != body)
        let message = try #require(try WebhookDelivery(Array(changed.utf8)).messages.first)
        #expect(message.attachments.count == 1 && message.sender == nil && !message.membersAreComplete)
        #expect(message.hasUnreadableMember)
    }

    @Test(
        "what cannot be trusted is rejected by a code, and the message repeats nothing of it",
        arguments: [
            ("event_id", "null", "missing-field"), ("event_id", "\"SECRET\"", "invalid-id"),
            ("event_id", "7", "invalid-id"),
            ("partner_id", "null", "missing-field"), ("partner_id", "\"\"", "missing-field"),
            ("event_type", "null", "missing-field"), ("event_type", "[]", "missing-field"),
            ("data", "null", "missing-field"), ("data", "\"SECRET\"", "missing-field"), ("data", "{}", "missing-field"),
            ("data", #"{"id": "SECRET"}"#, "invalid-id"),
            ("data", #"{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff54", "chat": {"id": "SECRET"}}"#, "invalid-id"),
            ("data", #"{"message": {"id": "SECRET"}}"#, "invalid-id"), ("data", #"{"message": {}}"#, "missing-field"),
        ])
    func rejected(_ field: String, _ value: String, _ code: String) throws {
        let error = #expect(throws: LetheError.self) { try WebhookDelivery(Self.envelope([field: value])) }
        #expect(error?.code == code)
        #expect(error?.message.contains("SECRET") == false)
        #expect(error?.hint?.contains("SECRET") != true)
    }

    @Test(
        "bodies that are no object are rejected",
        arguments: [
            ("", "invalid-json"), ("[]", "invalid-delivery"), ("null", "invalid-delivery"), ("{} {}", "invalid-json"),
            (#"{"event_id": 1, "event_id": 2}"#, "invalid-json"), ("{\"a\": \"\u{1}\"}", "invalid-json"),
        ])
    func notADelivery(_ body: String, _ code: String) {
        #expect(LetheError.code { _ = try WebhookDelivery(Array(body.utf8)) } == code)
    }

    @Test("parts that are null, absent or deleted are survived")
    func oddParts() throws {
        for parts in ["null", "[]", "7", "[null, 1, {}, {\"type\": \"media\"}]"] {
            let data = #"{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff54", "parts": \#(parts), "size": 1e400}"#
            let delivery = try WebhookDelivery(Self.envelope(["data": data]))
            #expect(delivery.messages.first?.attachments.isEmpty == true)
        }
        let deleted = #"{"type": "media", "id": null, "url": "https://cdn.linqapp.com/x"}"#
        let data = #"{"id": "5c69c66d-e265-4499-a7ef-302a25b7ff54", "parts": [\#(deleted)]}"#
        #expect(try WebhookDelivery(Self.envelope(["data": data])).unaddressable == 1)
    }

    private static func envelope(type: String, data: String) -> [UInt8] {
        envelope(["event_type": "\"\(type)\"", "data": data])
    }

    private static func envelope(_ changes: [String: String] = [:]) -> [UInt8] {
        var fields = [
            "api_version": "\"v3\"", "webhook_version": "\"2026-02-03\"", "event_type": "\"message.received\"",
            "event_id": "\"ac72660f-e2ca-4821-859a-304dd50aa932\"", "created_at": "\"2026-11-18T11:31:13.418207736Z\"",
            "partner_id": "\"34296a83-d4a8-442a-a7f8-c874e6b9197d\"", "data": "{}",
        ]
        fields.merge(changes) { _, new in new }
        return Array(("{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}").utf8)
    }
}

struct LayoutTests {
    private static let partner = "34296a83-d4a8-442a-a7f8-c874e6b9197d"
    private static let file = "a329a711-43cc-4380-b8f8-35981acb7ac2"

    @Test(
        "only the guide's layout is persistent",
        arguments: [
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/\(file)/price%20list.pdf", URLLayout.persistent),
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/\(file)/a.pdf?signature=x", .other),
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/\(file)/a.pdf#x", .other),
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/\(file)/", .other),
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/\(file)", .other),
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/\(file)/a/b.pdf", .other),
            ("https://cdn.linqapp.com/attachments/partners/\(partner)/not-a-uuid/a.pdf", .other),
            ("https://cdn.linqapp.com/attachments/\(file)/a.pdf", .other),
            ("https://cdn.linqapp.com/uploads/\(partner)/\(file)/a.pdf", .other),
            ("https://cdn.linqapp.com/ephemeral/partners/\(partner)/\(file)/a.pdf", .other),
            ("https://cdn.linqapp.com:443/attachments/partners/\(partner)/\(file)/a.pdf", .other),
            ("https://user@cdn.linqapp.com/attachments/partners/\(partner)/\(file)/a.pdf", .other),
            ("https://cdn.linqapp.com.example.com/attachments/partners/\(partner)/\(file)/a.pdf", .other),
            ("http://cdn.linqapp.com/attachments/partners/\(partner)/\(file)/a.pdf", .other),
            ("", .other),
        ])
    func layout(_ url: String, _ layout: URLLayout) throws {
        let body = #"{"attachment_id": "\#(Self.file)", "upload_url": "x", "download_url": "\#(url)"}"#
        #expect(try SendResponse(Array(body.utf8)).message.attachments.first?.layout == layout)
    }
}
