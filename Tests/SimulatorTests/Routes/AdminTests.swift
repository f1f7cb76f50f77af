import Domain
import Foundation
import Simulator
import Testing

@Suite struct AdminTests {
    @Test func theClockMovesAndEphemeralFilesGoWithIt() async throws {
        let world = try SimulatedWorld()
        let (_, id) = try world.image(on: world.ephemeral)
        try await serving(world) { client in
            var stranger = client
            stranger.key = nil
            let moved = await stranger.admin("POST", "/clock", ["advance": "25h"])
            #expect(moved.json["now"] as? String == "2026-11-19T13:00:00.000000Z")
            #expect(await client.call("GET", "/attachments/\(id)").status == 404)
            let listed = await stranger.admin("GET", "/attachments?state=expired").json["ids"] as? [String]
            #expect(listed == ["\(id)"])
            let back = await stranger.admin("POST", "/clock", ["now": "2026-11-18T12:00:00Z"])
            #expect(back.status == 200)
            #expect(await client.call("GET", "/attachments/\(id)").status == 200)
        }
    }

    @Test func theDateOfEveryAnswerIsTheSimulatedClock() async throws {
        let world = try SimulatedWorld()
        try await serving(world) { client in
            #expect(await client.call("GET", "/phone_numbers").headers["date"] == "Wed, 18 Nov 2026 12:00:00 GMT")
            _ = await client.admin("POST", "/clock", ["now": "2027-02-28T23:59:59Z"])
            #expect(await client.call("GET", "/attachments/x").headers["date"] == "Sun, 28 Feb 2027 23:59:59 GMT")
        }
    }

    @Test func theTruthIsToldInNumbersIdsAndDeletes() async throws {
        let world = try SimulatedWorld()
        try await serving(world) { client in
            let made = await client.admin("POST", "/attachments", ["count": 40, "lines": ["+12025550143"], "seed": 5])
            #expect(made.json["made"] as? Int == 40)
            let ids = try #require(await client.admin("GET", "/attachments?state=live").json["ids"] as? [String])
            #expect(ids.count == 40)
            #expect(await client.admin("POST", "/faults", ["faults": ["lost:1"], "seed": 2]).status == 200)
            _ = await client.call("DELETE", "/attachments/\(ids[0])")
            #expect(await client.admin("POST", "/faults", ["faults": []]).status == 200)
            _ = await client.call("DELETE", "/attachments/\(ids[0])")
            let state = await client.admin("GET", "/state").json
            #expect((state["attachments"] as? [String: Int])?["live"] == 39)
            #expect((state["attachments"] as? [String: Int])?["deleted"] == 1)
            #expect((state["live_by_line"] as? [String: Int])?["+12025550143"] == 39)
            #expect(state["deletes"] as? [String: Int] == ["requests": 2, "effects": 1])
            let deletes = await client.admin("GET", "/deletes").list("deletes")
            #expect(deletes.map { $0["took_effect"] as? Bool } == [true, false])
            #expect(deletes.map { $0["status"] as? Int } == [nil, 404])
        }
    }

    @Test func linesAndSettingsCanBeChanged() async throws {
        let world = try SimulatedWorld()
        try await serving(world) { client in
            let line: JSON = ["number": "+12025550177", "regime": "ephemeral"]
            #expect(await client.admin("POST", "/lines", line).status == 200)
            #expect(await client.call("GET", "/phone_numbers").list("phone_numbers").count == 4)
            let settings = await client.admin("POST", "/settings", ["sweep_delay": "24h", "processing_time": "2s"])
            #expect(settings.json["sweep_delay_s"] as? Int == 86_400)
            #expect(settings.json["processing_time_s"] as? Int == 2)
        }
    }

    @Test(
        arguments: [
            ("/clock", ["advance": "soon"]), ("/clock", ["now": "noon"]), ("/lines", ["number": "12"]),
            ("/lines", ["number": "+12025550177", "regime": "none"]), ("/attachments", ["count": -1]),
            ("/attachments", ["count": 1, "lines": ["+19995550100"]]), ("/faults", ["faults": ["no:1"]]),
            ("/deliver", ["target": "https://example.com/"]), ("/deliver", ["version": "2024-01-01"]), ("/clock", []),
        ] as [(String, JSON)])
    func aMistakeInAnAdminCallIsABadRequest(path: String, body: JSON) async throws {
        let status = try await SimulatedWorld().server.serve { await RawClient($0).admin("POST", path, body).status }
        #expect(status == 400)
    }

    @Test func theSecondServerOnAPortIsRefused() async throws {
        let world = try SimulatedWorld()
        let error = try await world.server.serve { url -> LetheError? in
            let port = Int(RawClient(url).port)
            let second = try SimulatorServer(world.account, .init(port: port))
            do {
                try await second.serve { _ in }
                return nil
            } catch let error as LetheError {
                return error
            }
        }
        #expect(error?.code == "port-taken")
        #expect(error?.status == .refused)
    }
}
