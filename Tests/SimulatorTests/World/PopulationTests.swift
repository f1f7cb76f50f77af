import Domain
import Foundation
import Simulator
import Testing

@Suite struct PopulationTests {
    private func populated(_ count: Int, seed: UInt64 = 1) throws -> (world: SimulatedWorld, ids: [AttachmentID]) {
        let world = try SimulatedWorld()
        let population = Population(
            lines: [world.line, world.ephemeral], attachments: count,
            from: SimulatedWorld.noon.adding(seconds: -90 * 86_400), to: SimulatedWorld.noon, seed: seed)
        return (world, try world.account.populate(population))
    }

    @Test func theSameSeedMakesTheSameAccount() throws {
        let (first, firstIDs) = try populated(300)
        let (second, secondIDs) = try populated(300)
        let (_, otherIDs) = try populated(300, seed: 2)
        #expect(firstIDs == secondIDs)
        #expect(firstIDs != otherIDs)
        let bodies = try first.account.takeDeliveries().map(\.body)
        #expect(bodies == (try second.account.takeDeliveries().map(\.body)))
    }

    @Test func everyAttachmentIsInAMessageOfAChatThatAListingShows() async throws {
        let (world, ids) = try populated(400)
        #expect(Set(ids).count == 400)
        let found = try await world.server.serve { url -> Set<String> in
            let client = RawClient(url)
            var found: Set<String> = []
            var cursor: String? = ""
            while let at = cursor {
                let page = await client.call("GET", "/chats?limit=100&cursor=\(at)")
                for chat in page.list("chats") {
                    let id = chat["id"] as? String ?? ""
                    for message in await client.call("GET", "/chats/\(id)/messages?limit=100").list("messages") {
                        let parts = message["parts"] as? [[String: Any]] ?? []
                        found.formUnion(parts.compactMap { $0["id"] as? String })
                    }
                }
                cursor = page.json["next_cursor"] as? String
            }
            return found
        }
        let live = world.account.attachments(in: .live).map(\.description)
        #expect(found == Set(live))
        #expect(world.account.counts().count(.expired) > 150)
    }

    /// `LETHE_SIMULATOR_BENCH=1000000`: that many attachments, and how fast they are made, told of and deleted.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["LETHE_SIMULATOR_BENCH"] != nil))
    func aLargeAccountIsQuick() async throws {
        let count = Int(ProcessInfo.processInfo.environment["LETHE_SIMULATOR_BENCH"] ?? "") ?? 100_000
        let clock = ContinuousClock()
        var made: (world: SimulatedWorld, ids: [AttachmentID])?
        let making = try clock.measure { made = try populated(count) }
        let (world, _) = try #require(made)
        var webhooks = 0
        let telling = try clock.measure { webhooks = try world.account.takeDeliveries(100_000).count }
        print("made \(count) in \(making); \(webhooks) webhooks in \(telling)")
        try await serving(world) { client in
            let one = try #require(world.account.attachments(in: .live).first)
            #expect(await client.call("DELETE", "/attachments/\(one)").status == 204)
        }
    }
}
