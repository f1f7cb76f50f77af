import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules

/// How a workspace stands, read without asking the vendor or writing a record: what `lethe status` and `lethe check` tell.
struct Overview: Sendable {
    struct Due: Sendable {
        var attachments: Int
        var bytes: Int64
        /// Since when the oldest should be gone.
        var since: Timestamp?
    }

    let now: Timestamp
    var rows: [StatusRow] = []
    var due: Due?
    var halted = 0
    var unapproved = 0
    var openRequests = 0
    /// Of the open request that is due first; negative after its day.
    var daysLeft: Int?
    var holds: Int?
    var lateness: Lateness?
    var lastWebhook: Timestamp?
    var lastVerification: Timestamp?
    var seal: SealAge?
    var hasKillFile = false

    /// What cannot be read is a row that is wrong, and what rests on it is left out.
    static func read(_ wiring: Wiring) async -> Overview {
        var overview = Overview(now: wiring.clock.now())
        let (inventory, log, logRow) = overview.open(wiring)
        let differences = overview.differences(inventory, log)
        let refusals = await overview.readDue(wiring, inventory, log)
        if let inventory {
            overview.note("plans") { (overview) throws in try overview.readPlans(inventory) }
            overview.note("requests") { (overview) throws in try overview.readRequests(inventory, wiring) }
        }
        overview.add(refusals, besides: differences)
        if let log {
            overview.note("log") { (overview) throws in try overview.readLog(log, inventory, refusals) }
        }
        overview.rows += [logRow].compactMap { $0 }
        overview.add(differences, inventory)
        overview.readKillFile(wiring)
        if let log { overview.note("clock") { (overview) throws in try overview.readClock(log) } }
        return overview
    }

    var state: StatusRow.State { rows.map(\.state).max() ?? .ok }

    /// Of what is not calm, the worst first.
    var reasons: [String] {
        let worst = rows.filter { $0.state == .wrong } + rows.filter { $0.state == .waits }
        return worst.map { "\($0.name): \($0.detail)" }
    }

    var closing: String {
        let (wrong, waiting) = (rows.count { $0.state == .wrong }, rows.count { $0.state == .waits })
        let waits = "\(counted(waiting, "thing")) \(waiting == 1 ? "waits" : "wait") for a person."
        guard wrong > 0 else { return waiting > 0 ? waits : "All is calm: nothing waits for a person." }
        return "\(counted(wrong, "thing")) \(wrong == 1 ? "is" : "are") wrong." + (waiting > 0 ? " \(waits)" : "")
    }

    /// An error of one part is a row, and the others are read all the same.
    private mutating func note(_ name: String, _ body: (inout Overview) throws -> Void) {
        do {
            try body(&self)
        } catch {
            rows.append(Self.row(name, error))
        }
    }

    static func row(_ name: String, _ error: any Error) -> StatusRow {
        let known = error as? LetheError
        return StatusRow(name, .wrong, known?.message ?? "\(type(of: error))", next: known?.hint ?? "lethe doctor")
    }

    static func age(_ time: Timestamp, at now: Timestamp) -> String {
        let seconds = now.seconds(since: time)
        return "\(time.brief), " + (seconds < 60 ? "just now" : "\(span(seconds)) ago")
    }
}

extension Overview {
    /// The log that its keys bear out, and its row; each `nil` where it is not to be had.
    private mutating func open(_ wiring: Wiring) -> (InventoryStore?, AuditLog?, StatusRow?) {
        var inventory: InventoryStore?
        note("inventory") { _ throws in inventory = try wiring.inventory() }
        do {
            let log = try wiring.auditLog()
            if let inventory { try CatchUp(inventory: inventory, log: log).run() }
            try log.verifyHead()
            let size = grouped(try log.size())
            return (inventory, log, StatusRow("audit log", .ok, "\(size) records, and the head verifies"))
        } catch {
            return (inventory, nil, Self.row("audit log", error))
        }
    }

    private mutating func differences(_ inventory: InventoryStore?, _ log: AuditLog?) -> [Difference] {
        guard let inventory, let log else { return [] }
        var found: [Difference] = []
        let now = now
        note("inventory") { _ throws in found = try RecordedTruth(log).differences(in: inventory, at: now) }
        return found
    }

