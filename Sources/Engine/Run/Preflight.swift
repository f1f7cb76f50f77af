import Audit
package import Domain
import Inventory
import LinqClient

/// What must be so before anything is sent: the key is of this account, the log's head verifies, no hold is lost, the
/// clock is about right.
package struct Preflight: Sendable {
    package struct Result: Sendable {
        /// The numbers that the key lists, and those it lists no more but whose attachments it finds.
        package let accountLines: Set<PhoneLine>
        /// What the vendor's clock shows.
        package let vendorTime: Timestamp?
        /// For people; the run goes on.
        package let warnings: [String]
    }

    private let context: RunContext

    package init(_ context: RunContext) {
        self.context = context
    }

    /// `lines`: the numbers on which the plan's items are; `nil` skips the comparison (a drill has none).
    package func run(lines: Set<PhoneLine>?) async throws(LetheError) -> Result {
        try recordHolds()
        try refuseLost(
            holds: try context.inventory.unresolvedHolds(), requests: try context.inventory.unresolvedRequests())
        try context.log.verifyHead()
        let (listed, answer) = try await askForLines()
        var warnings = try checkClock(answer)
        // What has ended has so by the earlier of both clocks.
        let lost = try RecordedTruth(context.log).lost(
            from: context.inventory, at: context.bounded(by: answer.date).time.now())
        try refuseLost(holds: lost.holds, requests: lost.requests)
        let account = try await account(of: lines ?? [], listed: listed)
        if let lines, !lines.isEmpty, lines.isDisjoint(with: account) {
            warnings.append(
                try accept(
                    .accountAccept, "account", "the key lists none of the numbers concerned and finds nothing of them"))
        }
        return Result(accountLines: account, vendorTime: answer.date, warnings: warnings)
    }

    /// The numbers of the account. A number that was released is listed no more; that the key is its account's is proved by an
    /// attachment or a chat of it that the key still finds. A key that lists none of these numbers and finds nothing of them
    /// is another account's. No number known at all says nothing.
    func account(of lines: Set<PhoneLine>, listed: Set<PhoneLine>) async throws(LetheError) -> Set<PhoneLine> {
        var account = listed
        for line in lines.subtracting(listed).sorted().prefix(Self.mostReleased) {
            if try await isOurs(line) { account.insert(line) }
        }
        guard !lines.isEmpty, lines.isDisjoint(with: account), !context.overrides.acceptsAccount else { return account }
        throw LetheError(
            "foreign-key", .refused, "the API key is of another account: it lists none of the numbers concerned",
            hint: "check LINQ_API_V3_API_KEY; under another account's key every attachment would seem to be gone. "
                + "If the key is right and the numbers were released: --accept-account, which is recorded")
    }

    /// Puts on record what a person accepts; gives the warning that says so.
    private func accept(
        _ act: AuditRecord.OperatorAct, _ ref: String, _ what: String
    ) throws(LetheError) -> String {
        _ = try context.log.append([.operatorAct(act: act, ref: ref, by: context.overrides.by, reason: what)])
        try CatchUp(inventory: context.inventory, log: context.log).run()
        return "\(what): accepted by \(context.overrides.by), and recorded"
    }

    /// Numbers that are asked about in one run, and things of each.
    private static let mostReleased = 20
    private static let samples = 3

    private func isOurs(_ line: PhoneLine) async throws(LetheError) -> Bool {
        let vendor = context.vendor
        let known = try context.inventory.attachments(
            AttachmentFilter(line: line, state: .live), after: nil, limit: Self.samples)
        for attachment in known.attachments {
            let lookUp = await vendor.lookUp(attachment.id)
            // A page of somebody else's may well be a 200: only the attachment itself counts.
            guard let found = lookUp.found, found.id == attachment.id else { continue }
            _ = try context.inventory.record([Delivery(lookups: [found])], now: context.time.now())
            return true
        }
        for chat in try context.inventory.chats(on: line, limit: Self.samples) {
            let listing = await vendor.chat(chat)
            guard listing.answer.status == 200, listing.elements.contains(where: { $0.chat == chat }) else { continue }
            _ = try context.inventory.record([Delivery(chats: listing.elements)], now: context.time.now())
            return true
        }
        return false
    }

    /// 401 and 403, as a halt says them.
    static func refuseBadKey(_ answer: VendorAnswer) throws(LetheError) {
        switch answer.status {
        case 401:
            throw LetheError("unauthorized", .failed, HaltCause.unauthorized.message, hint: HaltCause.unauthorized.hint)
        case 403: throw LetheError("forbidden", .failed, HaltCause.forbidden.message, hint: HaltCause.forbidden.hint)
        default: return
        }
    }

    /// A hold is in force from the moment it is stored, and its record follows at once. Where the process died in between,
    /// a minute ago or longer, it follows here.
    private func recordHolds() throws(LetheError) {
        let limit = context.time.now().adding(seconds: -60)
        let missing = try context.inventory.unrecordedHolds().filter { $0.placedAt < limit }
        guard !missing.isEmpty else { return }
        _ = try context.log.append(missing.map(\.placement))
        try CatchUp(inventory: context.inventory, log: context.log).run()
    }

    private func refuseLost(holds: [HoldID], requests: [RequestID]) throws(LetheError) {
        if let lost = holds.first {
            let isThere = try context.inventory.holds().contains { $0.id == lost }
            throw LetheError(
                "hold-unresolved", .refused,
                "the audit log has hold \(lost), which the inventory "
                    + (isThere ? "has in another form" : "lacks") + ": nothing may be deleted",
                hint: "put back the newest inventory.db; if the hold is over: "
                    + "lethe hold release \(lost) --as NAME --reason TEXT")
        }
        if let lost = requests.first {
            throw LetheError(
                "request-unresolved", .refused,
                "the audit log has request \(lost), which the inventory lacks: nothing may be deleted",
                hint: "put back the newest inventory.db, or put the loss on record: "
                    + "lethe requests withdraw \(lost) --as NAME --reason TEXT")
        }
    }

    /// The numbers that the key lists.
    func listLines() async throws(LetheError) -> Set<PhoneLine> { try await askForLines().lines }

    private func askForLines() async throws(LetheError) -> (lines: Set<PhoneLine>, VendorAnswer) {
        var policy = RetryPolicy()
        policy.maximumTries = 5
        let vendor = context.vendor
        let listing = await Retrying(
            policy: policy, perSecond: 10, time: context.time, shouldStop: context.isStopWanted
        ).page {
            await vendor.phoneLines()
        }
        try Self.refuseBadKey(listing.answer)
        if listing.answer.status != 200, context.isStopWanted() {
            throw LetheError(
                "interrupted", .incomplete, "the run was asked to stop before the vendor answered",
                hint: "nothing was sent; run it again")
        }
        guard listing.answer.status == 200, listing.isComplete else {
            throw LetheError(
                "vendor-unreachable", .failed,
                "the vendor does not list the account's numbers (\(listing.answer.brief))",
                hint: "nothing was sent; try again later, or see `lethe doctor`")
        }
        return (Set(listing.elements), listing.answer)
    }

    /// Everything that ends, a retention, a hold, a request, ends by the clock. One that is more than five minutes away from
    /// the vendor's, or where the vendor tells no time behind what the log has, deletes nothing.
    private func checkClock(_ answer: VendorAnswer) throws(LetheError) -> [String] {
        guard let tolerance = context.clockTolerance else { return [] }
        let now = context.time.now()
        guard let date = answer.date else {
            // Whatever was recorded since by the same clock does not make it a better one.
            if let latest = try context.log.latestTime(), now.adding(seconds: tolerance) < latest {
                return [try doubt("is behind the newest record of the audit log, \(latest.brief)")]
            }
            let what = "the vendor's answer tells no time, so this machine's clock was not compared with it"
            _ = try context.log.append([.operatorAct(act: .clockAccept, ref: "clock", by: "lethe", reason: what)])
            return [what]
        }
        let apart = (now.microseconds - date.microseconds) / 1_000_000
        guard apart.magnitude <= tolerance else {
            return [try doubt("is \(Self.span(apart.magnitude)) \(apart > 0 ? "ahead of" : "behind") the vendor's")]
        }
        if try lastRecord().map({ now.adding(seconds: tolerance) < $0 }) ?? false {
            return ["the audit log has records from after now: an earlier run had a clock that was ahead"]
        }
        return apart.magnitude > 60 ? ["this machine's clock is \(apart.magnitude) s away from the vendor's"] : []
    }

    private func lastRecord() throws(LetheError) -> Timestamp? {
        let seq = try context.inventory.appliedSeq(origin: context.log.origin)
        return try context.log.entries(after: seq - 1, limit: 1).first?.time
    }

    /// Throws, or gives the warning where a person accepts it.
    private func doubt(_ what: String) throws(LetheError) -> String {
        if context.overrides.acceptsClock { return try accept(.clockAccept, "clock", "this machine's clock \(what)") }
        throw LetheError(
            "clock-doubtful", .refused, "this machine's clock \(what): nothing was deleted",
            hint:
                "set the clock (timedatectl set-ntp true, or chronyc makestep), then run again; lethe doctor compares it. "
                + "If this machine's clock is right: --accept-clock, which is recorded")
    }

    private static func span(_ seconds: UInt64) -> String {
        seconds < 7200
            ? "\(seconds / 60) minutes" : seconds < 172_800 ? "\(seconds / 3600) hours" : "\(seconds / 86_400) days"
    }
}

extension VendorAnswer {
    /// For people: the status, or why there is none.
    var brief: String {
        switch reply {
        case .http(let status, _): "HTTP \(status)"
        case .failure(let failure): failure.rawValue.replacing("_", with: " ")
        }
    }
}
