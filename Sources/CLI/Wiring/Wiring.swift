import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules

/// Opens the concrete parts of a workspace: the one place that names them all.
struct Wiring: Sendable {
    let workspace: Workspace
    let settings: Settings
    let clock = SystemClock()
    let console: Console
    /// `false`: the command is the one that binds the keys to another place.
    var isBound = true

    /// Finds the workspace and reads its configuration.
    static func open(_ options: GlobalOptions, _ console: Console) throws -> Wiring {
        let environment = ProcessInfo.processInfo.environment
        let current = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        let workspace = try Workspace.find(flag: options.workspace, environment: environment, current: current)
        let settings = try Settings.load(workspace, environment: environment)
        console.detail("workspace \(workspace.directory.path)")
        return Wiring(workspace: workspace, settings: settings, console: console)
    }

    /// The workspace was found through `LETHE_WORKSPACE`.
    var isNamedByEnvironment: Bool { !(ProcessInfo.processInfo.environment["LETHE_WORKSPACE"] ?? "").isEmpty }

    var keyDirectory: URL { workspace.url(settings.audit.keys) }

    var logLocation: AuditLog.Location {
        AuditLog.Location(
            database: workspace.auditLog, keys: keyDirectory, anchors: settings.audit.anchors.map(workspace.url))
    }

    /// Of this partner and no other.
    func inventory() throws -> InventoryStore {
        try binding.check(partnerOnly: !isBound)
        let store = try InventoryStore.open(
            at: workspace.inventory, keys: LookupKeys.load(from: keyDirectory.appending(path: "lookup.key")))
        try store.bind(partner: settings.partner)
        return store
    }

    /// The inventory with everything applied that the audit log has, for commands that only read facts. Where an apply would be refused for
    /// what it has otherwise, that is said.
    func currentInventory() throws -> InventoryStore { try comparedInventory(nil).inventory }

    /// An inventory, and what is not to be believed of it.
    struct Compared {
        let inventory: InventoryStore
        var differences: [Difference] = []
        /// Why it was not held against the log.
        var doubt: LetheError?

        /// `differs` of every list.
        var differs: JSONValue {
            .array((doubt.map { [Self.words($0)] } ?? []).map { .string($0) } + differences.map { .string($0.message) })
        }

        /// The log has it, and the inventory does not.
        func lost(_ subject: Difference.Subject) -> Difference? {
            differences.first { $0.subject == subject && $0.kind == .missing }
        }

        static func words(_ doubt: LetheError) -> String {
            "what is shown was not held against the audit log: \(doubt.message)"
        }
    }

    /// The same, with what is not: each is said on stderr.
    func comparedInventory(_ scope: Comparison.Scope?) throws -> Compared {
        try comparedInventory { _ in scope }
    }

    /// `scope`: by what the inventory has with everything applied.
    func comparedInventory(of scope: (InventoryStore) throws -> Comparison.Scope?) throws -> Compared {
        let compared = try comparison(of: scope)
        if let doubt = compared.doubt {
            console.warn(Compared.words(doubt) + (doubt.hint.map { ". Try: \($0)" } ?? ""))
        }
        for difference in compared.differences.prefix(Self.mostSaid) { console.warn("DIFFERS: \(difference.message)") }
        if compared.differences.count > Self.mostSaid {
            console.warn(
                "DIFFERS in \(compared.differences.count - Self.mostSaid) more places: lethe doctor names each")
        }
        return compared
    }

    private static let mostSaid = 5

    /// With those approvals alone that the log has.
    func approvedOnRecord(_ record: PlanRecord) -> PlanRecord {
        guard let log = try? auditLog(), let approvals = try? RecordedTruth(log).approvals(of: record) else {
            return record
        }
        var known = record
        known.approvals = approvals
        for row in record.approvals where !approvals.contains(where: { $0.name == row.name }) {
            console.warn("DIFFERS: the audit log has no approval of plan \(record.plan.id) by \(row.name)")
        }
        return known
    }

    /// What is the matter with the log where it is not one that this workspace's keys bear out; `nil` = nothing is, or the keys are
    /// elsewhere.
    func doubt() -> LetheError? {
        let log: AuditLog
        do {
            log = try auditLog()
        } catch {
            let error = error as? LetheError
            return error?.status == .configuration ? nil : error
        }
        do throws(LetheError) {
            try log.verifyHead()
            _ = try log.segments()
            return nil
        } catch {
            return error
        }
    }

    /// The whole chain at once: what one segment owns up to is held against the one before it. `vkeys`: pinned beside the log's own.
    func verified(
        _ log: AuditLog, besides vkeys: [VerifierKey] = [], now: Timestamp
    ) throws(LetheError) -> SegmentsReport {
        let options = LogVerifier.Options(
            vkeys: [try VerifierKey(log.vkey)] + vkeys, anchors: logLocation.anchors.directories, now: now)
        return try LogVerifier(options).verify(logLocation)
    }

