import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Simulator

/// The databases and keys of a workspace in a folder.
struct BenchWorkspace: Sendable {
    let folder: URL

    static let lines = ["+12025550143", "+12025550188", "+12025550120", "+12025550111"]
    static var partner: String { SimulatedPartner.first.id }

    var database: URL { folder.appending(path: "inventory.db") }
    private var lookupKeys: URL { folder.appending(path: "lookup.key") }
    private var log: AuditLog.Location {
        AuditLog.Location(database: folder.appending(path: "audit.db"), keys: folder.appending(path: "keys"))
    }

    func create() throws {
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try AuditLog.create(log, name: "bench", tool: "lethe-bench", time: BenchClock())
        _ = try InventoryStore.create(at: database, keys: LookupKeys.create(at: lookupKeys))
    }

    func inventory() throws -> InventoryStore {
        try InventoryStore.open(at: database, keys: LookupKeys.load(from: lookupKeys))
    }

    func auditLog() throws -> AuditLog { try AuditLog.open(log, time: BenchClock()) }

    static func decider(_ policies: String) throws -> Decider {
        let loaded = PolicyLoader.load(files: [("bench.yaml", Array(policies.utf8))])
        return Decider(policies: try loaded.requireSet(), tiers: TierMap())
    }
}

/// The clock of this machine.
struct BenchClock: TimeSource {
    func now() -> Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    func sleep(microseconds: Int64) async { try? await Task.sleep(for: .microseconds(microseconds)) }
}
