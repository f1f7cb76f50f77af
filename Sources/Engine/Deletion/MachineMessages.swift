package import Domain

/// What the driver tells the machine. Every command is answered by exactly one event; `began`, `tick` and `stop` come on
/// their own.
package enum MachineEvent: Sendable {
    case began
    /// `nextWake` has come.
    case tick
    /// A signal arrived or another reason outside of the machine to send nothing more.
    case stop(HaltCause)
    case decided([Redecision])
    /// The answer to `decide` where holds or facts could not be read.
    case undecidable(HaltCause)
    case committed
    case commitFailed
    case checked(AttachmentID, CheckResult)
    case answered(AttachmentID, VendorAnswer)
    /// `hasURL`: the answer named a download URL, which the driver keeps in memory.
    case lookedUp(AttachmentID, LookUpReason, VendorAnswer, hasURL: Bool)
    case headed(AttachmentID, VendorAnswer)
}

/// What the driver is to do, in this order and without waiting between them.
package enum MachineCommand: Sendable, Equatable {
    /// Read facts and holds of these items afresh and decide each.
    case decide([AttachmentID])
    /// Append these records as one durable commit.
    case commit([AuditRecord])
    /// Read the version of the holds and facts, and look for the kill file.
    case check(AttachmentID)
    case delete(AttachmentID)
    case lookUp(AttachmentID, LookUpReason)
    /// HEAD of the URL that a look-up before the DELETE gave.
    case head(AttachmentID)
    /// Nothing more will come.
    case finish
}

/// Whether an item may still go, decided on facts and holds as of `version`.
package struct Redecision: Sendable, Equatable {
    package enum Result: Sendable, Equatable {
        /// `seenBefore`: this account is known to have held it. `ephemeralEnds`: when the vendor's own 24 hours are over.
        case delete(rule: String, seenBefore: Bool, ephemeralEnds: Timestamp?)
        case keep(Outcome, reason: String)
    }

    /// Why what another plan has removed ends.
    static let alreadyGone = "already gone"

    package let attachment: AttachmentID
    package let verdict: Result
    package let version: FactsVersion
    /// Of what may not go any more: this account is known to have held it.
    package var wasSeen = false
}

/// What was found right before a DELETE.
package enum CheckResult: Sendable, Equatable {
    case current(FactsVersion)
    /// Nothing may be sent any more.
    case halt(HaltCause)
}

/// Why an attachment is asked for by GET.
package enum LookUpReason: Sendable, Equatable {
    /// Before the DELETE of an erasure plan.
    case before
    /// After a 204: is it gone? The second time five seconds after the first said no.
    case proof(again: Bool)
    /// The attempts are spent and one of them may have acted.
    case settle(attempt: Int)
    /// The circuit breaker asks whether the vendor is back.
    case probe
}