    /// By the steps of the run itself. Gives what they would be refused for.
    private mutating func readDue(
        _ wiring: Wiring, _ inventory: InventoryStore?, _ log: AuditLog?
    ) async -> [LetheError] {
        let decider: Decider
        do {
            decider = try wiring.decider()
        } catch {
            let message = (error as? LetheError)?.message.split(separator: "\n").first ?? "they cannot be read"
            rows.append(StatusRow("policies", .wrong, "\(message)", next: "lethe policy check"))
            return []
        }
        guard let inventory, let log else { return [] }
        do {
            let context = RunContext(
                inventory: inventory, log: log, vendor: NoVendor(), time: wiring.clock,
                partner: wiring.settings.partner, workspace: wiring.workspace.directory)
            let answer = try await RunRetention(
                context, rules: decider, limits: wiring.settings.limits, approval: wiring.approvalRule,
                settings: wiring.applySettings()
            ).preview(asksVendor: false)
            let plan = answer.planned.plan
            let due = Due(attachments: plan.items.count, bytes: plan.bytes, since: answer.planned.dueSince)
            self.due = due
            rows.append(row(due, isRefused: answer.isRefused))
            return answer.refusals
        } catch {
            rows.append(Self.row("due", error))
            return []
        }
    }

    /// What became due since the last night waits for nobody.
    private func row(_ due: Due, isRefused: Bool) -> StatusRow {
        guard due.attachments > 0 else { return StatusRow("due", .ok, "nothing") }
        let what = "\(counted(due.attachments, "attachment")), \(formatBytes(due.bytes))"
        guard let since = due.since else { return StatusRow("due", .ok, what) }
        let isLate = since.adding(seconds: Lateness.usualPatience) < now
        let isHeldUp = isLate && isRefused
        return StatusRow(
            "due", isLate ? .waits : .ok,
            "\(what); the oldest since \(since.date)" + (isHeldUp ? ", held up by what follows" : ""),
            next: isLate && !isHeldUp ? "lethe run --apply" : nil)
    }

    /// Those of requests are told with them.
    private mutating func readPlans(_ inventory: InventoryStore) throws {
        let open = try inventory.plans(in: [.proposed, .approved, .applying, .halted]).filter { $0.request == nil }
        for plan in open.reversed() {
            let next = NextStep(plan, at: now)
            let isHalted = plan.state == .halted
            if isHalted { halted += 1 }
            if plan.state == .proposed, !next.isLeftToARun { unapproved += 1 }
            let cause = isHalted ? plan.cause.map { ": \(HaltCause(rawValue: $0)?.message ?? $0)" } ?? "" : ""
            let word = plan.state == .proposed ? "not approved" : plan.state.rawValue
            let waits = isHalted || !next.isLeftToARun
            rows.append(
                StatusRow(
                    "plan", waits ? .waits : .ok, "\(plan.id) (\(counted(plan.items, "item"))) \(word)\(cause)",
                    next: waits ? next.command : nil))
        }
        if open.isEmpty { rows.append(StatusRow("plans", .ok, "none halted or unapproved")) }
    }

    private static let mostRequests = 5

    private mutating func readRequests(_ inventory: InventoryStore, _ wiring: Wiring) throws {
        let open = try inventory.requests().filter { !$0.state.isClosed }.sorted { ($0.due, $0.id) < ($1.due, $1.id) }
        openRequests = open.count
        daysLeft = open.first?.daysLeft(at: now)
        guard !open.isEmpty else { return rows.append(StatusRow("requests", .ok, "none open")) }
        let basis = wiring.basis(inventory)
        let found = try open.map { request in (request, try NextStep(request, in: basis)) }
        for (request, next) in found.prefix(Self.mostRequests) {
            let left = request.daysLeft(at: now)
            let day =
                switch left {
                case ..<0: "\(counted(-left, "day")) late"
                case 0: "due today"
                default: "\(counted(left, "day")) left"
                }
            rows.append(
                StatusRow(
                    "request", left < 0 ? .wrong : next.isLeftToARun ? .ok : .waits,
                    "\(request.id) \(request.state.rawValue), \(day)",
                    next: next.isLeftToARun && left >= 0 ? nil : next.command))
        }
        let rest = found.dropFirst(Self.mostRequests)
        if !rest.isEmpty {
            let late = rest.count { $0.0.daysLeft(at: now) < 0 }
            let state: StatusRow.State =
                late > 0 ? .wrong : rest.contains { !$0.1.isLeftToARun } ? .waits : .ok
            rows.append(
                StatusRow(
                    "requests", state, "\(rest.count) more" + (late > 0 ? ", \(late) of them late" : ""),
                    next: state == .ok ? nil : "lethe requests list --open"))
        }
    }

