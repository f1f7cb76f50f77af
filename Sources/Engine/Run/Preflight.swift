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
        package internal(set) var warnings: [String]
    }

    private let context: RunContext
    /// Nothing is written: what would be is only told.
    private let isRehearsal: Bool

    package init(_ context: RunContext, isRehearsal: Bool = false) {
        self.context = context
        self.isRehearsal = isRehearsal
    }

    /// `lines`: the numbers on which the plan's items are; `nil` skips the comparison (a drill has none).
    package func run(lines: Set<PhoneLine>?) async throws(LetheError) -> Result {
        try context.log.verifyHead()
        let (listed, answer) = try await askForLines()
        var warnings = try checkClock(answer.date)
        // What has ended has so by the earlier of both clocks.
        try refuseDifferences(at: context.bounded(by: answer.date).time.now())
        let account = try await account(of: lines ?? [], listed: listed)
        var unproved: String?
        if let lines, !lines.isEmpty, lines.isDisjoint(with: account) {
            unproved = "the key lists none of the numbers concerned and finds nothing of them"
        }
        // A plan of this run may need it although the account as a whole is proved.
        if context.overrides?.acceptsAccount == true {
            warnings.append(try accept(.accountAccept, "account", unproved))
        }
        return Result(accountLines: account, vendorTime: answer.date, warnings: warnings)
    }

    /// What of it needs no answer of the vendor, for a rehearsal without an API key.
    func runWithoutVendor() throws(LetheError) -> Result {
        try context.log.verifyHead()
        let warnings = try checkClock(nil, isForApply: false)
        try refuseDifferences(at: context.time.now())
        return Result(accountLines: try context.inventory.lines(), vendorTime: nil, warnings: warnings)
    }

    private func refuseDifferences(at now: Timestamp) throws(LetheError) {
        let differences = try RecordedTruth(context.log).differences(in: context.inventory, at: now)
        if let first = differences.first { throw first.error }
    }

    /// The numbers of the account. A number that was released is listed no more; that the key is its account's is proved by an
    /// attachment or a chat of it that the key still finds. A key that lists none of these numbers and finds nothing of them
    /// is another account's. No number known at all says nothing.
    func account(of lines: Set<PhoneLine>, listed: Set<PhoneLine>) async throws(LetheError) -> Set<PhoneLine> {
        var account = listed
        var asked: [(id: AttachmentID, answer: VendorAnswer)] = []
        for line in lines.subtracting(listed).sorted().prefix(Self.mostReleased) {
            if try await isOurs(line, &asked) { account.insert(line) }
        }
        guard !lines.isEmpty, lines.isDisjoint(with: account), context.overrides?.acceptsAccount != true else {
            // Under another account's key every attachment would be missed.
            if !isRehearsal { for one in asked { try context.noteFinding(one.answer, of: one.id) } }
            return account
        }
        throw LetheError(
            "foreign-key", .refused, "the API key is of another account: it lists none of the numbers concerned",
            hint: "check LINQ_API_V3_API_KEY; under another account's key every attachment would seem to be gone"
                + (context.overrides == nil
                    ? "" : ". If the key is right and the numbers were released: --accept-account, which is recorded"))
    }

    /// Puts on record what a person accepts, whether or not something stands against it now: what comes up later in the run is
    /// let pass by it too. Once per command; gives the warning that says so.
    private func accept(
        _ act: AuditRecord.OperatorAct.Kind, _ ref: String, _ what: String?
    ) throws(LetheError) -> String {
        guard let overrides = context.overrides else { return "" }
        if isRehearsal { return "\(what ?? ref): accepted, which an apply records" }
        if overrides.isFirst(act) {
            let reason = what ?? "given beforehand: nothing stood against it"
            _ = try context.log.append([.operatorAct(.init(act: act, ref: ref, by: overrides.by, reason: reason))])
            try CatchUp(inventory: context.inventory, log: context.log).run()
        }
        return "\(what ?? ref): accepted by \(overrides.by), and recorded"
    }

    /// Numbers that are asked about in one run, and things of each.
    private static let mostReleased = 20
    private static let samples = 3

    private func isOurs(
        _ line: PhoneLine, _ asked: inout [(id: AttachmentID, answer: VendorAnswer)]
    ) async throws(LetheError) -> Bool {
        let vendor = context.vendor
        let known = try context.inventory.attachments(
            AttachmentFilter(line: line, state: .live), after: nil, limit: Self.samples)
        for attachment in known.attachments {
            let lookUp = await vendor.lookUp(attachment.id)
            asked.append((attachment.id, lookUp.answer))
            // A page of somebody else's may well be a 200: only the attachment itself counts.
            guard let found = lookUp.found, found.id == attachment.id else { continue }
            try note(Delivery(lookups: [found]))
            return true
        }
        for chat in try context.inventory.chats(on: line, limit: Self.samples) {
            let listing = await vendor.chat(chat)
            guard listing.answer.status == 200, listing.elements.contains(where: { $0.chat == chat }) else { continue }
            try note(Delivery(chats: listing.elements))
            return true
        }
        return false
    }

    private func note(_ delivery: Delivery) throws(LetheError) {
        if !isRehearsal { _ = try context.inventory.record([delivery], now: context.time.now()) }
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

    /// The numbers that the key lists.
    func listLines() async throws(LetheError) -> Set<PhoneLine> { try await askForLines().lines }

    private func askForLines() async throws(LetheError) -> (lines: Set<PhoneLine>, VendorAnswer) {
        var policy = RetryPolicy()
        policy.maximumTries = isRehearsal ? 1 : 5
        let vendor = context.vendor
        // A kill file that was there before stops what deletes, and that has been refused by now.
        let isInterrupted = context.isInterrupted
        let listing = await Retrying(
            policy: policy, perSecond: 10, time: context.time, shouldStop: isInterrupted
        ).page {
            await vendor.phoneLines()
        }
        try Self.refuseBadKey(listing.answer)
        if listing.answer.status != 200, isInterrupted() {
            try context.refuseKillFile()
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

    /// A clock that may not be believed deletes nothing.
    private func checkClock(_ date: Timestamp?, isForApply: Bool = true) throws(LetheError) -> [String] {
        guard let tolerance = context.clockTolerance else { return [] }
        let verdict = try ClockCheck(context.log, tolerance: tolerance).verdict(
            at: context.time.now(), vendor: date, needsWitness: !isForApply)
        let isSilent = verdict == .uncompared && !isForApply
        let warning = isSilent ? nil : verdict.warning
        if context.overrides?.acceptsClock == true {
            let what = verdict.doubt.map { "this machine's clock \($0)" } ?? warning
            return [try accept(.clockAccept, "clock", what)]
        }
        if let doubt = verdict.doubt {
            throw LetheError(
                "clock-doubtful", .refused, "this machine's clock \(doubt): nothing was deleted",
                hint: verdict.fix
                    + (context.overrides == nil
                        ? "" : ". If this machine's clock is right: --accept-clock, which is recorded"))
        }
        if verdict == .uncompared, isForApply, !isRehearsal {
            _ = try context.log.append([
                .operatorAct(
                    .init(act: .clockAccept, ref: "clock", by: RunContext.itself, reason: warning, how: .schedule))
            ])
        }
        return warning.map { [$0] } ?? []
    }

    /// Whoever opens a request dates it by this machine's clock: it is compared as before a deletion. `asksVendor`: else, and
    /// where the vendor does not answer, the log is the witness. Gives what the vendor's clock shows, and warnings.
    func compareClock(
        asksVendor: Bool
    ) async throws(LetheError) -> (vendorTime: Timestamp?, warnings: [String]) {
        let vendor = context.vendor
        let date = asksVendor ? await vendor.phoneLines().answer.date : nil
        return (date, try checkClock(date, isForApply: false))
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
