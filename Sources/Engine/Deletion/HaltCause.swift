package import Domain

/// Why a run stopped before its plan was done. The raw values are the `cause` of `run.halt`.
package enum HaltCause: String, CaseIterable, Codable, Sendable {
    case signal
    case killFile = "kill_file"
    case unauthorized
    case forbidden
    case throttled
    case auditWriteFailed = "audit_write_failed"
    case holdsUnreadable = "holds_unreadable"
    /// This machine's clock and the vendor's are too far apart.
    case clockDoubtful = "clock_doubtful"
    /// The lock of the run, or the workspace, was removed or replaced: another process may be at work.
    case leaseLost = "lease_lost"
    /// `inventory.db` was replaced, or an older one was put back in its place: it may lack a hold.
    case inventoryReplaced = "inventory_replaced"
    /// Policies or tiers are not those of the run any more, or could not be loaded for a minute.
    case policiesChanged = "policies_changed"
    /// For an hour nothing got through.
    case vendorUnreachable = "vendor_unreachable"
    /// Something else answers for the vendor: 404s without the vendor's own error body.
    case notTheVendor = "not_the_vendor"
    case clockStep = "clock_step"
    case tooManyFailures = "too_many_failures"
    case tooManyAbsent = "too_many_absent"
    case tooManyUnproven = "too_many_unproven"
    /// A GET still found what a 204 had confirmed.
    case stillThere = "still_there"

    /// A person looks at it first: `lethe plan apply ID --reason`. The others resume by themselves.
    package var requiresReview: Bool {
        switch self {
        case .clockStep, .tooManyFailures, .tooManyAbsent, .tooManyUnproven, .stillThere: true
        default: false
        }
    }

    /// A key that the vendor refuses is a failure; every other halt is an incomplete run.
    package var status: ExitStatus {
        switch self {
        case .unauthorized, .forbidden: .failed
        default: .incomplete
        }
    }

    /// What happened, for people.
    package var message: String {
        switch self {
        case .signal: "the run was asked to stop"
        case .killFile: "the kill file STOP is in the workspace"
        case .unauthorized: "the vendor refused the API key (401)"
        case .forbidden: "the vendor forbade the API key what was asked (403)"
        case .throttled: "the vendor asked to wait longer than five minutes"
        case .auditWriteFailed: "the audit log could not be written, so nothing more was sent"
        case .holdsUnreadable: "the legal holds could not be read, so nothing more was sent"
        case .clockDoubtful: "this machine's clock and the vendor's are more than five minutes apart"
        case .leaseLost: "run.lock or the workspace was removed or replaced, so nothing more was sent"
        case .inventoryReplaced:
            "inventory.db was replaced, or an older one was put back in its place, so nothing more was sent"
        case .policiesChanged: "the policies or tiers changed while the plan was carried out"
        case .vendorUnreachable: "nothing got through to the vendor for an hour"
        case .notTheVendor: "something else answers for the vendor (404 without its error body), so nothing is known"
        case .clockStep: "the clock went back by more than five seconds"
        case .tooManyFailures: "more than 5 % of the deletions failed"
        case .tooManyAbsent: "more than 5 % of the attachments were already absent"
        case .tooManyUnproven: "more than 1 % of the attachments were not found and never seen under this account"
        case .stillThere: "an attachment was still there after the vendor confirmed its deletion"
        }
    }

    /// The same of one plan.
    package func hint(for plan: PlanID) -> String { hint.replacing("apply ID", with: "apply \(plan)") }

    /// What to do next, for people.
    package var hint: String {
        switch self {
        case .signal: "the next `lethe run --apply` resumes it"
        case .killFile: "remove STOP, then `lethe run --apply` resumes the plan"
        case .unauthorized: "check LINQ_API_V3_API_KEY: it must be a live key of this account; see `lethe doctor`"
        case .forbidden: "ask Linq what this key may do; see `lethe doctor`"
        case .throttled: "the next `lethe run --apply` resumes it"
        case .auditWriteFailed: "free space or repair the disk, then `lethe run --apply` settles and resumes"
        case .holdsUnreadable: "see `lethe doctor`; the next `lethe run --apply` resumes the plan"
        case .clockDoubtful: "set the clock (timedatectl set-ntp true); then `lethe run --apply` resumes"
        case .leaseLost: "end whatever else works on this workspace; then `lethe run --apply` settles and resumes"
        case .inventoryReplaced:
            "the next `lethe run --apply` compares it with the audit log: it settles and resumes, or names what is lost"
        case .policiesChanged: "check them with `lethe policy check`; the next `lethe run --apply` plans anew"
        case .vendorUnreachable: "see `lethe doctor`; the next `lethe run --apply` resumes it"
        case .notTheVendor: "check linq.base_url and what stands in front of it; the next `lethe run --apply` resumes"
        case .clockStep: "set the clock, then `lethe plan apply ID --reason TEXT`"
        case .tooManyAbsent:
            "find out who deleted them, then `lethe plan apply ID --reason TEXT --accept absent=N --as NAME`"
        case .tooManyFailures, .tooManyUnproven, .stillThere:
            "find out why, then `lethe plan apply ID --reason TEXT`"
        }
    }
}
