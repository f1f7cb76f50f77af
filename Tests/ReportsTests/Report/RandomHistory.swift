import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import TestSupport

@testable import Reports

/// A random life of a small account: plans over some of its files, some of them again and again, some for a request, with every way to
/// end; in the log, in the store that follows it, and as a list that is kept beside both.
final class RandomHistory {
    /// How an item of a plan ended, last.
    struct End: Hashable {
        let plan: PlanID
        let attachment: AttachmentID
        var outcome: Outcome
        var at: Timestamp
    }

    let world: GatherWorld
    private(set) var ends: [End] = []
    private(set) var open: Set<AttachmentID> = []
    private(set) var plans: [Plan] = []
    private var generator: SeededGenerator
    private var gone: Set<AttachmentID> = []
    private var operations = 0

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        world = try GatherWorld()
        for number in 0..<(1 + Int.random(in: 0...5, using: &generator)) { try carryOut(10 + number) }
        _ = try world.log.seal()
        try CatchUp(inventory: world.store, log: world.log).run()
    }

    private func append(_ records: [AuditRecord]) throws {
        world.clock.step(seconds: Int64.random(in: 1...40_000, using: &generator))
        _ = try world.log.append(records)
    }

    private func carryOut(_ number: Int) throws {
        let isErasure = Bool.random(using: &generator)
        let chosen = (1...7).filter { _ in Bool.random(using: &generator) }
        let request = isErasure ? world.request.id : nil
        let rule = request.map { "erasure:\($0)" } ?? "policy:support-media"
        let plan = Plan(
            id: SampleReport.plan(number), kind: isErasure ? .erasure : .retention, created: world.clock.now(),
            partner: SampleReport.partner, policyDigest: String(repeating: "0", count: 64), request: request,
            coverage: "complete", limits: Limits(),
            items: (chosen.isEmpty ? [1] : chosen).map {
                PlanItem(
                    attachment: SampleReport.attachment($0), rule: rule, line: SampleReport.lines[$0 % 2],
                    tier: .persistent, size: 1000 * Int64($0))
            })
        let digest = try world.store.save(plan)
        let run = SampleReport.run(number)
        plans.append(plan)
        try append([
            .planCreated(
                .init(
                    plan: plan.id, kind: plan.kind, digest: digest, items: plan.items.count, policy: plan.policyDigest)),
            .planApproved(.init(plan: plan.id, digest: digest, by: "m.okafor", how: .cli)),
        ])
        try world.store.move(plan.id, to: .approved)
        guard Int.random(in: 0..<6, using: &generator) > 0 else { return }
        try append([.runStart(.init(run: run, plan: plan.id, digest: digest, policy: plan.policyDigest))])
        try world.store.move(plan.id, to: .applying)
        var counts = OutcomeCounts()
        for item in plan.items { counts.add(try workOn(item, plan, run)) }
        if counts[.notAttempted] > 0 { return try append([.runHalt(.init(run: run, cause: "signal"))]) }
        try append([.runEnd(.init(run: run, RunCounts(counts)))])
        try world.store.move(plan.id, to: .done)
    }

    /// Gives the outcome; `not_attempted` = it is open.
    private func workOn(_ item: PlanItem, _ plan: Plan, _ run: RunID) throws -> Outcome {
        let id = item.attachment
        if gone.contains(id) { return try close(item, plan, run, .changedSincePlan) }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return try close(item, plan, run, .withheldHold)
        case 1: return try close(item, plan, run, .withheldRetention)
        case 2: return try send(item, plan, run, .http(status: 403, code: nil), .refusedByVendor)
        case 3:
            try append([.deleteIntent(intent(item, run, try: 1))])
            open.insert(id)
            return .notAttempted
        case 4:
            operations += 1
            let first = intent(item, run, try: 1)
            try append([.deleteIntent(first)])
            try append([.deleteOutcome(.init(to: first, VendorAnswer(.failure(.timeout)), final: nil))])
            return try send(item, plan, run, .http(status: 404, code: 2003), .deletedAfterRetry, try: 2)
        case 5:
            _ = try send(item, plan, run, .http(status: 204, code: nil), .deleted)
            try append([.deleteVerified(.init(run: run, attachment: id, http: 200, grade: .x))])
            return try close(item, plan, run, .failedUnexpected)
        default: return try send(item, plan, run, .http(status: 204, code: nil), .deleted)
        }
    }

    private func intent(_ item: PlanItem, _ run: RunID, try attempt: Int) -> AuditRecord.Intent {
        if attempt == 1 { operations += 1 }
        return AuditRecord.Intent(
            run: run, operation: OperationID(value: UInt128(1000 + operations)), attempt: attempt,
            attachment: item.attachment, rule: item.rule)
    }

    private func send(
        _ item: PlanItem, _ plan: Plan, _ run: RunID, _ answer: VendorAnswer.Reply, _ outcome: Outcome,
        try attempt: Int = 1
    ) throws -> Outcome {
        let intent = intent(item, run, try: attempt)
        try append([.deleteIntent(intent)])
        try append([.deleteOutcome(.init(to: intent, VendorAnswer(answer, trace: "tr-\(operations)"), final: outcome))])
        return end(item, plan, outcome)
    }

    private func close(_ item: PlanItem, _ plan: Plan, _ run: RunID, _ outcome: Outcome) throws -> Outcome {
        try append([.itemClosed(.init(run: run, attachment: item.attachment, outcome: outcome, reason: "a reason"))])
        return end(item, plan, outcome)
    }

    private func end(_ item: PlanItem, _ plan: Plan, _ outcome: Outcome) -> Outcome {
        let id = item.attachment
        ends.removeAll { $0.plan == plan.id && $0.attachment == id }
        ends.append(End(plan: plan.id, attachment: id, outcome: outcome, at: world.clock.now()))
        open.remove(id)
        if outcome.stateOfObject == .gone { gone.insert(id) }
        if outcome == .failedUnexpected { gone.remove(id) }
        return outcome
    }
}
