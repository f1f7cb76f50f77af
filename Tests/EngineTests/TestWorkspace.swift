import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Simulator
import Synchronization
import TestSupport
import Testing

/// A clock that runs fifty times as fast as the wall's, so that backoffs and pauses take no time worth mentioning.
final class FastClock: TimeSource {
    private let start = ContinuousClock.now
    private let base: Timestamp
    private let skew = Mutex<Int64>(0)
    static let factor: Int64 = 50

    init(_ base: Timestamp) { self.base = base }

    func now() -> Timestamp { base.adding(microseconds: ticks() + skew.withLock { $0 }) }

    func ticks() -> Int64 {
        let elapsed = start.duration(to: .now)
        return (elapsed.components.seconds * 1_000_000 + elapsed.components.attoseconds / 1_000_000_000_000)
            * Self.factor
    }

    func sleep(microseconds: Int64) async {
        try? await Task.sleep(for: .microseconds(microseconds / Self.factor))
    }

    func advance(seconds: Int64) { skew.withLock { $0 += seconds * 1_000_000 } }
}

/// A workspace on disk with real databases and keys, and a simulated account that a real client reaches over HTTP.
struct TestWorkspace: Sendable {
    let directory: TemporaryDirectory
    let clock: FastClock
    let inventory: InventoryStore
    let log: AuditLog
    let account: SimulatedAccount
    let server: SimulatorServer

    static let lines = ["+12025550143", "+12025550188", "+12025550120", "+12025550111"]
    static let start = Timestamp(seconds: 1_795_000_000)
    static var partner: String { SimulatedPartner.first.id }

    init(faults: [String] = [], seed: UInt64 = 1) throws {
        directory = try TemporaryDirectory()
        let clock = FastClock(Self.start)
        self.clock = clock
        let keys = directory.file("keys")
        _ = try AuditLog.create(
            Self.location(directory), name: "lethe.test", tool: "lethe test", time: clock)
        log = try AuditLog.open(Self.location(directory), time: clock)
        inventory = try InventoryStore.create(
            at: directory.file("inventory.db"), keys: LookupKeys.create(at: keys.appending(path: "lookup.key")))
        account = SimulatedAccount(seed: seed, clock: SimulatedClock { clock.now() })
        for line in Self.lines { account.addLine(try PhoneLine(line), partner: 0) }
        account.addLine(try PhoneLine("+13035550100"), partner: 1)
        server = try SimulatorServer(
            account, .init(faults: try faults.map { try FaultSpec($0) }, seed: seed))
    }

    static func location(_ directory: TemporaryDirectory) -> AuditLog.Location {
        AuditLog.Location(database: directory.file("audit.db"), keys: directory.file("keys"))
    }

    /// Fills the account with attachments of the last 200 days and ingests their webhooks.
    @discardableResult
    func fill(_ count: Int, seed: UInt64 = 7) throws -> IngestReport {
        try account.populate(
            Population(
                lines: Self.lines.map { try PhoneLine($0) }, attachments: count,
                from: Self.start.adding(seconds: -200 * 86_400), to: Self.start.adding(seconds: -86_400), seed: seed))
        return try ingest()
    }

    @discardableResult
    func ingest() throws -> IngestReport {
        let bodies = directory.file("bodies.ndjson")
        let headers = directory.file("headers.ndjson")
        try account.writeDeliveries(bodies: bodies, headers: headers, signedAt: clock.now())
        let ingest = IngestWebhooks(
            inventory: inventory, log: log, partner: Self.partner, kind: .webhook,
            trust: .signatures(
                try WebhookSignature(secrets: [SimulatedAccount.standardWebhookSecret]), receivedAt: clock.now()))
        let report = try ingest.run(
            [try DeliveryFile(path: bodies.path)], headers: try DeliveryFile(path: headers.path), now: clock.now())
        for file in [bodies, headers] { try FileManager.default.removeItem(at: file) }
        return report
    }

    func context(
        _ vendor: any VendorAPI, clockTolerance: Int64? = nil, rulesInForce: RunContext.RulesInForce? = nil,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) -> RunContext {
        RunContext(
            inventory: inventory, log: log, vendor: vendor, time: clock, partner: Self.partner,
            workspace: directory.url, clockTolerance: clockTolerance, rulesInForce: rulesInForce, shouldStop: shouldStop
        )
    }

