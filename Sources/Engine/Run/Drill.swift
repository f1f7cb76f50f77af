import Audit
import Cryptography
package import Domain
import Inventory
import LinqClient
package import Rules

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
        bytes =
            Array("a drill of lethe: this file deletes itself\n".utf8)
            + [UInt8](repeating: UInt8(ascii: "."), count: .random(in: 0..<60_000))
    }

    package func run() async throws(LetheError) -> Outcome {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        // What an apply is refused for is known before a file lies at the vendor.
        _ = try await Preflight(context).run(lines: nil)
        let id = try await upload()
        let now = context.time.now()
        let plan = Plan(
            id: try Randomness.id(PlanKind.self), kind: .drill, created: now, partner: context.partner,
            policyDigest: decider.policies.digest, coverage: "drill", limits: Limits(),
            items: [PlanItem(attachment: id, rule: "drill", tier: .persistent, size: Int64(bytes.count))])
        _ = try RecordPlan(inventory: context.inventory, log: context.log).run(plan)
        try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule()
        ).approveAutomatically(plan.id, by: settings.operatorName, how: .cli)
        let result = try await ApplyPlan(context, rules: decider, settings: settings).run(plan.id)
        let grade = try context.inventory.results(of: plan.id).first?.grade
        let vendor = context.vendor
        let afterwards = await Retrying(perSecond: 10, time: context.time, shouldStop: context.shouldStop)(
            answer: { $0.answer }, call: { await vendor.lookUp(id) }
        ).answer
        return Outcome(attachment: id, result: result, grade: grade, afterwards: afterwards)
    }

    private func isHeld(_ id: AttachmentID) throws(LetheError) -> Bool {
        try context.inventory.activeHolds(at: context.time.now()).contains { $0.scope == .attachment(id) }
    }

    /// Of a length that hardly any other file has: by it the vendor's answer is told from somebody else's file.
    private let bytes: [UInt8]
    private static let mime = "text/plain"

    /// Where everything is held nothing is deleted, not even a file of our own.
    private func refuseHoldOnEverything() throws(LetheError) {
        guard try context.inventory.activeHolds(at: context.time.now()).contains(where: { $0.scope == .all }) else {
            return
        }
        throw LetheError(
            "drill-held", .refused, "a hold on everything is in force: the drill would delete a file, if only its own",
            hint: "lethe doctor, without --drill")
    }

    private func upload() async throws(LetheError) -> AttachmentID {
        try refuseHoldOnEverything()
        let uploaded = await context.vendor.upload(bytes, mime: Self.mime, name: "lethe-drill.txt")
        try Preflight.refuseBadKey(uploaded.answer)
        guard let id = uploaded.id, (200..<300).contains(uploaded.answer.status) else {
            throw LetheError(
                "drill-upload", .failed, "the drill's attachment could not be uploaded (\(uploaded.answer.brief))",
                hint: "nothing of yours was touched; try again later")
        }
        // What the vendor names here is deleted: it must be nobody's.
        guard try context.inventory.attachment(id) == nil, try !isHeld(id) else {
            throw LetheError(
                "drill-known-id", .failed, "the vendor gave the drill an attachment that is in the inventory: \(id)",
                hint: "nothing was deleted; tell Linq's support, and do not trust this endpoint")
        }
        let vendor = context.vendor
        let found = await Retrying(perSecond: 10, time: context.time, shouldStop: context.shouldStop)(
            answer: { $0.answer }, call: { await vendor.lookUp(id) })
        guard LookUpFinding(found.answer) == .present else {
            throw LetheError(
                "drill-not-found", .failed, "the vendor does not find the drill's attachment (\(found.answer.brief))",
                hint: "nothing of yours was touched; attachment \(id) may be left at the vendor")
        }
        guard let file = found.found, file.id == id, file.size == Int64(bytes.count),
            file.mime.flatMap(MediaType.canonical) == Self.mime
        else {
            throw LetheError(
                "drill-other-file", .failed,
                "what the vendor shows as attachment \(id) is not what the drill uploaded: another size, type or id",
                hint: "nothing was deleted; tell Linq's support, and do not trust this endpoint")
        }
        return id
    }
}
