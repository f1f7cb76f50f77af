import Audit
import Cryptography
package import Domain
import Inventory
import LinqClient
package import Rules
import Synchronization

/// `lethe doctor --drill`: proves the whole path on the real account without touching anyone's data. Uploads a tiny
/// attachment of its own, finds it by GET, deletes it by a plan like any other, and finds it gone.
package struct Drill: Sendable {
    package struct Outcome: Sendable {
        package let attachment: AttachmentID
        package let result: RunResult
        /// A: found before, 204, not found after, and its URL is dead.
        package let grade: EvidenceGrade?
        /// What the vendor says of it once it is deleted.
        package let afterwards: VendorAnswer
    }

    private let context: RunContext
    private let decider: Decider
    private let settings: ApplyPlan.Settings

    package init(_ context: RunContext, rules: Decider, settings: ApplyPlan.Settings) {
        self.context = context
        decider = rules
        self.settings = settings
    }

    package func run() async throws(LetheError) -> Outcome {
        let lease = try RunLease(context.workspace)
        defer { lease.release() }
        try CatchUp(inventory: context.inventory, log: context.log).run()
        try refuseHoldOnEverything()
        try context.refuseKillFile()
        try refuseSignal()
        // All that would stop the deletion is found out before there is something to delete.
        let preflight = try await Preflight(context).run(lines: nil)
        return try await Drill(context.bounded(by: preflight.vendorTime), rules: decider, settings: settings)
            .run(ApplyPlan.Conditions(preflight: preflight, lease: lease))
    }

    private func run(_ conditions: ApplyPlan.Conditions) async throws(LetheError) -> Outcome {
        try await resume(conditions)
        if let left = try await finishWhatWasLeft(conditions), left.endsTheRun { throw RunRetention.halted(left) }
        if let left = try DrillUpload.left(in: context.inventory) { throw Self.isLeft(left) }
        let upload = try await upload()
        let result = try await delete(upload, conditions)
        let grade = try context.inventory.results(of: result.plan).first?.grade
        return Outcome(
            attachment: upload.id, result: result, grade: grade, afterwards: await lookUp(upload.id).answer)
    }

    /// Plans of drills that were begun, as `lethe run --apply` resumes them.
    private func resume(_ conditions: ApplyPlan.Conditions) async throws(LetheError) {
        let apply = ApplyPlan(context, rules: decider, settings: settings)
        for plan in try context.inventory.plans(in: [.applying, .halted]) where plan.kind == .drill {
            let record = try context.inventory.plan(plan.id)
            try apply.refuseUnready(record, reason: nil)
            let result = try await apply.apply(record, conditions)
            if result.endsTheRun { throw RunRetention.halted(result) }
        }
    }

    /// What a drill that was cut short left at the vendor is deleted by a plan of its own, if it is still what was uploaded.
    /// `nil` = there is nothing to do, or a plan that was begun has it.
    func finishWhatWasLeft(_ conditions: ApplyPlan.Conditions) async throws(LetheError) -> RunResult? {
        var last = try await settle(conditions)
        for plan in try context.inventory.plans(in: [.proposed, .approved]) where plan.kind == .drill {
            if last?.endsTheRun == true { break }
            try DrillUpload(context.inventory.plan(plan.id, evenIfChanged: true))?.note(in: context.inventory)
            try ClosePlan(context).cancel(
                plan.id, by: settings.operatorName, how: .schedule, reason: "the drill was cut short")
            last = try await settle(conditions) ?? last
        }
        return last
    }

    /// What it would delete; `nil` = nothing.
    func showWhatWasLeft() throws(LetheError) -> RunRetention.Step? {
        let isInWork = try context.inventory.plans(in: [.applying, .halted]).contains { $0.kind == .drill }
        let isHeld = try context.inventory.activeHolds(at: context.time.now()).contains { $0.scope == .all }
        guard !isInWork, !isHeld, let upload = try DrillUpload.left(in: context.inventory) else { return nil }
        return RunRetention.Step(plan: nil, request: nil, items: [upload.id], result: nil)
    }

    private func settle(_ conditions: ApplyPlan.Conditions) async throws(LetheError) -> RunResult? {
        let isInWork = try context.inventory.plans(in: [.applying, .halted]).contains { $0.kind == .drill }
        guard !isInWork, let upload = try DrillUpload.left(in: context.inventory) else { return nil }
        try refuseHoldOnEverything()
        guard try await look(at: upload, hasArrived: false) != .nothing else {
            try DrillUpload.forget(in: context.inventory)
            return nil
        }
        let result = try await delete(upload, conditions)
        if !result.endsTheRun, let left = try DrillUpload.left(in: context.inventory) { throw Self.isLeft(left) }
        return result
    }

    private static func isLeft(_ upload: DrillUpload) -> LetheError {
        LetheError(
            "drill-left", .incomplete, "attachment \(upload.id) of an earlier drill is left at the vendor",
            hint: "see: lethe inventory show \(upload.id); the next lethe run --apply or drill tries again")
    }

    private func delete(
        _ upload: DrillUpload, _ conditions: ApplyPlan.Conditions
    ) async throws(LetheError) -> RunResult {
        let plan = Plan(
            id: try Randomness.id(PlanKind.self), kind: .drill, created: context.time.now(), partner: context.partner,
            policyDigest: decider.policies.digest, coverage: "drill", limits: Limits(),
            items: [PlanItem(attachment: upload.id, rule: "drill", tier: .persistent, size: upload.size)])
        _ = try RecordPlan(inventory: context.inventory, log: context.log).run(plan)
        let record = try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule()
        ).approveAutomatically(plan.id, by: settings.operatorName)
        let result = try await ApplyPlan(context, rules: decider, settings: settings).apply(record, conditions)
        // Once it is gone it is forgotten.
        _ = try DrillUpload.left(in: context.inventory)
        return result
    }

    private func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        let vendor = context.vendor
        return await Retrying(perSecond: 10, time: context.time, shouldStop: context.shouldStop)(
            answer: { $0.answer }, call: { await vendor.lookUp(id) })
    }

    /// Where everything is held nothing is deleted, not even a file of our own.
    private func refuseHoldOnEverything() throws(LetheError) {
        guard try context.inventory.activeHolds(at: context.time.now()).contains(where: { $0.scope == .all }) else {
            return
        }
        throw LetheError(
            "drill-held", .refused, "a hold on everything is in force: the drill would delete a file, if only its own",
            hint: "lethe doctor, without --drill")
    }

    /// `upload`: what is at the vendor by then.
    private func refuseSignal(after upload: AttachmentID? = nil) throws(LetheError) {
        guard context.shouldStop() else { return }
        throw LetheError(
            "interrupted", .incomplete,
            upload.map { "the drill was asked to stop, and its attachment \($0) is left at the vendor" }
                ?? "the drill was asked to stop before it uploaded anything",
            hint: upload == nil ? "run it again" : Self.nextDeletesIt)
    }

    private static let nextDeletesIt = "the next lethe run --apply or lethe doctor --drill deletes it"

    /// It is known here before its bytes leave: whatever fails from there on, the next drill or run finds it.
    private func upload() async throws(LetheError) -> DrillUpload {
        try refuseSignal()
        let bytes = DrillUpload.bytes()
        let (context, size) = (context, Int64(bytes.count))
        let refusal = Mutex<LetheError?>(nil)
        let uploaded = await context.vendor.upload(bytes, mime: DrillUpload.mime, name: "lethe-drill.txt") { id in
            do throws(LetheError) {
                try DrillUpload.refuseKnown(id, context)
                try DrillUpload(id: id, size: size).note(in: context.inventory)
                return true
            } catch {
                refusal.withLock { $0 = error }
                return false
            }
        }
        if let error = refusal.withLock({ $0 }) { throw error }
        try Preflight.refuseBadKey(uploaded.answer)
        guard let id = uploaded.id, (200..<300).contains(uploaded.answer.status) else {
            throw LetheError(
                "drill-upload", .failed, "the drill's attachment could not be uploaded (\(uploaded.answer.brief))",
                hint: "nothing of yours was touched; try again later"
                    + (uploaded.id.map { ". If attachment \($0) is at the vendor, \(Self.nextDeletesIt)" } ?? ""))
        }
        let upload = DrillUpload(id: id, size: size)
        if context.shouldStop() { try upload.record(in: context.inventory, at: context.time.now()) }
        try refuseSignal(after: id)
        guard try await look(at: upload, hasArrived: true) == .shown else {
            throw LetheError(
                "drill-not-found", .failed, "the vendor does not find the drill's attachment",
                hint: "nothing of yours was touched; attachment \(id) may be left at the vendor: \(Self.nextDeletesIt)")
        }
        try refuseSignal(after: id)
        return upload
    }

    private enum Sight {
        case shown
        /// It was there. A DELETE puts on record that it is not any more.
        case absent
        /// Its bytes never arrived.
        case nothing
    }

    /// Throws where the vendor shows somebody else's file, which is not taken into the inventory, or nothing that says anything.
    /// `hasArrived`: the vendor has answered that it has the bytes.
    private func look(at upload: DrillUpload, hasArrived: Bool) async throws(LetheError) -> Sight {
        try upload.refuseForeign(context)
        let lookUp = await lookUp(upload.id)
        try context.noteFinding(lookUp.answer, of: upload.id)
        let finding = LookUpFinding(lookUp.answer)
        let isOther = finding == .present && !upload.isShown(by: lookUp)
        if hasArrived, !isOther { try upload.record(in: context.inventory, at: context.time.now()) }
        try Preflight.refuseBadKey(lookUp.answer)
        let isKnown = try context.inventory.attachment(upload.id) != nil
        switch finding {
        case .present:
            guard !isOther else {
                try DrillUpload.forget(in: context.inventory)
                throw LetheError(
                    "drill-other-file", .failed,
                    "what the vendor shows as attachment \(upload.id) is not what the drill uploaded: another size, type or id",
                    hint: "nothing was deleted; tell Linq's support, and do not trust this endpoint")
            }
            guard isKnown || lookUp.found?.layout != nil else { return .nothing }
            try upload.record(in: context.inventory, at: context.time.now())
            return .shown
        case .absent: return isKnown ? .absent : .nothing
        case .keyRefused, .unknown:
            try refuseSignal(after: upload.id)
            throw LetheError(
                "drill-not-found", .failed, "the vendor does not find the drill's attachment (\(lookUp.answer.brief))",
                hint: "nothing of yours was touched; attachment \(upload.id) may be left at the vendor: "
                    + Self.nextDeletesIt)
        }
    }
}
