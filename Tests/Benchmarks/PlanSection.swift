import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules

/// A planning run over a large inventory beside the same in SQL, and everything decided again after a change of the rules.
struct PlanSection {
    let folder: URL
    let sizes: Sizes

    func run(_ table: Table) throws {
        guard Tool.find("sqlite3") != nil else { return table.skip("planning runs", "no sqlite3") }
        let small = try inventory("small", sizes.inventory / 10)
        _ = try ask(small, isDry: false)
        let before = try steady(small, nil)
        let large = try inventory("large", sizes.inventory)
        try decideAll(large, table)
        let between = try steady(large, table)
        // Once more, so that the smaller one was measured before and after.
        let after = try steady(small, nil)
        // A small inventory fits into the caches whole, and so does what is not due of it: the bound is for large ones.
        let bound: Table.Target? = large.attachments >= 10_000_000 ? .atMost(1.4) : nil
        table.add(
            "\(grouped(sizes.due)) due of \(grouped(large.attachments)) and of a tenth of it", .seconds, between.lethe,
            ("tenth", Samples(before.lethe.values + after.lethe.values)), bound)
        table.add(
            "the same, the shell's INSERT", .seconds, between.shell,
            ("tenth", Samples(before.shell.values + after.shell.values)))
    }

    private func inventory(_ name: String, _ count: Int) throws -> LargeInventory {
        let made = LargeInventory(
            workspace: BenchWorkspace(folder: folder.appending(path: name)), attachments: count, due: sizes.due)
        try made.make()
        return made
    }

    /// Seconds of planning runs whose plan is recorded, and of the same by the shell.
    private func steady(
        _ inventory: LargeInventory, _ table: Table?
    ) throws -> (lethe: Samples, shell: Samples) {
        let what = "\(grouped(inventory.due)) due of \(grouped(inventory.attachments))"
        var peak: [Double] = []
        let (lethe, reference) = try inTurns(sizes.runs) {
            let answer = try ask(inventory, isDry: false)
            guard answer.count == inventory.due else { throw BenchFailure("planned \(answer.count): \(what)") }
            peak.append(answer.peakMegabytes)
            return answer.seconds
        } _: {
            try inventory.secondsToPlan()
        }
        guard let table else { return (lethe, reference) }
        table.add("plan, recorded: \(what)", .seconds, lethe, ("INSERT", reference), .atMost(1.5))
        let dry = try inTurns(sizes.runs) {
            try ask(inventory, isDry: true).seconds
        } _: {
            try inventory.secondsToList()
        }
        table.add("plan, dry (--at): \(what)", .seconds, dry.lethe, ("SELECT", dry.reference))
        table.add("most memory while planning", .megabytes, Samples(peak), nil, .atMost(200))
        return (lethe, reference)
    }

    private func decideAll(_ inventory: LargeInventory, _ table: Table) throws {
        let runs = min(3, sizes.runs)
        let what = "\(grouped(inventory.attachments)) decided again"
        var peak: [Double] = []
        let same = try inTurns(runs, warmsUp: false) {
            let answer = try ask(inventory, isDry: false, decideAll: true)
            peak.append(answer.peakMegabytes)
            return answer.seconds
        } _: {
            try inventory.secondsToScan()
        }
        table.add("\(what), dates stay", .seconds, same.lethe, ("aggregate", same.reference), .atMost(8))
        table.add("most memory while deciding all", .megabytes, Samples(peak))
        // A write of every row takes minutes in the largest inventory and says there what it says in the smaller one.
        guard inventory.attachments <= 2_000_000 else { return }
        // Out and back, so that the inventory is as it was.
        let moved = try [1, 0].map { try ask(inventory, isDry: false, later: $0).seconds }
        let updated = try [1, 0].map { try inventory.secondsToMove(later: $0) }
        table.add("\(what), every date moves", .seconds, Samples(moved), ("UPDATE", Samples(updated)))
    }

    private func ask(
        _ inventory: LargeInventory, isDry: Bool, decideAll: Bool = false, later: Int = 0
    ) throws -> Child.Answer {
        try Child.ask(
            ["plan", inventory.workspace.folder.path, String(isDry), String(decideAll), String(later)], in: folder)
    }

    static func child(_ arguments: [String]) throws -> Child.Answer {
        let workspace = BenchWorkspace(folder: URL(filePath: arguments[0]))
        let (inventory, log) = (try workspace.inventory(), try workspace.auditLog())
        if arguments[2] == "true" { try inventory.resetNextChecks(.all) }
        let decider = try BenchWorkspace.decider(LargeInventory.policies(later: Int(arguments[3]) ?? 0))
        let planning = PlanRetention(
            inventory: inventory, log: log, rules: decider, partner: BenchWorkspace.partner,
            limits: Limits(maxDeletes: .max, maxPercent: 100, maxBytes: .max))
        let start = ContinuousClock.now
        let planned = try planning.run(
            now: LargeInventory.now, isDraft: arguments[1] == "true")
        return Child.Answer(seconds: start.secondsUntilNow, count: planned.plan.items.count)
    }
}
