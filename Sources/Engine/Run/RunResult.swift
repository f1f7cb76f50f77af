package import Domain

/// How one run of a plan ended.
package struct RunResult: Sendable, Equatable {
    package let plan: PlanID
    package let run: RunID
    /// Over the whole plan, earlier runs included; open items are `not_attempted`. They add up to the plan's items.
    package let counts: OutcomeCounts
    /// What a DELETE was sent for, in this run.
    package let sent: [AttachmentID]
    package var halted: HaltCause?
    /// Where the vendor asked to wait so long that the run halted; `nil` also where it named a wait that is beyond counting.
    package var resumeAfter: Timestamp?
    /// For people: what the vendor asked for, and what Lethe does.
    package var askedToWait: String? {
        let wait: String
        if let resumeAfter {
            wait = "until \(resumeAfter.brief)"
        } else if halted == .throttled {
            wait = "for more than 31 years, longer than Lethe counts"
        } else {
            return nil
        }
        return "The vendor asked to wait \(wait). Nothing waits for that: the next run asks again whenever it begins."
    }
    /// More is held of the request's person than its plan accounts for: the request is to be planned anew.
    package var isMoreFound = false
    /// For people.
    package var warnings: [String] = []

    /// Whether the other plans of the same `lethe run` wait too. Where something else answers for a few odd items they do not:
    /// if it answers for all, each of them halts by itself.
    var endsTheRun: Bool { halted != nil && halted != .notTheVendor }

    /// 0, or 2 if it halted, something failed or something is open, or 1 for a key that the vendor refuses.
    package var status: ExitStatus {
        if let halted { return halted.status }
        return isMoreFound || counts[.failed as Outcome.Group] + counts[.open as Outcome.Group] > 0
            ? .incomplete : .done
    }
}
