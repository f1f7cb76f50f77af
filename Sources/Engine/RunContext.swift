package import Audit
package import Domain
package import Foundation
package import Inventory

/// What the workflows work with; `CLI/Wiring` puts it together.
package struct RunContext: Sendable {
    package let inventory: InventoryStore
    package let log: AuditLog
    package let vendor: any VendorAPI
    package let time: any TimeSource
    /// The partner id of the configured account.
    package let partner: String
    /// Held by whoever applies plans: one process per workspace.
    package let workspace: URL
    /// The kill file: while it is there nothing is sent.
    package let stopFile: URL
    /// A signal has arrived: send nothing new.
    package let shouldStop: @Sendable () -> Bool
    /// How far apart this clock and the vendor's may be, in seconds; `nil` = a clock of its own, in tests.
    package let clockTolerance: Int64?
    /// `Decider.digest` of the rules as they stand in their files now; throws while they cannot be loaded. `nil` = the rules
    /// of this run come from no files.
    package let rulesInForce: RulesInForce?

    /// The same, by a clock that is never ahead of the vendor's. `nil` = the vendor told no time.
    func bounded(by vendorTime: Timestamp?) -> RunContext {
        guard let vendorTime, clockTolerance != nil else { return self }
        return RunContext(
            inventory: inventory, log: log, vendor: vendor, time: EarlierClock(time, theirs: vendorTime),
            partner: partner, workspace: workspace, clockTolerance: clockTolerance, rulesInForce: rulesInForce,
            shouldStop: shouldStop)
    }

    package typealias RulesInForce = @Sendable () throws(LetheError) -> String

    package init(
        inventory: InventoryStore, log: AuditLog, vendor: any VendorAPI, time: any TimeSource, partner: String,
        workspace: URL, clockTolerance: Int64? = 300, rulesInForce: RulesInForce? = nil,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.inventory = inventory
        self.log = log
        self.vendor = vendor
        self.time = time
        self.partner = partner
        self.workspace = workspace
        stopFile = workspace.appending(path: "STOP")
        self.shouldStop = shouldStop
        self.rulesInForce = rulesInForce
        self.clockTolerance = clockTolerance
    }
}
