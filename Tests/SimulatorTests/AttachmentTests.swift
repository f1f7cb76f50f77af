import Domain
import Foundation
import Simulator
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
            #expect(await client.follow("HEAD", url).status == 200)

            let deleted = await client.call("DELETE", "/attachments/\(id)")
            #expect(deleted.status == 204)
            #expect(deleted.headers["x-trace-id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(deleted.headers["date"] != nil)

            let again = await client.call("DELETE", "/attachments/\(id)")
            #expect(again.status == 404)
            #expect((again.json["error"] as? [String: Any])?["code"] as? Int == 2003)
            #expect(await client.call("GET", "/attachments/\(id)").status == 404)
            #expect(await client.follow("HEAD", url).status == 404)
        }
        #expect(world.account.state(of: id) == .deleted)
        #expect(world.account.deletions.map(\.tookEffect) == [true, false])
    }
}
