import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Synchronization

/// A copy of the inventory, and what it knew.
struct Backup {
    let folder: URL
    let facts: Facts
    let perhaps: Facts
    let ingested: Set<Int>
    /// When each request was searched for the last time by then.
    let searched: [RequestID: Timestamp?]
}

/// SIGINT.
final class Signal: Sendable {
    private let state = Mutex(false)

    var isUp: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

extension World {
    private static let parts = ["inventory.db", "inventory.db-wal", "inventory.db-shm"]

    func backUp() throws {
        _ = try open()
        process = nil
        let copy = folder.appending(path: "backup\(backups.count)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for part in Self.parts {
            let file = folder.appending(path: part)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: copy.appending(path: part))
        }
        let model = model
        backups.append(
            Backup(
                folder: copy, facts: model.facts, perhaps: model.perhaps, ingested: ingested,
                searched: model.requests.mapValues(\.searched)))
    }

    /// An older inventory is put back, and sometimes the newest one after it. What people decided since still counts.
    func restore(_ dice: inout Dice) throws {
        guard let backup = dice.pick(backups), !fate.isDead else { return try backUp() }
        if dice.chance(0.5) { try backUp() }
        process = nil
        for part in Self.parts {
            try? FileManager.default.removeItem(at: folder.appending(path: part))
            let file = backup.folder.appending(path: part)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: folder.appending(path: part))
        }
        // The files are in place, whatever becomes of the host from here on.
        inDoubt.formUnion(ingested.subtracting(backup.ingested))
        ingested = backup.ingested
        wasRestored = true
        change { $0.wasRestored = true }
        change {
            $0.model.facts = backup.facts
            $0.model.perhaps = backup.perhaps
            for (id, time) in backup.searched { $0.model.requests[id]?.searched = time }
        }
        isForgetful = true
        try forget(open())
        note("  an older inventory is put back")
    }

    /// What neither the log nor the inventory that was put back has nobody can know of, whatever became of the host meanwhile.
    func forget(_ process: Process) throws {
        guard isForgetful else { return }
        try history.follow(process.log)
        let holds = try history.holds.union(process.inventory.holds().map(\.id))
        let asked = try history.requests.union(process.inventory.requests().map(\.id))
        requests = requests.filter(asked.contains)
        change { $0.model.forget(allBut: (holds, asked)) }
        isForgetful = false
    }

    /// "The audit log has a hold which the inventory lacks: nothing may be deleted", and the kill file.
    func refusal() -> String? {
        if FileManager.default.fileExists(atPath: stopFile.path) { return "STOP is there" }
        guard wasRestored, let stored = try? open().inventory.holds() else { return nil }
        let model = model
        let now = clock.now()
        let lost = model.holdOrder.contains { id in
            guard let hold = model.holds[id], !hold.isReleased, hold.until.map({ now < $0 }) ?? true else {
                return false
            }
            return !stored.contains { $0.id == id }
        }
        if lost { return "a hold is lost" }
        // "A hold or a request that only the log knows refuses every apply."
        guard let held = try? open().inventory.requests() else { return nil }
        let isForgotten = requests.contains { id in
            !held.contains { $0.id == id } && !forgotten.contains(id) && model.requests[id]?.isEnded != true
        }
        return isForgotten ? "a request is lost" : nil
    }

    var stopFile: URL { folder.appending(path: "STOP") }

    func toggleStop() throws {
        if FileManager.default.fileExists(atPath: stopFile.path) {
            try FileManager.default.removeItem(at: stopFile)
        } else {
            try Data().write(to: stopFile)
        }
    }

    func moveClock(_ dice: inout Dice) {
        let seconds: Int64 =
            dice.pick([120, -120, 7200, -7200, 86_400 * 30, -86_400 * 30, 86_400 * 400]) ?? 0
        clock.skew = seconds * 1_000_000
        note("  the host's clock is off by \(seconds) s")
    }

    func releaseLine(_ dice: inout Dice) {
        guard let line = dice.pick(population.lines) else { return }
        change { stage in
            stage.wasReleased.insert(line)
            if stage.isReleased.isEmpty { stage.isReleased.insert(line) } else { stage.isReleased = [] }
        }
    }

    // MARK: while something else is going on

    /// Something happens while the nth call of a command is on its way: a second process of the same workspace.
    func surprise(_ process: Process, _ dice: inout Dice) throws {
        let calls = dice.number(1...3)
        switch dice.number(0...9) {
        case 0, 1: try surpriseHold(process, &dice, after: calls)
        case 2: surpriseRun(try second(), after: calls, removesLease: dice.chance(0.4))
        case 3: try surpriseEdit(&dice, after: calls)
        case 4: surpriseIngest(try second(), after: calls)
        case 5: surpriseCancel(try second(), after: calls)
        case 6, 7:
            surpriseWeather(dice.pick([.unauthorized, .forbidden, .down, .gateway, .failing]) ?? .down, after: calls)
        case 8: surpriseClock(seconds: dice.pick([-60, -7200, 900, 86_400 * 30]) ?? 0, after: calls)
        default: surpriseStop(after: calls)
        }
    }

    /// The parts of the workspace as another process opens them.
    private func second() throws -> Process {
        let first = process
        process = nil
        let second = try open()
        process = first
        return second
    }

    private func surpriseHold(_ process: Process, _ dice: inout Dice, after calls: Int) throws {
        let scope = randomScope(&dice)
        attempted = scope
        let stored = try Self.stored(scope, in: process.inventory)
        let (clock, vendor) = (clock, vendor)
        vendor.meanwhile(after: calls) {
            let hold = try? PlaceHold(inventory: process.inventory, log: process.log).run(
                stored, by: "counsel", reason: "matter", now: clock.now())
            guard let hold else { return }
            vendor.stage.withLock {
                $0.model.place(hold.id, Model.Hold(scope: scope))
                $0.coverage.count("hold during a run")
            }
        }
    }

    private func surpriseRun(_ second: Process, after calls: Int, removesLease: Bool) {
        let (vendor, fate, lease) = (vendor, fate, folder.appending(path: "run.lock"))
        let (context, approval, settings) = (context(second), approval, settings)
        guard let rules = try? decider() else { return }
        note("  a second run meanwhile\(removesLease ? ", after rm run.lock" : "")")
        vendor.meanwhile(after: calls) {
            if removesLease { unlink(lease.path) }
            do {
                _ = try await RunRetention(
                    context, rules: rules, limits: Limits(maxPercent: 100), approval: approval, settings: settings
                ).run()
                vendor.stage.withLock {
                    $0.coverage.count("second run")
                    if !removesLease, !fate.isDead { $0.violate("two runs at once: the lease is ignored") }
                }
            } catch {
                let code = (error as? LetheError)?.code ?? "error"
                vendor.stage.withLock { $0.coverage.count("second run: \(code)") }
            }
        }
    }

    private func surpriseEdit(_ dice: inout Dice, after calls: Int) throws {
        var rules = model.rules
        rules.edit(population.lines, &dice)
        let (vendor, old, new) = (vendor, model.rules, rules)
        let digest = try rules.decider().digest
        note("  the policies are edited meanwhile")
        vendor.meanwhile(after: calls) {
            vendor.stage.withLock {
                $0.model.otherRules = old
                $0.model.rules = new
                $0.digestInForce = digest
                $0.coverage.count("policies edited during a run")
            }
        }
    }

    private func surpriseIngest(_ second: Process, after calls: Int) {
        let now = clock.truth
        let fresh = population.deliveries.indices.filter {
            population.deliveries[$0].readyAt <= now && !population.deliveries[$0].isResponse && !ingested.contains($0)
        }
        guard !fresh.isEmpty else { return }
        let (vendor, clock, fate) = (vendor, clock, fate)
        let bodies = fresh.map { population.deliveries[$0].body }
        note("  \(fresh.count) deliveries come in meanwhile")
        inDoubt.formUnion(fresh)
        vendor.meanwhile(after: calls) {
            let isIn = Self.takeIn(bodies, second, now: clock.now())
            guard isIn, !fate.isDead else { return }
            vendor.stage.withLock {
                $0.hear(fresh, isCertain: true)
                $0.coverage.count("ingest during a run")
            }
        }
    }

    private func surpriseCancel(_ second: Process, after calls: Int) {
        let (vendor, context) = (vendor, context(second))
        guard let rules = try? decider() else { return }
        note("  a plan is cancelled meanwhile")
        vendor.meanwhile(after: calls) {
            guard let plan = try? second.inventory.plans(in: [.applying]).first else { return }
            let isDone = (try? await CancelPlan(context, rules: rules, by: "operator").run(plan.id)) != nil
            vendor.stage.withLock { $0.coverage.count("cancel during a run", isDone) }
        }
    }

    private func surpriseWeather(_ weather: Weather, after calls: Int) {
        let vendor = vendor
        note("  the weather becomes \(weather.rawValue) meanwhile")
        vendor.meanwhile(after: calls) {
            vendor.stage.withLock {
                $0.weather = weather
                $0.coverage.count("weather changes during a run")
            }
        }
    }

    /// Somebody sets the host's clock.
    private func surpriseClock(seconds: Int64, after calls: Int) {
        let (vendor, clock) = (vendor, clock)
        note("  the host's clock is set by \(seconds) s meanwhile")
        vendor.meanwhile(after: calls) {
            clock.skew += seconds * 1_000_000
            vendor.stage.withLock { $0.coverage.count("clock set during a run") }
        }
    }

    private func surpriseStop(after calls: Int) {
        let (vendor, file) = (vendor, stopFile)
        vendor.meanwhile(after: calls) {
            try? Data().write(to: file)
            vendor.stage.withLock {
                $0.refusal = "STOP is there"
                $0.coverage.count("STOP during a run")
            }
        }
    }
}
