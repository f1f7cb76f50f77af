import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Reports
import Rules
import Simulator

/// The demo step by step, each through the same workflows as the commands.
struct DemoStory: Sendable {
    static let faults = ["500:0.1", "429:0.02:0", "lost:0.05", "reset:0.02", "cut:0.02"]

    let workspace: Workspace
    let account: SimulatedAccount
    let report: URL
    let console: Console

    private static let people = 40
    private static let attachments = 400

    func tell(baseURL: String, shownAs directory: String) async throws -> Reply {
        say("Lethe demo: a simulated Linq account on 127.0.0.1. Nothing leaves this machine.\n")
        let made = try populate()
        let created = try makeWorkspace()
        let wiring = try open(baseURL)
        say(
            step(
                "account",
                "3 lines, one of them ephemeral; \(Self.people) people sent and got \(made.count) attachments"))
        let ingested = try await ingest(wiring)
        say(
            step(
                "webhooks",
                "\(ingested.read) signed deliveries ingested: \(ingested.attachmentsNew) attachments, no handle, no file name kept"
            ))
        let decider = try wiring.decider()
        let planned = try await plan(wiring, decider)
        say(
            step(
                "policies",
                "\(decider.policies.policies.count) policies; due today: \(planned.items.count) attachments, \(formatBytes(planned.bytes))"
            ))
        say(PlanText.byRule(planned).split(separator: "\n").map { "               \($0)" }.joined(separator: "\n"))
        guard let run = try await apply(wiring, decider) else {
            throw LetheError("demo-empty", .failed, "nothing of the simulated account was due")
        }
        let sent = account.deletions.count
        say(
            step(
                "deletion", "\(OutcomeJSON.sentence(run.counts)); \(sent) DELETEs through 500s, lost answers and resets"
            ))
        say(
            step(
                "",
                "\(run.counts[.deletedAfterRetry]) gone after a DELETE of ours that may have acted: settled, not guessed"
            ))
        let (planErasure, erasure) = try await erase(wiring, decider)
        say(
            step(
                "erasure",
                "one person wrote in: \(planErasure.plan.items.count) attachments, \(OutcomeJSON.sentence(erasure.counts)), due \(planErasure.request.due.date)"
            ))
        let agreement = try check(wiring)
        say(step("truth", agreement.text))
        let verification = try verify(wiring, created)
        say(
            step(
                "audit log",
                "\(verification.records) records: \(verification.result == .verified ? "VERIFIED" : "NOT VERIFIED") with the public and the root key"
            ))
        try await writeReport(wiring)
        say(step("report", "reports/demo.html") + "\n")
        let deleted = run.counts[Outcome.deleted] + erasure.counts[Outcome.deleted]
        let settled = run.counts[.deletedAfterRetry] + erasure.counts[.deletedAfterRetry]
        let isProven = verification.exit == .done && agreement.holds
        return Reply(
            farewell(directory, created, planErasure.request.id, made.first),
            json: [
                "workspace": .string(workspace.directory.path), "deleted": JSONValue(deleted),
                "deleted_after_retry": JSONValue(settled),
                "report": .string(report.path), "verified": .bool(isProven), "vkey": .string(created.vkey),
                "request": JSONValue(planErasure.request.id),
            ], status: isProven ? .done : .failed)
    }

    private func say(_ text: String) {
        guard !console.isJSON, !console.isQuiet else { return }
        console.clearProgress()
        Console.write(text + "\n", to: 1)
    }

    private func step(_ name: String, _ text: String) -> String {
        console.styled(name.padding(toLength: 13, withPad: " ", startingAt: 0), .bold) + "  " + text
    }

