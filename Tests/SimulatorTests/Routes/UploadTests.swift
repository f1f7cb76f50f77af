import Domain
import Foundation
import Simulator
import Testing

@Suite struct UploadTests {
    private static func asked(_ name: Int, _ size: Int64, _ mime: String = "image/png") -> JSON {
        [
            "filename": .string(String(repeating: "n", count: name)), "content_type": .string(mime),
            "size_bytes": .integer(size),
        ]
    }

    @Test(
        arguments: [
            (asked(0, 1), 1005), (asked(1, 1), nil), (asked(255, 1), nil), (asked(256, 1), 1005),
            (asked(1, 0), 1005), (asked(1, 104_857_600), nil), (asked(1, 104_857_601), 5005),
            (asked(1, 1, "image/webp"), 5004), (asked(1, 1, "application/x-msdownload"), 5004),
            (["filename": "a", "content_type": "image/png"], 1001), (["filename": "a", "size_bytes": 1], 1001),
            (["content_type": "image/png", "size_bytes": 1], 1001), (["filename": 7], 1003),
        ] as [(JSON, Int?)])
    func whatMayBeUploadedIsChecked(body: JSON, code: Int?) async throws {
        try await serving(try SimulatedWorld()) { client in
            let answer = await client.call("POST", "/attachments", body)
            #expect(answer.status == (code == nil ? 200 : 400))
            #expect(answer.error == code)
        }
    }

    @Test func aFileIsPendingUntilExactlyItsBytesCome() async throws {
        let world = try SimulatedWorld()
        try await serving(world) { client in
            let asked: JSON = ["filename": "n.txt", "content_type": "text/plain", "size_bytes": 5]
            let made = await client.call("POST", "/attachments", asked)
            let id = try #require(made.json["attachment_id"] as? String)
            let url = try #require(made.json["upload_url"] as? String)
            #expect(made.json["http_method"] as? String == "PUT")
            #expect(made.json["expires_at"] as? String == "2026-11-18T12:15:00.000000Z")
            #expect(
                made.json["required_headers"] as? [String: String] == [
                    "Content-Type": "text/plain", "Content-Length": "5",
                ])

            let pending = await client.call("GET", "/attachments/\(id)")
            #expect(pending.json["status"] as? String == "pending")
            #expect(pending.json["download_url"] == nil)
            let early = await client.call("DELETE", "/attachments/\(id)")
            #expect(early.status == 404)
            #expect(early.error == 2007)

            let type = ["Content-Type": "text/plain"]
            #expect(
                await client.follow("PUT", url, headers: ["Content-Type": "text/html"], body: Data("12345".utf8)).status
                    == 403)
            #expect(await client.follow("PUT", url, headers: type, body: Data("1234".utf8)).status == 403)
            #expect(await client.follow("PUT", url, headers: type, body: Data("123456".utf8)).status == 403)
            #expect(await client.follow("PUT", url + "0", headers: type, body: Data("12345".utf8)).status == 403)
            #expect(await client.call("GET", "/attachments/\(id)").json["status"] as? String == "pending")
            #expect(await client.follow("PUT", url, headers: type, body: Data("12345".utf8)).status == 200)

            let complete = await client.call("GET", "/attachments/\(id)")
            #expect(complete.json["status"] as? String == "complete")
            let download = try #require(complete.json["download_url"] as? String)
            #expect(await client.follow("GET", download).text == "12345")
            #expect(await client.call("DELETE", "/attachments/\(id)").status == 204)
            #expect(await client.follow("PUT", url, headers: type, body: Data("12345".utf8)).status == 403)
            #expect(await client.follow("GET", download).status == 404)
        }
    }

    @Test(arguments: [(899, 200), (900, 403), (901, 403)])
    func anUploadURLIsGoodForFifteenMinutes(age: Int64, status: Int) async throws {
        let world = try SimulatedWorld()
        try await serving(world) { client in
            let made = await client.call("POST", "/attachments", Self.asked(3, 2))
            let url = try #require(made.json["upload_url"] as? String)
            world.account.clock.advance(microseconds: age * 1_000_000)
            let type = ["Content-Type": "image/png"]
            #expect(await client.follow("PUT", url, headers: type, body: Data("12".utf8)).status == status)
        }
    }

    @Test func afterItsUploadAFileMayTakeAWhileToBeReady() async throws {
        let world = try SimulatedWorld()
        world.account.setProcessingTime(seconds: 2)
        try await serving(world) { client in
            let made = await client.call("POST", "/attachments", Self.asked(3, 2))
            let id = try #require(made.json["attachment_id"] as? String)
            let url = try #require(made.json["upload_url"] as? String)
            _ = await client.follow("PUT", url, headers: ["Content-Type": "image/png"], body: Data("12".utf8))
            #expect(await client.call("GET", "/attachments/\(id)").error == 2007)
            #expect(await client.call("DELETE", "/attachments/\(id)").error == 2007)
            world.account.clock.advance(microseconds: 2_000_000)
            #expect(await client.call("GET", "/attachments/\(id)").status == 200)
            #expect(await client.call("DELETE", "/attachments/\(id)").status == 204)
        }
    }
}
