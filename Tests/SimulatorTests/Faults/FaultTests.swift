import Domain
import Foundation
import Simulator
import Testing

@Suite struct FaultTests {
    /// One DELETE under one fault that always strikes: what the client sees and what is true.
    private func strike(_ fault: String) async throws -> (
        answer: RawAnswer, state: SimulatedState?, log: [DeleteRecord]
    ) {
        let world = try SimulatedWorld([fault])
        let id = world.uploads(1)[0]
        let answer = try await world.server.serve { await RawClient($0).call("DELETE", "/attachments/\(id)") }
        return (answer, world.account.state(of: id), world.account.deletions)
    }

    @Test func aLostAnswerTookEffectAndTheClientSeesTheStreamEnd() async throws {
        let (answer, state, log) = try await strike("lost:1")
        guard case .ended(let bytes) = answer else {
            Issue.record("expected the end of the stream, got \(answer)")
            return
        }
        #expect(bytes.isEmpty)
        #expect(state == .deleted)
        #expect(log.map(\.status) == [nil])
        #expect(log.map(\.tookEffect) == [true])
        #expect(log.map(\.fault) == ["lost:1"])
    }

    @Test func aResetHasNoEffectAndTheClientSeesTheReset() async throws {
        let (answer, state, log) = try await strike("reset:1")
        guard case .reset = answer else {
            Issue.record("expected a reset, got \(answer)")
            return
        }
        #expect(state == .live)
        #expect(log.map(\.tookEffect) == [false])
    }

