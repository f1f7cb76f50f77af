package import Domain

/// What came of one run of a plan.
package struct RunResult: Sendable, Equatable {
    package let plan: PlanID
    package let run: RunID
    /// Over the whole plan, earlier runs included; open items are `not_attempted`. They add up to the plan's items.
    package let counts: OutcomeCounts
    package let halted: HaltCause?
    /// Where the vendor asked to wait so long that the run halted.
    package let resumeAfter: Timestamp?
    /// For people.
    package let warnings: [String]

    package init(
        plan: PlanID, run: RunID, counts: OutcomeCounts, halted: HaltCause? = nil, resumeAfter: Timestamp? = nil,
        warnings: [String] = []
    ) {
        self.plan = plan
        self.run = run
        self.counts = counts
        self.halted = halted
        self.resumeAfter = resumeAfter
        self.warnings = warnings
    }

    /// 0, or 2 if it halted, something failed or something is open, or 1 for a key that the vendor refuses.
    package var status: ExitStatus {
        if let halted { return halted.status }
        return counts[.failed as Outcome.Group] + counts[.open as Outcome.Group] > 0 ? .incomplete : .done
    }
}
