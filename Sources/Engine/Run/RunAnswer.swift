package import Domain

extension RunRetention {
    /// What a run did, or what it would do: the same for both, so that what is shown is what happens.
    package struct Answer: Sendable {
        /// Nothing was done, or will be by itself.
        package let isPreview: Bool
        /// What is newly due.
        package let planned: PlanRetention.Planned
        let taken: Taken
        /// The last refusal ends the run: nothing comes after it.
        package let isRefused: Bool

        package init(preview planned: PlanRetention.Planned) {
            self.init(isPreview: true, planned, Taken())
        }

        init(isPreview: Bool, _ planned: PlanRetention.Planned, _ taken: Taken, isRefused: Bool = false) {
            self.isPreview = isPreview
            self.planned = planned
            self.taken = taken
            self.isRefused = isRefused
        }
    }

    /// What came of the steps so far.
    struct Taken: Sendable {
        /// `nil` = it did not come to that.
        var planned: PlanRetention.Planned?
        var due: Step?
        var resumes: [Step] = []
        var followUps: [Step] = []
        var settles = 0
        var refusals: [LetheError] = []
        var warnings: [String] = []
    }

    /// One plan of a run.
    package struct Step: Sendable, Equatable {
        /// `nil` = it is not recorded yet.
        package let plan: PlanID?
        package let request: RequestID?
        /// What a DELETE was or would be sent for.
        package let items: [AttachmentID]
        /// `nil` = it is only shown.
        package let result: RunResult?
    }
}

extension RunRetention.Answer {
    /// Plans that an earlier run had left, in the order in which they come.
    package var resumes: [RunRetention.Step] { taken.resumes }
    /// Erasures of which something may go now.
    package var followUps: [RunRetention.Step] { taken.followUps }
    /// DELETEs of earlier runs without an answer: the vendor is asked about each.
    package var settles: Int { taken.settles }
    /// What is not done, and what would lift that.
    package var refusals: [LetheError] { taken.refusals }
    /// For people.
    package var warnings: [String] { taken.warnings }

    /// All plans that are or would be carried out, in their order; the new one is the last.
    package var steps: [RunRetention.Step] { resumes + followUps + [taken.due].compactMap { $0 } }
    /// Attachments that a DELETE was or would be sent for.
    package var deletes: Int { steps.map(\.items.count).reduce(0, +) }
    /// How the new plan ended; `nil` = nothing was due, or nothing was carried out.
    package var result: RunResult? { taken.due?.result }
    /// How each plan of an earlier run, and each erasure, ended.
    package var resumed: [RunResult] { (resumes + followUps).compactMap(\.result) }

    /// The worst of what was carried out.
    package var status: ExitStatus {
        let all = steps.compactMap(\.result?.status) + (refusals.isEmpty ? [] : [.incomplete])
        return all.first { $0 == .failed } ?? all.first { $0 == .incomplete } ?? .done
    }
}
