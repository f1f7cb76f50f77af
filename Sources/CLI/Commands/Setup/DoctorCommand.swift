import ArgumentParser
import Audit
import Cryptography
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules

struct DoctorCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks everything that a run needs and says how to fix it.",
        discussion: """
            Sends nothing but GETs. --drill proves the whole path on the real account without touching anyone's data: it uploads \
            a tiny attachment of its own, finds it, deletes it, and finds it gone. --egress tries the one host that downloads come \
            from and another that must not be reached, and puts on record what it found: a report shows it. The first such record \
            of a log begins a new segment for it, as lethe audit rollover does.

            Example: lethe doctor --drill
            """)

    @Flag(help: "Upload an attachment of our own, find it, delete it, and see it gone.") var drill = false
    @Flag(help: "Try which hosts this machine reaches for downloads; on record.") var egress = false
    @Option(help: ArgumentHelp("With --egress: the host that must not be reached.", valueName: "host[:port]"))
    var otherHost = "example.com"
    @OptionGroup var rootKey: RollOverKey
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard LinqHTTPClient.isHost(otherHost) else {
            throw LetheError(
                "invalid-value", .usage, "--other-host must be a host, with a port unless that is 443",
                hint: "for example: --other-host example.com")
        }
        let wiring = try Wiring.open(global, console)
        // Before the checks: one that comes during them is heard by the drill.
        let stop = drill ? StopSignal(console: console) : nil
        var checks = Checkup(wiring)
        checks.runLocal()
        await checks.runVendor()
        if let stop { await checks.runDrill(stop) }
        if egress { await checks.runEgress(otherHost, rootKey, console) }
        let lines = checks.results.map { check in
            let mark = console.styled(check.status.rawValue, check.status.style)
            let padding = String(repeating: " ", count: max(0, 5 - check.status.rawValue.count))
            let name = check.name.padding(toLength: 14, withPad: " ", startingAt: 0)
            return "\(mark)\(padding)\(name)\(check.detail)" + (check.fix.map { "\n     Try: \($0)" } ?? "")
        }
        let json = checks.results.map { check -> JSONValue in
            [
                "name": .string(check.name), "status": .string(check.status.rawValue), "detail": .string(check.detail),
                "fix": JSONValue(check.fix),
            ]
        }
        let failed = checks.results.contains { $0.status == .fail }
        return Reply(lines.joined(separator: "\n"), json: ["checks": .array(json)], status: failed ? .failed : .done)
    }
}

/// One line of the doctor's answer.
struct Check: Sendable {
    enum Status: String, Sendable {
        case ok, warn, fail

        var style: Console.Style {
            switch self {
            case .ok: .green
            case .warn: .yellow
            case .fail: .red
            }
        }
    }

    let name: String
    let status: Status
    let detail: String
    /// What to do or to type; `nil` where all is well.
    let fix: String?
}

/// Goes through what a run needs.
struct Checkup {
    let wiring: Wiring
    private(set) var results: [Check] = []

    init(_ wiring: Wiring) {
        self.wiring = wiring
    }

    mutating func add(_ name: String, _ status: Check.Status, _ detail: String, fix: String? = nil) {
        results.append(Check(name: name, status: status, detail: detail, fix: fix))
    }

    /// A check that either gives a detail or an error, which is the failure and its fix.
    private mutating func attempt(_ name: String, _ body: () throws -> String) {
        do {
            add(name, .ok, try body())
        } catch let error as LetheError {
            add(name, .fail, error.message, fix: error.hint)
        } catch {
            add(name, .fail, "\(type(of: error))")
        }
    }

    mutating func runLocal() {
        let settings = wiring.settings
        add("configuration", .ok, "lethe.yaml of partner \(settings.partner)")
        attempt("cryptography") {
            try SelfTest.run()
            return "OpenSSL gives the known answers"
        }
        if settings.approval.people > 1, settings.approval.above > 0 {
            add(
                "approval", .warn,
                "\(settings.approval.people) people must agree, and a retention plan of up to \(settings.approval.above) "
                    + "attachments asks nobody",
                fix: "set approval.above to 0 if every plan is to be approved")
        }
        attempt("policies") { [wiring] in
            let loaded = try wiring.loadPolicies()
            let set = try loaded.requireSet()
            return
                "\(counted(set.policies.count, "policy", "policies")), \(counted(loaded.diagnostics.warningCount, "warning", "warnings"))"
        }
        checkLocks()
        attempt("inventory") { [wiring] in "\(try wiring.inventory().liveCount()) attachments held" }
        checkTierDrift()
        checkMessageTimes()
        add("allow-list", .ok, "downloads are limited to \(LinqHTTPClient.downloadHosts.joined(separator: ", "))")
        checkLog()
        checkDifferences()
        checkKeys()
        checkDisk()
        if settings.audit.anchors.isEmpty {
            add(
                "anchors", .warn, "signed checkpoints are kept on this host alone",
                fix: "name a folder on another volume or host in audit.anchors")
        }
        if FileManager.default.fileExists(atPath: wiring.workspace.killFile.path) {
            add(
                "kill file", .warn, "STOP is in the workspace: nothing is deleted",
                fix: "remove it when deletions may go on")
        }
        if settings.webhookSecrets.isEmpty {
            add(
                "webhooks", .warn, "no webhook secret is set: signatures cannot be checked",
                fix: "export LINQ_WEBHOOK_SECRET=whsec_…")
        } else {
            do throws(LetheError) {
                _ = try wiring.webhookSignature()
            } catch {
                add("webhooks", .fail, error.message, fix: error.hint)
            }
        }
    }