    static func client(_ url: String, key: String = "sim-key") throws -> LinqHTTPClient {
        LinqHTTPClient(.init(baseURL: try BaseURL(url), key: try APIKey(key)))
    }

    static let settings = ApplyPlan.Settings(maxInFlight: 8, requestsPerSecond: 100, operatorName: "tester")

    static func retention(
        _ context: RunContext, _ rules: Decider = TestRules.five, limits: Limits = .init(maxPercent: 100)
    ) -> RunRetention {
        RunRetention(context, rules: rules, limits: limits, approval: ApprovalRule(above: 5000), settings: settings)
    }

    /// The log in a new segment, of version 2.
    func rollOver() throws -> AuditLog {
        _ = try AuditLog.rollover(
            Self.location(directory), reason: "records of version 2", by: "ada", partner: Self.partner,
            tool: "lethe test", time: clock)
        return try log.reopened()
    }

    /// What the rules want gone now, found by deciding everything.
    func due(_ rules: Decider = TestRules.five) throws -> Set<AttachmentID> {
        var due: Set<AttachmentID> = []
        let holds = try inventory.activeHolds(at: clock.now())
        try inventory.forEachAttachment(people: true) { candidate in
            if rules.ruling(on: candidate.attachment, holds: holds, now: clock.now()).verdict == .delete {
                due.insert(candidate.attachment.id)
            }
            return true
        }
        return due
    }

    /// What the vendor has deleted in truth.
    var deleted: Set<AttachmentID> { Set(account.attachments(in: .deleted)) }

    func records() throws -> [AuditRecord] {
        try log.entries(after: -1, limit: 1_000_000).map(\.record)
    }
}

enum TestRules {
    /// Five policies: a default, two of single lines, one by type and one by size.
    static let five = decider(
        """
        version: 1
        policies:
          - {id: default, title: Default, why: Nothing is kept for ever., delete_after: 180d}
          - id: first-line
            title: First line
            why: Short.
            scope: {lines: ["+12025550143"]}
            delete_after: 30d
          - id: second-line
            title: Second line
            why: Kept for disputes.
            scope: {lines: ["+12025550188"]}
            retain: 90d
            delete_after: 120d
          - id: pictures
            title: Pictures
            why: Not needed for long.
            match: {mime: ["image/*"]}
            delete_after: 60d
          - id: large
            title: Large files
            why: Cost.
            match: {size: {at_least: 10MB}}
            retain: 10d
            delete_after: 20d
        """)

    static let none = Decider(policies: PolicySet([]), tiers: TierMap())

    static func decider(_ text: String) -> Decider {
        let loaded = PolicyLoader.load(files: [("test.yaml", Array(text.utf8))])
        for diagnostic in loaded.diagnostics where diagnostic.severity == .error { print(diagnostic.rendered) }
        return Decider(policies: loaded.set ?? PolicySet([]), tiers: TierMap())
    }
}

/// Under no tiers but the persistent one, as the rules of most tests.
extension LockedPolicies {
    func admit(_ policies: PolicySet) throws(LetheError) { try admit(policies, tiers: TierMap()) }

    func remember(_ policies: PolicySet) throws(LetheError) -> [Finding] { try remember(policies, tiers: TierMap()) }

    @discardableResult
    func unlock(_ id: String, to policies: PolicySet, by name: String, reason: String) throws(LetheError) -> Policy? {
        try unlock(id, to: policies, tiers: TierMap(), by: name, reason: reason)
    }
}

extension TestWorkspace {
    /// Rows as somebody changes them who has the file; gives what they print, a line each.
    @discardableResult
    func sql(_ statements: String) throws -> [String] {
        try statements.write(to: directory.file("statements.sql"), atomically: true, encoding: .utf8)
        let done = try Shell.run(
            "sqlite3 -batch -bail -cmd '.timeout 5000' inventory.db < statements.sql", in: directory.url)
        try #require(done.status == 0, "\(done.text)")
        return done.text.split(separator: "\n").map(String.init)
    }
}