    @Test func aCutAnswerTookEffectAndStopsInItsHeaders() async throws {
        let (answer, state, log) = try await strike("cut:1")
        guard case .ended(let bytes) = answer else {
            Issue.record("expected a cut answer, got \(answer)")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 204 No Content\r\nX-Trace-ID: 0")
        #expect(state == .deleted)
        #expect(log.map(\.tookEffect) == [true])
    }

    @Test func aHangEndsWithoutAnAnswerOrAnEffect() async throws {
        let (answer, state, _) = try await strike("hang:1:50ms")
        guard case .ended(let bytes) = answer else {
            Issue.record("expected the end of the stream, got \(answer)")
            return
        }
        #expect(bytes.isEmpty)
        #expect(state == .live)
    }

    @Test(
        arguments: [
            ("500:1", 500, 3006, SimulatedState.live), ("503:1", 503, 4004, .live), ("504:1", 504, 3005, .live),
            ("429:1", 429, 1007, .live), ("500late:1", 500, 3006, .deleted),
        ])
    func refusalsComeInTheVendorsShape(fault: String, status: Int, code: Int, state: SimulatedState) async throws {
        let (answer, after, log) = try await strike(fault)
        #expect(answer.status == status)
        #expect(answer.error == code)
        #expect(answer.json["trace_id"] as? String == answer.headers["x-trace-id"])
        #expect(after == state)
        #expect(log.map(\.status) == [status])
    }

    @Test(arguments: [("429:1", "1"), ("429:1:7", "7"), ("429:1:0", "0")])
    func throttlingSaysWhenToComeBack(fault: String, seconds: String) async throws {
        let (answer, _, _) = try await strike(fault)
        #expect(answer.headers["retry-after"] == seconds)
        #expect((answer.json["error"] as? [String: Any])?["retry_after"] as? Int == Int(seconds))
    }

    @Test func aGatewaysPageIsNotJSON() async throws {
        let (answer, state, _) = try await strike("502html:1")
        #expect(answer.status == 502)
        #expect(answer.headers["content-type"] == "text/html")
        #expect(answer.text.contains("<title>502 Bad Gateway</title>"))
        #expect(state == .live)
    }

    @Test func latencyComesBeforeEveryAnswerOfItsScope() async throws {
        let world = try SimulatedWorld(["latency:80ms"])
        let id = world.uploads(1)[0]
        try await serving(world) { client in
            let clock = ContinuousClock()
            let deleting = await clock.measure { _ = await client.call("DELETE", "/attachments/\(id)") }
            #expect(deleting >= .milliseconds(80))
        }
        #expect(world.account.state(of: id) == .deleted)
    }

    @Test func faultsKeepToTheirScope() async throws {
        let world = try SimulatedWorld(["get.503:1", "post.500:1"])
        let id = world.uploads(1)[0]
        try await serving(world) { client in
            #expect(await client.call("GET", "/phone_numbers").status == 503)
            #expect(await client.call("POST", "/attachments", ["filename": "a"]).status == 500)
            #expect(await client.call("DELETE", "/attachments/\(id)").status == 204)
            #expect(await client.admin("GET", "/state").status == 200)
        }
    }

    private static let mix = ["500:0.2", "429:0.02:0", "lost:0.05", "reset:0.03", "502html:0.02", "cut:0.02"]

    /// Every attachment is asked for until it is gone; the faults of each in turn.
    private func story(_ order: ([AttachmentID]) -> [AttachmentID], seed: UInt64) async throws -> [String: [String?]] {
        let world = try SimulatedWorld(Self.mix, seed: seed)
        let ids = order(world.uploads(120))
        try await serving(world) { client in
            for id in ids {
                while world.account.state(of: id) == .live { _ = await client.call("DELETE", "/attachments/\(id)") }
            }
        }
        #expect(world.account.counts().count(.deleted) == 120)
        #expect(world.account.deletions.filter(\.tookEffect).count == 120)
        return Dictionary(grouping: world.account.deletions, by: \.id).mapValues { $0.map(\.fault) }
    }

    @Test func theSameSeedPlaysTheSameFaultsInWhateverOrderTheRequestsCome() async throws {
        let first = try await story({ $0 }, seed: 3)
        let backwards = try await story({ $0.reversed() }, seed: 3)
        let other = try await story({ $0 }, seed: 4)
        #expect(first == backwards)
        #expect(first != other)
        let faults = first.values.flatMap { $0 }.compactMap { $0 }
        #expect(Set(faults).count >= 4, "\(faults)")
    }

    @Test func aSharePlaysAboutAsOftenAsItSays() async throws {
        let world = try SimulatedWorld(["500:0.25"])
        let ids = world.uploads(800)
        try await serving(world) { client in
            await withTaskGroup(of: Void.self) { group in
                for id in ids { group.addTask { _ = await client.call("DELETE", "/attachments/\(id)") } }
            }
        }
        let live = world.account.counts().count(.live)
        #expect((150...250).contains(live), "200 of 800 were to fail, \(live) did")
    }

    @Test(
        arguments: [
            ("500", "fault \"500\": the share is not a number from 0 to 1"),
            ("500:1.1", "fault \"500:1.1\": the share is not a number from 0 to 1"),
            ("500:-0.1", "fault \"500:-0.1\": the share is not a number from 0 to 1"),
            ("500:0.1:3", "fault \"500:0.1:3\": too much after the share"),
            ("501:0.1", "fault \"501:0.1\": unknown fault \"501\""),
            ("head.500:0.1", "fault \"head.500:0.1\": unknown scope \"head\""),
            ("latency:0.1", "fault \"latency:0.1\": latency takes one duration"),
            ("latency", "fault \"latency\": latency takes one duration"),
            ("429:0.1:soon", "fault \"429:0.1:soon\": Retry-After is not a whole number of seconds"),
            ("hang:0.1:soon", "fault \"hang:0.1:soon\": not a duration"), ("", "fault \"\": unknown fault \"\""),
        ])
    func aMistakeInAFaultIsNamed(text: String, message: String) {
        let error = #expect(throws: LetheError.self) { try FaultSpec(text) }
        #expect(error?.message == message)
        #expect(error?.status == .usage)
        #expect(error?.hint?.hasPrefix("accepted: ") == true)
    }

    @Test(arguments: [
        "500:0", "500:1", "all.500late:0.5", "delete.lost:.5", "latency:1.5s", "hang:0.1", "429:0.5:86400",
    ])
    func whatTheGrammarAllowsIsRead(text: String) throws {
        #expect(try FaultSpec(text).description == text)
    }

    @Test func sharesOfOneMethodMustNotExceedTheWhole() throws {
        #expect(throws: LetheError.self) { try SimulatedWorld(["500:0.6", "all.lost:0.5"]) }
        _ = try SimulatedWorld(["500:0.6", "lost:0.4", "get.500:1"])
    }
}