    private func farewell(
        _ directory: String, _ created: AuditLog.Created, _ request: RequestID, _ attachment: AttachmentID?
    ) -> String {
        guard !console.isQuiet else { return "" }
        // As it was called: `make demo` has it on no PATH.
        let lethe = CommandLine.arguments.first.flatMap { $0.contains("/") ? $0 : nil } ?? "lethe"
        return """
            What to type next:
              xdg-open reports/demo.html
              export LETHE_WORKSPACE=\(directory)
              \(lethe) inventory stats
              \(lethe) policy explain \(attachment.map(\.description) ?? "ID")
              \(lethe) requests certificate \(request) -o certificate.html
              \(lethe) audit verify --root-key-file \(directory)/root.key \\
                --vkey \(created.vkey)
              \(lethe) init mine --partner YOUR_PARTNER_ID --root-key-out root.key
            """
    }
}

extension DemoStory {
    private func populate() throws -> [AttachmentID] {
        let lines = try ["+12025550143", "+12025550188", "+12025550120"].map { try PhoneLine($0) }
        for line in lines {
            account.addLine(line, regime: line.number == "+12025550188" ? .ephemeral : .persistent)
        }
        let now = account.clock.now
        return try account.populate(
            Population(
                lines: lines, attachments: Self.attachments, from: now.adding(seconds: -240 * 86_400), to: now,
                seed: 2026, people: Self.people))
    }

    private func makeWorkspace() throws -> AuditLog.Created {
        let partner = SimulatedPartner.first.id
        let keys = ".lethe/keys"
        let text = WorkspaceTemplate.configuration(partner: partner, keys: keys, auditName: "demo.lethe.local")
            .replacing("max_requests_per_second: 10", with: "max_requests_per_second: 500")
            .replacing("max_percent: 10,", with: "max_percent: 100,")
            .replacing(
                "  ephemeral_lines: []", with: "  ephemeral_lines: [{number: \"+12025550188\", since: \"2020-01-01\"}]")
        let new = NewWorkspace(
            workspace: workspace, partner: partner, keys: keys, auditName: "demo.lethe.local",
            policies: ReadyPolicies.all, configuration: text)
        return try new.create(clock: SystemClock()) { key in
            try RootKeyOutput.hand(key, to: workspace.directory.appending(path: "root.key").path, console)
        }
    }

    private func open(_ baseURL: String) throws -> Wiring {
        let settings = try Settings.load(
            workspace,
            environment: [
                "LINQ_API_V3_BASE_URL": baseURL, "LINQ_API_V3_API_KEY": SimulatedPartner.first.keys[0],
                "LINQ_WEBHOOK_SECRET": account.webhookSecret,
            ])
        return Wiring(workspace: workspace, settings: settings, console: console)
    }

    private func ingest(_ wiring: Wiring) async throws -> IngestReport {
        let bodies = workspace.directory.appending(path: "webhooks.ndjson")
        let headers = workspace.directory.appending(path: "headers.ndjson")
        _ = try account.writeDeliveries(bodies: bodies, headers: headers, version: nil, signedAt: nil)
        // They name people, and a workspace does not.
        defer {
            try? FileManager.default.removeItem(at: bodies)
            try? FileManager.default.removeItem(at: headers)
        }
        let signature = try WebhookSignature(secrets: [account.webhookSecret])
        return try await wiring.work(vendor: false) { context in
            try IngestWebhooks(
                inventory: context.inventory, log: context.log, partner: context.partner, kind: .webhook,
                trust: .signatures(signature, receivedAt: context.time.now())
            ).run(
                [try DeliveryFile(path: bodies.path)], headers: try DeliveryFile(path: headers.path),
                now: context.time.now())
        }
    }

    private func plan(_ wiring: Wiring, _ decider: Decider) async throws -> Plan {
        try await wiring.work(vendor: false) { context in
            try PlanRetention(
                inventory: context.inventory, log: context.log, rules: decider, partner: context.partner,
                limits: wiring.settings.limits
            ).run(now: context.time.now(), isDraft: true).plan
        }
    }

