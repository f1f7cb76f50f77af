import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Synchronization

extension World {
    func ingest(_ dice: inout Dice) throws {
        let now = clock.truth
        let ready = population.deliveries.indices.filter { population.deliveries[$0].readyAt <= now }
        let fresh = ready.filter { !ingested.contains($0) }
        // Files are given whole, in parts, or again.
        var chosen = dice.chance(0.6) ? fresh : fresh.filter { _ in dice.chance(0.5) }
        if dice.chance(0.2) { chosen += ready.filter { _ in dice.chance(0.2) } }
        chosen = Array(Set(chosen).union(inDoubt)).sorted()
        chosen = dice.chance(0.5) ? dice.shuffled(chosen) : chosen
        try ingest(chosen)
    }

    func ingest(_ chosen: [Int]) throws {
        for isResponse in [false, true] {
            let part = chosen.filter { population.deliveries[$0].isResponse == isResponse }
            guard !part.isEmpty else { continue }
            let process = try open()
            var lines = part.map { Array((population.deliveries[$0].body + "\n").utf8) }
            let file = DeliveryFile { _ in lines.isEmpty ? [] : lines.removeFirst() }
            change { $0.hear(part, isCertain: false) }
            inDoubt.formUnion(part)
            let report = try IngestWebhooks(
                inventory: process.inventory, log: process.log, partner: Population.partner,
                kind: isResponse ? .response : .webhook, trust: .operatorSaysSo
            ).run([file], now: clock.now())
            note("  \(report.read) deliveries, \(report.attachmentsNew) new, reopened \(report.reopened.count)")
            if report.rejected > 0 { violate("a delivery was rejected: \(report.rejections)") }
            if fate.isDead { return }
            change { $0.hear(part, isCertain: true) }
            ingested.formUnion(part)
            inDoubt.subtract(part)
        }
    }

    /// Whether another process took them in.
    static func takeIn(_ bodies: [String], _ process: World.Process, now: Timestamp) -> Bool {
        var lines = bodies.map { Array(($0 + "\n").utf8) }
        let file = DeliveryFile { _ in lines.isEmpty ? [] : lines.removeFirst() }
        let report = try? IngestWebhooks(
            inventory: process.inventory, log: process.log, partner: Population.partner, kind: .webhook,
            trust: .operatorSaysSo
        ).run([file], now: now)
        return report?.rejected == 0
    }

    func sync(_ dice: inout Dice) async throws {
        chooseWeather(&dice)
        let report = try await SyncFromAPI(context(try open())).run()
        note("  \(report.messages) messages, coverage \(report.coverage)")
        count("sync \(report.coverage.rawValue)")
    }
}
