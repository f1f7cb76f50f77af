import Audit
import Cryptography
import Domain
import Engine
import Foundation
import Inventory

/// The report of a period with every record of a large log in it, made by the binary itself.
struct ReportSection {
    let folder: URL
    let sizes: Sizes

    private var workspace: BenchWorkspace { BenchWorkspace(folder: folder.appending(path: "account")) }

    func run(_ table: Table) throws {
        let what = "report over \(grouped(sizes.records)) records"
        guard Tool.find("sqlite3") != nil else { return table.skip(what, "no sqlite3") }
        let binary = try Child.itself.path.replacing(/lethe-bench$/, with: "lethe")
        guard let lethe = Tool.find(binary) else { return table.skip(what, "no \(binary): swift build -c release") }
        try Self.fill(workspace, records: sizes.records)
        let preflights = try (0..<max(3, sizes.runs)).map { _ in
            try Child.ask(["preflight", workspace.folder.path], in: folder)
        }
        table.add(
            "log and inventory opened and compared before a run, \(grouped(sizes.records)) records", .seconds,
            Samples(preflights.map(\.seconds)), nil, .seconds(0.1))
        for format in ["html", "csv", "json"] {
            let runs = try (0..<min(3, sizes.runs)).map { _ in
                try Child.ask(["report", lethe.path, workspace.folder.path, format], in: folder)
            }
            table.add("\(what), \(format)", .seconds, Samples(runs.map(\.seconds)), nil, .seconds(20))
            table.add("most memory of that", .megabytes, Samples(runs.map(\.peakMegabytes)), nil, .atMost(100))
        }
    }

    /// What a run asks of both databases before it asks the vendor anything.
    static func preflight(_ arguments: [String]) throws -> Child.Answer {
        let workspace = BenchWorkspace(folder: URL(filePath: arguments[0]))
        let start = ContinuousClock.now
        let (inventory, log) = (try workspace.inventory(), try workspace.auditLog())
        try CatchUp(inventory: inventory, log: log).run()
        try log.verifyHead()
        let differences = try RecordedTruth(log).differences(in: inventory, at: BenchClock().now())
        let seconds = start.secondsUntilNow
        guard differences.isEmpty else { throw LetheError("bench", .failed, differences[0].message) }
        return Child.Answer(seconds: seconds, count: 1)
    }

    /// Runs the binary once and says what it took.
    static func child(_ arguments: [String]) throws -> Child.Answer {
        let (lethe, workspace) = (Tool(path: arguments[0]), URL(filePath: arguments[1]))
        let start = ContinuousClock.now
        // To standard output: a page is made without the list of all items beside it.
        try lethe.run(
            ["report", "--workspace", workspace.path, "--format", arguments[2], "-o", "-"], in: workspace)
        let seconds = start.secondsUntilNow
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return Child.Answer(seconds: seconds, count: 1, peakMegabytes: Double(usage.ru_maxrss) * 1024 / 1_000_000)
    }

    /// An account of which half went: plans of 10,000 attachments, two records for each, and the inventory that followed them.
    static func fill(_ workspace: BenchWorkspace, records: Int) throws {
        let large = LargeInventory(workspace: workspace, attachments: records, due: max(1, records / 100))
        try large.make()
        try configure(workspace)
        let (inventory, log) = (try workspace.inventory(), try workspace.auditLog())
        try inventory.bind(partner: BenchWorkspace.partner)
        var ids: [AttachmentID] = []
        try inventory.forEachAttachment { candidate in
            ids.append(candidate.attachment.id)
            return ids.count < records / 2
        }
        for first in stride(from: 0, to: ids.count, by: 10_000) {
            try carryOut(Array(ids[first..<min(first + 10_000, ids.count)]), number: first, inventory, log)
        }
        try log.sealIfNeeded()
        try CatchUp(inventory: inventory, log: log).run()
    }

    private static func configure(_ workspace: BenchWorkspace) throws {
        let text = """
            version: 1
            partner_id: "\(BenchWorkspace.partner)"
            tiers: {default: persistent}
            policies: policies
            audit: {name: bench, keys: keys}

            """
        try text.write(to: workspace.folder.appending(path: "lethe.yaml"), atomically: true, encoding: .utf8)
        let policies = workspace.folder.appending(path: "policies")
        try FileManager.default.createDirectory(at: policies, withIntermediateDirectories: true)
        try LargeInventory.policies().write(
            to: policies.appending(path: "bench.yaml"), atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(
            at: workspace.folder.appending(path: "lookup.key"), to: workspace.folder.appending(path: "keys/lookup.key"))
    }

    private static func carryOut(
        _ ids: [AttachmentID], number: Int, _ inventory: InventoryStore, _ log: AuditLog
    ) throws {
        let line = try PhoneLine(BenchWorkspace.lines[0])
        let plan = Plan(
            id: PlanID(value: UInt128(1 + number)), kind: .retention, created: BenchClock().now(),
            partner: BenchWorkspace.partner, policyDigest: String(repeating: "0", count: 64), coverage: "complete",
            limits: Limits(maxDeletes: .max, maxPercent: 100, maxBytes: .max),
            items: ids.map {
                PlanItem(attachment: $0, rule: "policy:default", line: line, tier: .persistent, size: 2_000_000)
            })
        let digest = try inventory.save(plan)
        let run = RunID(value: UInt128(1 + number))
        _ = try log.append([
            .planCreated(
                .init(
                    plan: plan.id, kind: plan.kind, digest: digest, items: ids.count, policy: plan.policyDigest)),
            .planApproved(.init(plan: plan.id, digest: digest, by: "bench", how: .cli)),
            .runStart(.init(run: run, plan: plan.id, digest: digest, policy: plan.policyDigest)),
        ])
        for first in stride(from: 0, to: ids.count, by: 500) {
            _ = try log.append(
                (first..<min(first + 500, ids.count)).flatMap { index -> [AuditRecord] in
                    let intent = AuditRecord.Intent(
                        run: run, operation: OperationID(value: UInt128(1 + number + index)), attempt: 1,
                        attachment: ids[index], rule: "policy:default")
                    let answer = VendorAnswer(
                        .http(status: 204, code: nil), trace: "0000000000000000000000000000abc0")
                    return [.deleteIntent(intent), .deleteOutcome(.init(to: intent, answer, final: .deleted))]
                })
        }
        let counts = OutcomeCounts(repeatElement(.deleted, count: ids.count))
        _ = try log.append([.runEnd(.init(run: run, RunCounts(counts)))])
        for state in [Plan.State.approved, .applying, .done] { try inventory.move(plan.id, to: state) }
    }
}
