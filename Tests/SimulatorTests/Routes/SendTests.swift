import Domain
import Foundation
import Simulator
import Testing

@Suite struct SendTests {
    private static let link: JSON = [
        "type": "media", "url": "https://files.example.com/a/price%20list.pdf",
    ]

    private static func message(_ parts: [JSON], key: String? = nil) -> JSON {
        var message: JSON = ["parts": .array(parts)]
        if let key { message["idempotency_key"] = .string(key) }
        return ["message": message]
    }

    private static func mediaID(_ answer: RawAnswer) -> String? {
        let parts = (answer.json["message"] as? [String: Any])?["parts"] as? [[String: Any]]
        return parts?.first { $0["type"] as? String == "media" }?["id"] as? String
    }

    @Test func everySendByURLMakesANewAttachmentAndEverySendByIdTheSame() async throws {
        let world = try SimulatedWorld()
        let (chat, _) = try world.image(on: world.line)
        let upload = world.uploads(1)[0]
        try await serving(world) { client in
            let first = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link]))
            let second = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link]))
            #expect(first.status == 202)
            let ids = [Self.mediaID(first), Self.mediaID(second)]
            #expect(Set(ids).count == 2 && !ids.contains(nil))
            let known = await client.call("GET", "/attachments/\(ids[0] ?? "")").json
            #expect(known["filename"] as? String == "price list.pdf")
            #expect(known["content_type"] as? String == "application/pdf")
            for _ in 0..<2 {
                let part: JSON = ["type": "media", "attachment_id": "\(upload)"]
                let sent = await client.call("POST", "/chats/\(chat)/messages", Self.message([part]))
                #expect(Self.mediaID(sent) == "\(upload)")
            }
            let memo = await client.call("POST", "/chats/\(chat)/voicememo", ["attachment_id": "\(upload)"])
            #expect(memo.status == 202)
            let outer = try #require(memo.json["voice_memo"] as? [String: Any])
            let inner = try #require(outer["voice_memo"] as? [String: Any])
            #expect(inner["id"] as? String == "\(upload)")
            #expect(outer["id"] as? String != "\(upload)")
        }
    }

    @Test func aRepeatedIdempotencyKeyGivesTheFirstMessageBack() async throws {
        let world = try SimulatedWorld()
        let (chat, _) = try world.image(on: world.line)
        try await serving(world) { client in
            let first = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link], key: "k1"))
            let again = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link], key: "k1"))
            let other = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link], key: "k2"))
            #expect(Self.mediaID(first) == Self.mediaID(again))
            #expect(Self.mediaID(first) != Self.mediaID(other))
        }
    }

    @Test func aNewChatIsMadeOnceForTheSamePeople() async throws {
        let world = try SimulatedWorld()
        try await serving(world) { client in
            var body = Self.message([Self.link])
            body["from"] = "+12025550143"
            body["to"] = ["+14155550162", "dana@example.com"]
            let first = await client.call("POST", "/chats", body)
            #expect(first.status == 201)
            let chat = first.json["chat"] as? [String: Any]
            #expect(chat?["is_group"] as? Bool == true)
            let again = await client.call("POST", "/chats", body)
            #expect((again.json["chat"] as? [String: Any])?["id"] as? String == chat?["id"] as? String)
            body["from"] = nil
            let anywhere = await client.call("POST", "/messages", body)
            #expect(anywhere.status == 202)
            #expect(anywhere.json["created_new_chat"] as? Bool == false)
            body["from"] = "+13035550100"
            #expect(await client.call("POST", "/chats", body).error == 2006)
        }
    }

    private static let impossible: [(part: JSON, code: Int)] = [
        (["type": "media"], 1004), (["type": "media", "url": "https://a.example.com/x", "attachment_id": "x"], 1004),
        (["type": "media", "url": "http://a.example.com/x.png"], 1005),
        (["type": "media", "attachment_id": "x"], 1005), (["type": "text"], 1004),
        (["type": "text", "value": ""], 1004), (["type": "poll"], 1004),
        (["type": "media", "attachment_id": "324d7bba-beca-4027-b969-aa30b271b703"], 2003),
    ]

    @Test func aSendThatCannotGoHasNoEffect() async throws {
        let world = try SimulatedWorld()
        let (chat, _) = try world.image(on: world.line)
        try await serving(world) { client in
            for (part, code) in Self.impossible {
                let answer = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link, part]))
                #expect(answer.error == code, "\(part)")
            }
            #expect(await client.call("POST", "/chats/\(chat)/messages", Self.message([])).error == 1004)
        }
        #expect(world.account.counts().messages == 1)
        #expect(world.account.counts().count(.live) == 1)
    }

    @Test func nobodySendsAnotherPartnersFile() async throws {
        let world = try SimulatedWorld()
        let (chat, _) = try world.image(on: world.line)
        let theirs = world.account.addUpload(SimulatedWorld.image, at: SimulatedWorld.noon, partner: 1)
        let url = "https://cdn.linqapp.com/attachments/partners/\(SimulatedPartner.second.id)/\(theirs)/scan.heic"
        try await serving(world) { client in
            for part: JSON in [
                ["type": "media", "attachment_id": "\(theirs)"], ["type": "media", "url": .string(url)],
            ] {
                let answer = await client.call("POST", "/chats/\(chat)/messages", Self.message([part]))
                #expect(answer.status == 404)
            }
        }
    }

    @Test func aZeroRetentionLineKeepsNothing() async throws {
        let world = try SimulatedWorld()
        let chat = try world.account.addChat(on: world.forgetful, with: [world.dana], at: SimulatedWorld.noon)
        try await serving(world) { client in
            let answer = await client.call("POST", "/chats/\(chat)/messages", Self.message([Self.link]))
            #expect(((answer.json["message"] as? [String: Any])?["parts"] as? [Any])?.isEmpty == true)
        }
        #expect(world.account.counts().count(.live) == 0)
        let delivery = try #require(try world.account.takeDeliveries(version: .v2026).first)
        let text = String(decoding: delivery.body, as: UTF8.self)
        #expect(text.contains(#""parts":[]"#) && text.contains(#""zero_retention":true"#))
    }
}
