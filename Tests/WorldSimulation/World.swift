import Audit
import Cryptography
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Synchronization
import TestSupport

/// One seed: a vendor, a host with a real workspace, people who work at it, and what befalls them all.
final class World {
    let seed: UInt64
    let population: Population
    let clock = VirtualClock(Population.start)
    let folder: URL
    let fate: Fate
    let vendor: WorldVendor
    let template: Template
    /// `approval.people` and `approval.above`.
    let approval: ApprovalRule
    /// The opened parts of the workspace; `nil` = no process is there.
    var process: Process?
    var requests: [RequestID] = []
    /// Deliveries that Lethe has taken in.
    var ingested: Set<Int> = []
    /// Deliveries of an ingest that died.
    var inDoubt: Set<Int> = []
    var trace: [String] = []
    var backups: [Backup] = []
    var history = LogReplay()
    /// An inventory was put back, and the model does not know yet what is lost with it.
    var isForgetful = false
    var wasRestored = false
    /// Requests of which a person put on record that they are lost.
    var forgotten: Set<RequestID> = []
    /// What the command that is going on asked for, if it should die.
    var attempted: Model.Hold.Scope?
    var attemptedRequest: Model.Request?

    struct Process {
        let inventory: InventoryStore
        let log: AuditLog
    }

    init(seed: UInt64, template: Template, in parent: URL) throws {
        _ = DiskHook.install
        self.seed = seed
        self.template = template
        population = try Population(seed: seed)
        var dice = Dice.fixed(seed, 3)
        approval = ApprovalRule(people: dice.chance(0.3) ? 2 : 1, above: dice.chance(0.2) ? 3 : 1000)
        folder = parent.appending(path: "world-\(seed)-\(UUID().uuidString.prefix(8))")
        fate = Fate(workspace: folder)
        let model = Model(rules: Rulebook(population, &dice), people: approval.people)
        let digest = try model.rules.decider().digest
        vendor = WorldVendor(
            Stage(population, seed: seed, model: model, digestInForce: digest), clock: clock, fate: fate)
        try FileManager.default.copyItem(at: template.folder, to: folder)
        DiskHook.watch(folder, fate)
    }

    deinit {
        DiskHook.forget(folder)
        try? FileManager.default.removeItem(at: folder)
    }

    /// Lives through these events; gives what went against the docs, at the first event after which anything did.
    func live(_ events: [WorldEvent]) async -> [String] {
        for event in events {
            await perform(event)
            if !violations.isEmpty { return violations }
        }
        await calmDown()
        return violations
    }

    var violations: [String] { vendor.stage.withLock { $0.violations } }
    var model: Model { vendor.stage.withLock { $0.model } }
    func change(_ body: (inout Stage) -> Void) { vendor.stage.withLock { body(&$0) } }
    func violate(_ text: String) { change { $0.violate(text) } }
    func note(_ text: String) { trace.append(text) }
    func count(_ name: String, _ condition: Bool = true) { change { $0.coverage.count(name, condition) } }

    var location: AuditLog.Location {
        AuditLog.Location(database: folder.appending(path: "audit.db"), keys: folder.appending(path: "keys"))
    }

    func open() throws -> Process {
        if let process { return process }
        let inventory = try InventoryStore.open(
            at: folder.appending(path: "inventory.db"),
            keys: LookupKeys.load(from: folder.appending(path: "keys/lookup.key")))
        try inventory.bind(partner: Population.partner)
        let opened = Process(inventory: inventory, log: try AuditLog.open(location, time: clock))
        process = opened
        return opened
    }

    func context(_ process: Process, shouldStop: @escaping @Sendable () -> Bool = { false }) -> RunContext {
        RunContext(
            inventory: process.inventory, log: process.log, vendor: vendor, time: clock, partner: Population.partner,
            workspace: folder, rulesInForce: { [vendor] in vendor.stage.withLock { $0.digestInForce } },
            shouldStop: shouldStop)
    }

    func decider() throws -> Decider { try model.rules.decider() }
}

/// A workspace as `lethe init` makes it, copied for each world.
struct Template: Sendable {
    let folder: URL
    let vkey: VerifierKey
    let root: RootKey

    init(in parent: URL) throws {
        folder = parent.appending(path: "template")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let keys = folder.appending(path: "keys")
        let location = AuditLog.Location(database: folder.appending(path: "audit.db"), keys: keys)
        let created = try AuditLog.create(
            location, name: "lethe.world", tool: "lethe world",
            time: VirtualClock(Population.start.adding(seconds: -3600)))
        vkey = try VerifierKey(created.vkey)
        root = created.rootKey
        _ = try InventoryStore.create(
            at: folder.appending(path: "inventory.db"), keys: LookupKeys.create(at: keys.appending(path: "lookup.key")))
    }
}
