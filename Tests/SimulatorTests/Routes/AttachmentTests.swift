import Domain
import Foundation
import Simulator
import TestSupport
import Testing

@Suite struct AttachmentTests {
    @Test func anImageIsThereUntilItsDeleteAndNeverAfter() async throws {
        let world = try SimulatedWorld()
        let (_, id) = try world.image(on: world.line)
        try await serving(world) { client in
            let before = await client.call("GET", "/attachments/\(id)")
            #expect(before.status == 200)
            #expect(before.json["content_type"] as? String == "image/heic")
            #expect(before.json["size_bytes"] as? Int == 2_841_907)
            #expect(before.json["status"] as? String == "complete")
            let url = try #require(before.json["download_url"] as? String)
            #expect(url.contains("/attachments/partners/34296a83-d4a8-442a-a7f8-c874e6b9197d/\(id)/scan%201.heic"))
            #expect(await client.follow("HEAD", url).headers["content-length"] == "2841907")
            #expect(await client.follow("GET", url).text.utf8.count == 2_841_907)

            let deleted = await client.call("DELETE", "/attachments/\(id)")
            #expect(deleted.status == 204)
            #expect(deleted.text.isEmpty)
            #expect(deleted.headers["x-trace-id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(deleted.headers["date"] != nil)

            #expect(await client.call("DELETE", "/attachments/\(id)").error == 2003)
            #expect(await client.call("GET", "/attachments/\(id)").error == 2003)
            #expect(await client.follow("HEAD", url).status == 404)
            #expect(await client.follow("GET", url).status == 404)
        }
        #expect(world.account.state(of: id) == .deleted)
        #expect(world.account.deletions.map(\.tookEffect) == [true, false])
        #expect(world.account.deletions.map(\.status) == [204, 404])
    }

    @Test(arguments: ["GET", "DELETE"]) func whatIsNotAUUIDIsABadRequest(method: String) async throws {
        try await serving(try SimulatedWorld()) { client in
            let answer = await client.call(method, "/attachments/12345")
            #expect(answer.status == 400)
            #expect(answer.error == 1005)
        }
    }

    @Test(arguments: ["GET", "DELETE"]) func anotherPartnersFileIsNotFoundAndStays(method: String) async throws {
        let world = try SimulatedWorld()
        let (_, id) = try world.image(on: world.line)
        try await serving(world) { client in
            var other = client
            other.key = "other-key"
            let answer = await other.call(method, "/attachments/\(id)")
            #expect(answer.status == 404)
            #expect(answer.error == 2003)
        }
        #expect(world.account.state(of: id) == .live)
    }

    @Test(arguments: [nil, "", "wrong"]) func withoutAValidKeyEverythingIsUnauthorized(key: String?) async throws {
        let world = try SimulatedWorld(["all.500:1"])
        let (_, id) = try world.image(on: world.line)
        let fixture = Paths.linq.appending(path: "errors/401--2004--missing-or-invalid-api-key.json")
        let expected = try JSONSerialization.jsonObject(with: Data(contentsOf: fixture)) as? [String: Any]
        let wanted = sortedText(expected?["error"])
        try await serving(world) { client in
            var stranger = client
            stranger.key = key
            for (method, path) in [
                ("DELETE", "/attachments/\(id)"), ("GET", "/phone_numbers"), ("POST", "/attachments"),
            ] {
                let answer = await stranger.call(method, path)
                #expect(answer.status == 401)
                #expect(sortedText(answer.json["error"]) == wanted)
                #expect(answer.json["success"] as? Bool == false)
                #expect(answer.json["trace_id"] as? String == answer.headers["x-trace-id"])
            }
        }
        #expect(world.account.state(of: id) == .live)
        #expect(world.account.deletions.map(\.status) == [401])
    }

    @Test func unknownPathsAnswerInTheVendorsShape() async throws {
        try await serving(try SimulatedWorld()) { client in
            let answer = await client.call("GET", "/attachments")
            #expect(answer.status == 404)
            #expect(answer.error == 2001)
            #expect(answer.headers["x-trace-id"]?.count == 32)
        }
    }

    static let day: Int64 = 86_400

    @Test(arguments: [(day - 1, SimulatedState.live), (day, .expired), (day + 1, .expired)])
    func theEphemeralTierKeepsAFileForADay(age: Int64, state: SimulatedState) async throws {
        let world = try SimulatedWorld()
        let (chat, id) = try world.image(on: world.ephemeral)
        let (_, kept) = try world.image(on: world.line)
        world.account.clock.advance(microseconds: age * 1_000_000)
        #expect(world.account.state(of: id) == state)
        #expect(world.account.state(of: kept) == .live)
        try await serving(world) { client in
            #expect(await client.call("GET", "/attachments/\(id)").status == (state == .live ? 200 : 404))
            let listed = await client.call("GET", "/chats/\(chat)/messages").list("messages")
            let media = (listed.first?["parts"] as? [[String: Any]])?.last
            #expect((media?["id"] != nil) == (state == .live))
        }
    }

    @Test func aLateSweepKeepsEphemeralFilesLonger() throws {
        let world = try SimulatedWorld()
        let (_, id) = try world.image(on: world.ephemeral)
        world.account.setSweepDelay(seconds: Self.day)
        world.account.clock.advance(microseconds: (2 * Self.day - 1) * 1_000_000)
        #expect(world.account.state(of: id) == .live)
        world.account.clock.advance(microseconds: 1_000_000)
        #expect(world.account.state(of: id) == .expired)
    }

    @Test(arguments: [(899, 200), (900, 403), (901, 403)])
    func anEphemeralURLIsGoodForFifteenMinutes(age: Int64, status: Int) async throws {
        let world = try SimulatedWorld()
        let (_, id) = try world.image(on: world.ephemeral)
        try await serving(world) { client in
            let url = try #require(await client.call("GET", "/attachments/\(id)").json["download_url"] as? String)
            world.account.clock.advance(microseconds: age * 1_000_000)
            #expect(await client.follow("HEAD", url).status == status)
            let fresh = try #require(await client.call("GET", "/attachments/\(id)").json["download_url"] as? String)
            #expect(fresh != url)
            #expect(await client.follow("HEAD", fresh).status == 200)
            #expect(await client.follow("HEAD", fresh + "0").status == 403)
        }
    }
}