    private mutating func checkLocks() {
        guard let loaded = try? wiring.loadPolicies() else { return }
        for weakened in wiring.weakenedLocks(of: loaded) {
            add("locked policy", .warn, weakened.message, fix: weakened.suggestion)
        }
    }

    /// Said only where there is some: the tiers are the vendor's word, and configuration's.
    private mutating func checkTierDrift() {
        guard let drift = try? tierDriftCount(), drift > 0 else { return }
        add(
            "tier drift", .warn,
            "\(counted(drift, "attachment that tiers calls ephemeral is", "attachments that tiers calls ephemeral are")) "
                + "kept by the vendor",
            fix: "correct tiers in lethe.yaml, or ask the vendor; until then they are deleted as persistent ones")
    }

    /// Said only where there are some: they are kept, whatever the policies say of their age.
    private mutating func checkMessageTimes() {
        var count = 0
        try? wiring.inventory().forEachAttachment { candidate in
            count += candidate.attachment.state == .live && candidate.attachment.lacksMessageTime ? 1 : 0
            return true
        }
        guard count > 0 else { return }
        add(
            "message times", .warn,
            "\(counted(count, "attachment")) came with no time that is believed: no policy deletes them by age",
            fix: "lethe sync: it asks the vendor when they were made")
    }

    /// What is on record, and what no run has noted yet.
    private func tierDriftCount() throws -> Int {
        let (inventory, tiers) = (try wiring.inventory(), wiring.settings.tiers)
        guard tiers.hasEphemeral else { return try inventory.tierDriftCount() }
        var drift = 0
        try inventory.forEachAttachment { candidate in
            drift += tiers.hasDrift(candidate.attachment) ? 1 : 0
            return true
        }
        return drift
    }

    private mutating func checkLog() {
        do {
            let log = try wiring.followedLog()
            try log.verifyHead(whole: true)
            let verified = try wiring.verified(log, now: wiring.clock.now())
            if let first = verified.segments.lazy.flatMap(\.failures).first(where: \.isTampering) {
                add("audit log", .fail, "evidence of tampering: \(first.message)", fix: "lethe audit verify")
            } else {
                add("audit log", .ok, "\(log.origin), \(try log.size()) records, the head verifies")
            }
            let name = log.origin.split(separator: "/").first.map(String.init) ?? ""
            if name != wiring.settings.audit.name {
                add(
                    "audit name", .warn, "audit.name is \(wiring.settings.audit.name), the log is named \(name)",
                    fix: "a log keeps the name of its first segment: set audit.name to \(name)")
            }
            for status in log.anchorStatus {
                if let problem = status.problem {
                    add(
                        "anchor", .warn, "\(status.directory.path): \(problem)",
                        fix: "mount the volume, or remove the entry from audit.anchors")
                }
            }
        } catch let error as LetheError {
            add("audit log", .fail, error.message, fix: error.hint)
        } catch {
            add("audit log", .fail, "\(type(of: error))")
        }
    }

    /// Said only where something is. Each stops every apply.
    private mutating func checkDifferences() {
        // What cannot be opened is said already.
        guard (try? wiring.inventory()) != nil else { return }
        let compared: Wiring.Compared
        do {
            compared = try wiring.comparison(of: { _ in .all })
        } catch {
            let error = error as? LetheError
            return add("inventory", .fail, error?.message ?? "\(type(of: error))", fix: error?.hint)
        }
        // What is wrong with the log is said of the log.
        if let doubt = compared.doubt, doubt.code.hasPrefix("inventory") {
            add("inventory", .fail, doubt.message, fix: doubt.hint)
        }
        for difference in compared.differences { add("inventory", .fail, difference.message, fix: difference.hint) }
    }

    private mutating func checkKeys() {
        let keys = wiring.keyDirectory.standardizedFileURL.path
        if keys.hasPrefix(wiring.workspace.directory.standardizedFileURL.path + "/") {
            add(
                "keys", .warn, "the keys lie beside the data they protect",
                fix: "move \(keys) to another volume, set audit.keys, then: lethe audit rebind --as NAME --reason TEXT "
                    + "--root-key-file FILE")
        } else {
            add("keys", .ok, keys)
        }
    }