    /// Held against the log, if that is one which this workspace's keys bear out; nothing is said. `nil` = as far as an apply asks.
    func comparison(of scope: (InventoryStore) throws -> Comparison.Scope?) throws -> Compared {
        var compared = Compared(inventory: try inventory())
        do {
            let log = try auditLog()
            try log.verifyHead()
            try CatchUp(inventory: compared.inventory, log: log).run()
            let truth = RecordedTruth(log)
            compared.differences =
                if let scope = try scope(compared.inventory) {
                    try truth.everyDifference(in: compared.inventory, scope, at: clock.now())
                } else {
                    try truth.differences(in: compared.inventory, at: clock.now())
                }
        } catch let error as LetheError {
            compared.doubt = error
        }
        return compared
    }

    /// One of the workspace that cannot be read is bad configuration, as every database of it; one named on the command line is an
    /// unreadable file.
    func auditLog() throws -> AuditLog {
        try binding.check(partnerOnly: !isBound)
        do throws(LetheError) {
            return try AuditLog.open(logLocation, time: clock)
        } catch {
            guard error.status == .unreadable else { throw error }
            throw LetheError(error.code, .configuration, error.message, hint: error.hint)
        }
    }

    /// The log that a hold goes into, whatever became of older records and segments: all that is not an older one.
    func recordableLog() throws -> AuditLog {
        let log = try auditLog()
        try CatchUp(inventory: inventory(), log: log).refuseEarlierLog()
        return log
    }

    /// For commands that write to the log alone: one that is older than the inventory is refused, if there is one to ask.
    func followedLog() throws -> AuditLog {
        let log = try auditLog()
        guard let inventory = try? inventory() else { return log }
        try CatchUp(inventory: inventory, log: log).refuseOlderLog()
        if isBound { try bindKeys(to: log) }
        return log
    }

    /// What the way forward of a request is told by. Commands that name it do not fail for what they cannot read.
    func basis(_ inventory: InventoryStore) -> NextStep.Basis {
        NextStep.Basis(
            inventory, log: try? auditLog(), approval: approvalRule, policyDigest: (try? loadPolicies())?.set?.digest,
            time: clock)
    }

    /// The vendor's API with the account's key; whoever asks for it shuts it down.
    func vendor() throws -> LinqHTTPClient {
        guard let key = settings.apiKey else {
            throw LetheError(
                "no-api-key", .configuration, "no API key is set",
                hint: "export LINQ_API_V3_API_KEY=…, or name a file with LINQ_API_V3_API_KEY_FILE")
        }
        var options = LinqHTTPClient.Options(baseURL: try BaseURL(settings.linq.baseURL), key: key)
        options.maxInFlight = settings.linq.maxInFlight
        options.timeout = settings.linq.timeout
        options.absentCodes = settings.linq.absentCodes
        return LinqHTTPClient(options)
    }

    /// Every problem of the policies, and the set where there is none that stops. `folder`: of these, which are not live.
    func loadPolicies(_ folder: String? = nil, isCheck: Bool = false, isStrict: Bool = false) throws -> LoadedPolicies {
        let lines = try? inventory().lines()
        let context = LoadContext(
            tiers: settings.tiers, knownLines: lines.flatMap { $0.isEmpty ? nil : $0 }, isCheck: isCheck,
            isStrict: isStrict)
        return PolicyLoader.load(
            directory: folder.map { URL(filePath: $0) } ?? workspace.url(settings.policies),
            shownAs: folder ?? settings.policies, context: context)
    }

    /// The rules in force, or those of a folder that is not live. A policy that cannot be read stops every command that
    /// would decide by it, with all problems; what is only likely to be a mistake is said once.
    func policies(_ folder: String? = nil) throws -> PolicySet {
        let loaded = try loadPolicies(folder)
        guard let set = loaded.set else {
            let problems = loaded.diagnostics.filter { $0.severity == .error }
            let count = problems.count == 1 ? "an error" : "\(problems.count) errors"
            throw LetheError(
                "bad-policy", .configuration,
                "the folder \(folder ?? settings.policies) has \(count):\n"
                    + problems.map(\.rendered).joined(separator: "\n"),
                hint: "repair the files; check them with: lethe policy check" + (folder.map { " \($0)" } ?? ""),
                problems: loaded.diagnostics)
        }
        for warning in loaded.diagnostics { console.remind(warning.headline) }
        return set
    }

    /// For what settles and ends plans and decides nothing: it works while the policies cannot be read.
    var undecided: Decider { Decider(policies: PolicySet([]), tiers: settings.tiers) }

    func decider() throws -> Decider { Decider(policies: try policies(), tiers: settings.tiers) }
}
