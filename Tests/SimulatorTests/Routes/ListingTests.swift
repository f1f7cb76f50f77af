import Domain
import Foundation
import Simulator
import Testing

@Suite struct ListingTests {
    @Test(arguments: ["/phone_numbers", "/phonenumbers"])
    func aKeySeesItsOwnLinesOnly(path: String) async throws {
        try await serving(try SimulatedWorld()) { client in
            let own = await client.call("GET", path).list("phone_numbers")
            #expect(
                own.compactMap { $0["phone_number"] as? String } == ["+12025550143", "+12025550188", "+12025550120"])
            #expect(own.first?.keys.contains("tier") == false)
            var other = client
            other.key = "other-key"
            let others = await other.call("GET", path).list("phone_numbers")
            #expect(others.compactMap { $0["phone_number"] as? String } == ["+13035550100"])
        }
    }

    @Test func chatsAreFoundByPersonAndLinePageByPage() async throws {
        let world = try SimulatedWorld()
        var made: [String] = []
        for line in [world.line, world.ephemeral] {
            made.append("\(try world.account.addChat(on: line, with: [world.dana], at: SimulatedWorld.noon))")
        }
        let group = try world.account.addChat(on: world.line, with: [world.dana, world.rowan], at: SimulatedWorld.noon)
        try world.account.leave(group, world.dana, at: SimulatedWorld.noon)
        made.append("\(group)")
        let alone = try world.account.addChat(on: world.line, with: [world.rowan], at: SimulatedWorld.noon)
        let all = made
        try await serving(world) { client in
            func ids(_ query: String) async -> [String] {
                await client.call("GET", "/chats?\(query)").list("chats").compactMap { $0["id"] as? String }
            }
            #expect(await ids("to=%2B14155550117") == all)
            #expect(await ids("to=+14155550117").isEmpty)
            #expect(await ids("to=%2B14155550117&from=%2B12025550188") == [all[1]])
            #expect(await ids("to=rowan%40example.com") == [all[2], "\(alone)"])
            #expect(await ids("") == all + ["\(alone)"])

            let first = await client.call("GET", "/chats?to=%2B14155550117&limit=2")
            #expect(first.list("chats").count == 2)
            let cursor = try #require(first.json["next_cursor"] as? String)
            let last = await client.call("GET", "/chats?to=%2B14155550117&limit=2&cursor=\(cursor)")
            #expect(last.list("chats").compactMap { $0["id"] as? String } == [all[2]])
            #expect(last.json["next_cursor"] is NSNull)

            let one = await client.call("GET", "/chats/\(all[2])").json
            let handles = try #require(one["handles"] as? [[String: Any]])
            #expect(handles.compactMap { $0["is_me"] as? Bool } == [true, false, false])
            #expect(handles.compactMap { $0["status"] as? String } == ["active", "left", "active"])
            #expect(one["is_group"] as? Bool == true)
        }
    }

    @Test(arguments: [(0, 400), (1, 200), (2, 200), (99, 200), (100, 200), (101, 400)])
    func aPageHasOneToAHundredItems(limit: Int, status: Int) async throws {
        let world = try SimulatedWorld()
        let (chat, _) = try world.image(on: world.line)
        try await serving(world) { client in
            #expect(await client.call("GET", "/chats?limit=\(limit)").status == status)
            #expect(await client.call("GET", "/chats/\(chat)/messages?limit=\(limit)").status == status)
        }
    }

    @Test func messagesComeOldestFirstAndDeletedFilesLeaveAPartWithoutAReference() async throws {
        let world = try SimulatedWorld()
        let (chat, id) = try world.image(on: world.line)
        for minute in 1...120 {
            let time = SimulatedWorld.noon.adding(seconds: Int64(minute) * 60)
            _ = try world.account.addMessage(in: chat, from: nil, at: time, text: "\(minute)")
        }
        try await serving(world) { client in
            let page = await client.call("GET", "/chats/\(chat)/messages")
            #expect(page.list("messages").count == 50)
            let first = try #require(page.list("messages").first)
            #expect(first["from"] as? String == "+14155550117")
            let media = try #require((first["parts"] as? [[String: Any]])?.last)
            #expect(media["id"] as? String == "\(id)")
            #expect((media["url"] as? String)?.hasPrefix("https://cdn.linqapp.com/attachments/partners/") == true)

            var seen = 0
            var cursor: String? = ""
            while let at = cursor {
                let next = await client.call("GET", "/chats/\(chat)/messages?limit=100&cursor=\(at)")
                seen += next.list("messages").count
                cursor = next.json["next_cursor"] as? String
            }
            #expect(seen == 121)

            _ = await client.call("DELETE", "/attachments/\(id)")
            let message = try #require(first["id"] as? String)
            let after = await client.call("GET", "/messages/\(message)").json
            let part = try #require((after["parts"] as? [[String: Any]])?.last)
            #expect(part["type"] as? String == "media")
            #expect(Set(part.keys) == ["type", "reactions"])

            var other = client
            other.key = "other-key"
            #expect(await other.call("GET", "/chats/\(chat)").error == 2001)
            #expect(await other.call("GET", "/chats/\(chat)/messages").error == 2001)
            #expect(await other.call("GET", "/messages/\(message)").error == 2002)
        }
    }
}