    /// What the run would be refused for and no other row tells.
    private mutating func add(_ refusals: [LetheError], besides differences: [Difference]) {
        let ownRows: Set<String> = ["run-lease-taken", "kill-file", "clock-doubtful"]
        let told = rows.filter { $0.state != .ok }.compactMap { $0.detail.split(separator: " ").first }
        for refusal in refusals where !ownRows.contains(refusal.code) {
            let isTold =
                differences.contains { refusal.message.hasPrefix($0.message) }
                // One that is saved has its row.
                || (refusal.code == "approval-needed" && unapproved > 0)
                || told.contains { $0.count == 32 && refusal.message.contains($0) }
            if !isTold { rows.append(StatusRow("next run", .waits, refusal.message, next: refusal.hint)) }
        }
    }

    private mutating func readLog(_ log: AuditLog, _ inventory: InventoryStore?, _ refusals: [LetheError]) throws {
        let held = try log.fold().holds.values.filter { $0.isActive(at: now) }
        holds = held.count
        let ends = held.compactMap(\.until).min().map { "; the next ends on \($0.date)" } ?? ""
        rows.append(
            StatusRow("holds", .ok, held.isEmpty ? "none in force" : "\(grouped(Int64(held.count))) in force\(ends)"))
        if let inventory {
            let lateness = try Lateness(inventory, log, at: now)
            self.lateness = lateness
            let isGoing = refusals.contains { $0.code == "run-lease-taken" }
            let last = lateness.lastRun.map { (isGoing ? "the last finished " : "") + Self.age($0, at: now) }
            rows.append(
                StatusRow(
                    "last run", .ok, (isGoing ? "one is going on; " : "") + (last ?? "none has finished yet")))
            lastWebhook = try inventory.newestWebhook()
            rows.append(
                StatusRow("last webhook", .ok, lastWebhook.map { Self.age($0, at: now) } ?? "none taken in yet"))
        }
        lastVerification = try log.newest(ofTypes: ["delete.verified", "vendor.sample"])?.time
        rows.append(
            StatusRow("verification", .ok, lastVerification.map { Self.age($0, at: now) } ?? "none on record"))
        let seal = try SealAge(log)
        self.seal = seal
        let isOverdue = seal.isOverdue(at: now)
        let since = seal.unsealed > 0 ? "; \(counted(Int(seal.unsealed), "record")) since" : ""
        rows.append(
            StatusRow(
                "last seal", isOverdue ? .wrong : .ok, (seal.last.map { Self.age($0, at: now) } ?? "never") + since,
                next: isOverdue ? "lethe audit seal" : nil))
    }

    private static let mostDifferences = 3

    private mutating func add(_ differences: [Difference], _ inventory: InventoryStore?) {
        for difference in differences.prefix(Self.mostDifferences) {
            rows.append(StatusRow("inventory", .wrong, difference.message, next: difference.hint))
        }
        let rest = differences.count - Self.mostDifferences
        if rest > 0 { rows.append(StatusRow("inventory", .wrong, "\(rest) more differences", next: "lethe doctor")) }
        guard differences.isEmpty, let inventory, let count = try? inventory.liveCount() else { return }
        rows.append(StatusRow("inventory", .ok, "\(counted(count, "attachment")) held"))
    }

    private mutating func readKillFile(_ wiring: Wiring) {
        hasKillFile = FileManager.default.fileExists(atPath: wiring.workspace.killFile.path)
        rows.append(
            hasKillFile
                ? StatusRow(
                    "kill file", .waits, "STOP is in the workspace: nothing is deleted",
                    next: "remove it when deletions may go on")
                : StatusRow("kill file", .ok, "none"))
    }

    private mutating func readClock(_ log: AuditLog) throws {
        let verdict = try ClockCheck(log).verdict(at: now, vendor: nil)
        rows.append(
            verdict.doubt.map { StatusRow("clock", .wrong, "this machine's clock \($0)", next: verdict.fix) }
                ?? StatusRow("clock", .ok, "\(now.brief), not behind the audit log"))
    }
}
