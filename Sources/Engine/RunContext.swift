package import Audit
package import Domain
package import Foundation
package import Inventory
import Synchronization

/// What the workflows work with; `CLI/Wiring` puts it together.
package struct RunContext: Sendable {
    package let inventory: InventoryStore
    package let log: AuditLog
    package let vendor: any VendorAPI
    package private(set) var time: any TimeSource
    /// This machine's clock, where `time` is the earlier of two.
    let hostTime: any TimeSource
    private var vendorClock: EarlierClock?
    /// The partner id of the configured account.
    package let partner: String
    /// Held by whoever applies plans: one process per workspace.
    package let workspace: URL
    /// The kill file: while it is there nothing is sent.
    package let stopFile: URL
    /// A signal has arrived: send nothing new.
    package let shouldStop: @Sendable () -> Bool
    /// Who did what nobody was asked about.
    static let itself = "lethe"

    /// How far apart this clock and the vendor's may be, in seconds; `nil` = a clock of its own, in tests.
    package let clockTolerance: Int64?
    /// In seconds.
    package static let usualClockTolerance: Int64 = 300
    /// `nil` = the command cannot be told to.
    package let overrides: Overrides?
    /// `Decider.digest` of the rules as they stand in their files now; throws while they cannot be loaded. `nil` = the rules
    /// of this run come from no files.
    package let rulesInForce: RulesInForce?

    /// A link that leads nowhere is one too: what it leads to may be away for a while.
    var hasStopFile: Bool { Self.isThere(stopFile) }

    private static func isThere(_ file: URL) -> Bool {
        var status = stat()
        return lstat(file.path, &status) == 0
    }

    /// A signal has arrived, or the kill file is there.
    var isStopWanted: @Sendable () -> Bool {
        { [shouldStop, stopFile] in shouldStop() || Self.isThere(stopFile) }
    }

    /// While it is there no run starts, and nothing is made that only a run would end.
    func refuseKillFile() throws(LetheError) {
        guard hasStopFile else { return }
        throw LetheError(
            "kill-file", .incomplete, "\(HaltCause.killFile.message): nothing is deleted while it is there",
            hint: "remove STOP when deletions may go on, and run it again")
    }

    /// A signal has arrived, or the kill file came since: one that was there before stops deletions alone, and a listing is
    /// none.
    var isInterrupted: @Sendable () -> Bool {
        hasStopFile ? shouldStop : isStopWanted
    }

    /// The same, by a clock that is never ahead of the vendor's. `nil` = the vendor told no time.
    func bounded(by vendorTime: Timestamp?) -> RunContext {
        guard let vendorTime, clockTolerance != nil else { return self }
        var bounded = self
        let clock = EarlierClock(time, theirs: vendorTime)
        bounded.time = clock
        bounded.vendorClock = clock
        return bounded
    }

    /// Stamped by a clock that was ahead: such a time says nothing of an age. The later clock of both counts, since both stamp.
    func isFromLater(_ time: Timestamp) -> Bool { hostTime.isFromLater(time) }

    /// Up to when a request that is answered now covers what the person sent: the vendor dates that, so its clock counts where it is
    /// known.
    var coveredUntil: Timestamp { vendorClock?.theirsNow ?? hostTime.now() }

    /// What the preflight would refuse, and a person accepts: on record, in that person's name, before anything rests on it.
    package struct Overrides: Sendable {
        /// The clocks are too far apart; what is due and what has ended still is so by the earlier of both.
        package let acceptsClock: Bool
        /// Nothing proves that the key is of this account; what is absent then is never called gone.
        package let acceptsAccount: Bool
        package let by: String
        private let recorded = Recorded()

        package init(acceptsClock: Bool = false, acceptsAccount: Bool = false, by: String = "") {
            self.acceptsClock = acceptsClock
            self.acceptsAccount = acceptsAccount
            self.by = by
        }

        /// Notes that this act goes on record; `false` = it did so before in this command.
        func isFirst(_ act: AuditRecord.OperatorAct.Kind) -> Bool {
            recorded.acts.withLock { $0.insert(act.rawValue).inserted }
        }

        /// A command may have several preflights.
        private final class Recorded: Sendable {
            let acts = Mutex<Set<String>>([])
        }
    }

    /// `false`: a person goes on without a proof that the key is of the account that has these numbers. What it does not find may
    /// be another's.
    func isProved(_ accountLines: Set<PhoneLine>, of lines: Set<PhoneLine>? = nil) throws(LetheError) -> Bool {
        guard overrides?.acceptsAccount == true else { return true }
        let wanted: Set<PhoneLine>
        if let lines { wanted = lines } else { wanted = try inventory.lines() }
        return !wanted.isDisjoint(with: accountLines)
    }

    package typealias RulesInForce = @Sendable () throws(LetheError) -> String

    package init(
        inventory: InventoryStore, log: AuditLog, vendor: any VendorAPI, time: any TimeSource, partner: String,
        workspace: URL, clockTolerance: Int64? = usualClockTolerance, overrides: Overrides? = nil,
        rulesInForce: RulesInForce? = nil,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.inventory = inventory
        self.log = log
        inventory.record(in: log)
        self.vendor = vendor
        self.time = time
        hostTime = time
        self.partner = partner
        self.workspace = workspace
        stopFile = workspace.appending(path: "STOP")
        self.shouldStop = shouldStop
        self.rulesInForce = rulesInForce
        self.clockTolerance = clockTolerance
        self.overrides = overrides
    }
}