    /// Room for a day of records, generously: 100 MB.
    private mutating func checkDisk() {
        let values = try? FileManager.default.attributesOfFileSystem(forPath: wiring.workspace.directory.path)
        guard let free = (values?[.systemFreeSize] as? NSNumber)?.int64Value else { return }
        add(
            "disk", free < 100_000_000 ? .fail : .ok, "\(formatBytes(free)) free",
            fix: free < 100_000_000 ? "free some space: without room for its records nothing is deleted" : nil)
    }

    mutating func runVendor() async {
        do {
            let vendor = try wiring.vendor()
            let listing = await vendor.phoneLines()
            await vendor.shutdown()
            check(listing)
        } catch let error as LetheError {
            add("vendor", .fail, error.message, fix: error.hint)
        } catch {
            add("vendor", .fail, "\(type(of: error))")
        }
    }

    /// What of it fails on this machine is said where it belongs.
    private mutating func check(_ listing: Listing<PhoneLine>) {
        switch listing.answer.status {
        case 200: break
        case 401:
            add(
                "vendor", .fail, "the vendor refused the API key (401)",
                fix: "check LINQ_API_V3_API_KEY: it must be a live key of this account")
            return
        case 0:
            add(
                "vendor", .fail, "no answer from \(wiring.settings.linq.baseURL.prefix { $0 != "?" })",
                fix: "check the network, a proxy, and LINQ_API_V3_BASE_URL")
            return
        default:
            add("vendor", .fail, "the vendor answered \(listing.answer.status)", fix: "try again later")
            return
        }
        let lines = Set(listing.elements)
        add("vendor", .ok, "the key lists \(counted(lines.count, "number", "numbers"))")
        let known = (try? wiring.inventory().lines()) ?? []
        if !known.isEmpty, known.isDisjoint(with: lines) {
            add(
                "account", .fail, "the key is of another account: it lists none of the inventory's numbers",
                fix: "check LINQ_API_V3_API_KEY")
        }
        let unknown = wiring.settings.tiers.ephemeralLines.map(\.line).filter { !lines.contains($0) }
        if !unknown.isEmpty {
            add(
                "tiers", .warn,
                "lethe.yaml calls numbers ephemeral that the account does not have: \(unknown.map(\.number).joined(separator: ", "))",
                fix: "correct tiers.ephemeral_lines")
        }
        checkClock(listing.answer.date)
    }

    /// As every apply does: what it would be refused for is no warning. Of a log that cannot be read the log's own line says so.
    private mutating func checkClock(_ date: Timestamp?) {
        let check = try? ClockCheck(wiring.auditLog()).verdict(at: wiring.clock.now(), vendor: date)
        guard let verdict = check else { return }
        if let doubt = verdict.doubt {
            return add(
                "clock", .fail, "this machine's clock \(doubt): every apply would be refused",
                fix: verdict.fix + ". If it is right: lethe run --apply --accept-clock, which is recorded")
        }
        switch verdict {
        case .right(let apart): add("clock", .ok, "\(apart) s from the vendor's")
        case .off(let apart):
            add(
                "clock", .warn, "\(apart) s from the vendor's",
                fix: "set this machine's clock (NTP) before trusting any period")
        default: add("clock", .warn, verdict.warning ?? "")
        }
    }

    /// The vendor's code decides what its 404 proves, so it is shown.
    private static func described(_ answer: VendorAnswer) -> String {
        guard case .http(let status, let code) = answer.reply else { return "no answer" }
        return "HTTP \(status) " + (code.map { "with code \($0)" } ?? "without the vendor's error body")
    }

    /// POST, PUT, GET, DELETE, GET of an attachment of our own, by a plan like any other.
    mutating func runDrill(_ stop: StopSignal) async {
        guard !results.contains(where: { $0.name == "inventory" && $0.status == .fail }) else {
            return add(
                "drill", .fail, "not begun: it needs the inventory", fix: "first mend what the inventory fails for")
        }
        do {
            let rules = try wiring.decider()
            let outcome = try await wiring.work(vendor: true, stop: stop) { context in
                try await Drill(context, rules: rules, settings: wiring.applySettings()).run()
            }
            let isDeleted = outcome.result.counts[.deleted as Outcome.Group] == 1
            let afterwards = Self.described(outcome.afterwards)
            let isKnownAbsence = outcome.afterwards.provesAbsence
            add(
                "drill", isDeleted && isKnownAbsence ? .ok : .fail,
                "attachment \(outcome.attachment) of our own: uploaded, found, "
                    + (isDeleted
                        ? "deleted (204), then \(afterwards); grade \(outcome.grade?.rawValue ?? "C")"
                        : "not deleted" + (outcome.result.halted.map { ": \($0.message)" } ?? "")),
                fix: outcome.result.halted?.hint
                    ?? (!isDeleted
                        ? "lethe plan show \(outcome.result.plan)"
                        : isKnownAbsence
                            ? nil
                            : "if that is how the vendor says so, add the code to linq.absent_codes in lethe.yaml"))
        } catch let error as LetheError {
            add("drill", .fail, error.message, fix: error.hint)
        } catch {
            add("drill", .fail, "\(type(of: error))")
        }
    }
}
