import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules

extension Wiring {
    /// The system's user, spelt as records spell names.
    static var systemUser: String {
        let allowed = NSUserName().filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return allowed.isEmpty ? "unknown" : String(allowed.prefix(64))
    }

    /// Throws where none is set or one is none, naming the variable.
    func webhookSignature() throws(LetheError) -> WebhookSignature {
        guard !settings.webhookSecrets.isEmpty else {
            throw LetheError(
                "no-webhook-secret", .configuration, "no webhook secret is set, so signatures cannot be checked",
                hint: "export LINQ_WEBHOOK_SECRET=whsec_…, or name a file with LINQ_WEBHOOK_SECRET_FILE")
        }
        do throws(LetheError) {
            return try WebhookSignature(secrets: settings.webhookSecrets)
        } catch {
            let origin = settings.lines.first { $0.key == "LINQ_WEBHOOK_SECRET" }?.origin.description ?? ""
            throw LetheError(error.code, error.status, "\(origin): \(error.message)", hint: error.hint)
        }
    }

    var approvalRule: ApprovalRule {
        ApprovalRule(people: settings.approval.people, above: settings.approval.above)
    }

    func applySettings(usesCanary: Bool = true, operatorName: String = Wiring.systemUser) -> ApplyPlan.Settings {
        ApplyPlan.Settings(
            maxInFlight: settings.linq.maxInFlight, requestsPerSecond: settings.linq.maxRequestsPerSecond,
            usesCanary: usesCanary, approval: approvalRule, limits: settings.limits,
            operatorName: operatorName,
            progress: { [console] counts in
                console.progress("deleting", done: counts.total - counts[.notAttempted], of: counts.total)
            })
    }

    /// What of the log must be as it was signed.
    enum Ground {
        /// Every record: for what decides.
        case whole
        /// Every closed segment, and the end of the live one: for what takes in facts, which say nothing of what was decided, and for what
        /// judges every record itself and says what it found.
        case segments
        /// The end of the live one: for a hold, which only keeps.
        case end
    }

    /// Runs a workflow on the opened parts. Whatever it recorded is sealed before this returns, also when it fails.
    func work<Value>(
        vendor wantsVendor: Bool, on ground: Ground = .whole, stop: StopSignal? = nil,
        accepting overrides: RunContext.Overrides? = nil,
        _ body: (RunContext) async throws -> Value
    ) async throws -> Value {
        let client = wantsVendor ? try vendor() : nil
        let log = ground == .end ? try recordableLog() : try followedLog()
        if ground == .whole { try log.verifyHead() }
        let context = RunContext(
            inventory: try inventory(), log: log, vendor: client ?? NoVendor(), time: clock,
            partner: settings.partner, workspace: workspace.directory, overrides: overrides, rulesInForce: rulesInForce,
            shouldStop: { stop?.name != nil })
        do {
            let value = try await body(context)
            sealOrWarn(log)
            await client?.shutdown()
            return value
        } catch {
            try? seal(log)
            await client?.shutdown()
            throw error
        }
    }

    /// Of `lethe.yaml` and the policies as they are on disk now.
    private func rulesInForce() throws(LetheError) -> String {
        let unreadable = LetheError("bad-policy", .configuration, "the policies cannot be loaded")
        guard let settings = try? Settings.load(workspace, environment: ProcessInfo.processInfo.environment) else {
            throw unreadable
        }
        let loaded = PolicyLoader.load(
            directory: workspace.url(settings.policies), shownAs: settings.policies,
            context: LoadContext(tiers: settings.tiers))
        guard let set = loaded.set else { throw unreadable }
        return Decider(policies: set, tiers: settings.tiers).digest
    }

    /// What was done is done and on record, so it is told all the same.
    private func sealOrWarn(_ log: AuditLog) {
        do {
            try seal(log)
        } catch {
            let reason = (error as? LetheError)?.message ?? "\(type(of: error))"
            let sealed = (try? log.head())?.map { "record \($0.size - 1)" } ?? "none"
            console.leaveUnsealed(
                "the newest records of \(log.origin) could not be sealed: \(reason). Last sealed: \(sealed). "
                    + "The next command that records something seals them; now: lethe audit seal")
        }
    }

    private func seal(_ log: AuditLog) throws {
        do {
            try log.sealIfNeeded()
        } catch {
            // Another process has closed and sealed the segment, what this one wrote with it.
            guard error.code == "audit-log-rolled-over" else { throw error }
            return
        }
        for status in log.anchorStatus {
            if let problem = status.problem { console.warn("anchor \(status.directory.path): \(problem)") }
        }
    }
}

extension InventoryStore {
    /// What these plans list, withheld or not.
    func items(of plans: [PlanID]) throws(LetheError) -> Set<AttachmentID> {
        var items: Set<AttachmentID> = []
        for plan in plans { items.formUnion(try results(of: plan).map(\.attachment)) }
        return items
    }
}