    private func apply(_ wiring: Wiring, _ decider: Decider) async throws -> RunResult? {
        try await wiring.work(vendor: true) { context in
            try await RunRetention(
                context, rules: decider, limits: wiring.settings.limits, approval: wiring.approvalRule,
                settings: wiring.applySettings()
            ).run().result
        }
    }

    /// The person of whom most is held.
    private func erase(_ wiring: Wiring, _ decider: Decider) async throws -> (PlanErasure.Planned, RunResult) {
        let inventory = try wiring.currentInventory()
        var best: (handle: Handle, count: Int)?
        for person in 0..<Self.people {
            let handle = try Handle(Population.handle(of: person))
            guard let subject = try inventory.pseudonym(for: handle, createIfMissing: false) else { continue }
            let count = try inventory.erasureCandidates(subjects: [subject], scope: .sentBySubject).count
            if count > best?.count ?? -1 { best = (handle, count) }
        }
        guard let handle = best?.handle else {
            throw LetheError("demo-empty", .failed, "the simulated account came out without people")
        }
        return try await wiring.work(vendor: true) { context in
            var ask = PlanErasure.Ask(handles: [handle], openedBy: "privacy-desk")
            ask.channel = "letter"
            ask.identityMethod = "call back"
            let planned = try await PlanErasure(context, rules: decider, limits: wiring.settings.limits).run(ask)
            let result = try await ApplyErasure(
                context, rules: decider, approval: wiring.approvalRule,
                settings: wiring.applySettings(operatorName: "privacy-desk"), by: "privacy-desk"
            ).run(planned.plan.id)
            return (planned, result)
        }
    }

    /// Holds what Lethe says against what the simulated vendor knows: nothing that is claimed gone is left, and nothing was
    /// deleted that is not claimed. An ephemeral file that expired under a DELETE is gone too.
    private func check(_ wiring: Wiring) throws -> (text: String, holds: Bool) {
        var claimed: Set<AttachmentID> = []
        try wiring.currentInventory().forEachAttachment(includingGone: true) { candidate in
            if candidate.attachment.state == .gone { claimed.insert(candidate.attachment.id) }
            return true
        }
        let deleted = Set(account.attachments(in: .deleted))
        let left = claimed.subtracting(deleted).subtracting(account.attachments(in: .expired))
        let unclaimed = deleted.subtracting(claimed)
        guard left.isEmpty, unclaimed.isEmpty else {
            return ("\(left.count) claimed as gone are still there, \(unclaimed.count) are gone unclaimed", false)
        }
        return ("the vendor was asked: all \(claimed.count) are gone, and not one more was deleted", true)
    }

    private func verify(_ wiring: Wiring, _ created: AuditLog.Created) throws -> SegmentsSummary {
        let report = try LogVerifier(
            .init(vkeys: [try VerifierKey(created.vkey)], rootKeys: [created.rootKey], now: wiring.clock.now())
        ).verify(wiring.logLocation)
        return SegmentsSummary(
            records: report.segments.map(\.records).reduce(0, +), result: report.result, exit: report.exit)
    }

    struct SegmentsSummary {
        let records: Int64
        let result: VerificationReport.Result
        let exit: ExitStatus
    }

    private func writeReport(_ wiring: Wiring) async throws {
        let now = wiring.clock.now()
        let values = try await wiring.report(
            from: now.adding(seconds: -30 * 86_400), to: now.adding(seconds: 1), vkeys: [])
        try OutputFile(report.path, wiring).write(Data(try ReportHTML.render(values).utf8))
    }
}

/// The policies of `policies/`, as the binary carries them.
enum ReadyPolicies {
    static let all: [(name: String, text: String)] = [
        ("default.yaml", PackageResources.default_yaml), ("health-data.yaml", PackageResources.health_data_yaml),
        ("identity-documents.yaml", PackageResources.identity_documents_yaml),
        ("marketing.yaml", PackageResources.marketing_yaml), ("support-line.yaml", PackageResources.support_line_yaml),
    ].map { ($0.0, String(decoding: $0.1, as: UTF8.self)) }
}
