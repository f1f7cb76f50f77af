/// What worlds have found and what is not repaired yet. A world that comes to one goes on. Empty is the aim: an entry goes
/// with its repair.
struct KnownFault {
    let name: String
    /// What the docs promise, and what happens.
    let story: String
    /// The violation has all of these in its text.
    let signs: [String]

    static let all = [
        KnownFault(
            name: "contradicted direction counts as inbound",
            story: """
                Two deliveries of one message say different directions. "Nothing is deleted by one of them", and an attachment \
                that others may have received is withheld. It is taken for the sender's alone, although it may have gone to \
                everybody in the group.
                """,
            signs: ["inbound contradicted", "erasure: others received it too"]),
        KnownFault(
            name: "a plan that the log never got cannot be approved",
            story: """
                A process dies after it stored the plan of a request and before the log had it. The request is planned, and its                 way forward is said to be "lethe plan approve", which refuses such a plan for ever ("is proposed and cannot be                 approved"). "lethe erase --resume" helps, and nothing names it.
                """,
            signs: ["lethe plan approve", "plan-state", "is proposed and cannot be approved"]),
        KnownFault(
            name: "a stale plan that was halted for review leads in a circle",
            story: """
                "A stale plan that was being applied is settled and closed", and every state has a way forward. The plan of a                 request is halted for review and the policies change: every run is refused and says "lethe plan apply ID                 --reason", which refuses it as stale and says "lethe erase --resume", which refuses since the request is being                 applied and says "lethe plan apply". All retention stands still; "lethe plan cancel" helps, and nothing names it.
                """,
            signs: ["plan apply", "--reason", "plan-stale"]),
        KnownFault(
            name: "a restore revives a request that was ended",
            story: """
                "refused, withdrawn: nothing follows". The log has the withdrawal, and an older inventory that is put back does                 not: the request is planned as before, and what is approved under it is deleted.
                """,
            signs: ["erasure: the request is refused or withdrawn", "(restored)"]),
        KnownFault(
            name: "an earlier plan's lost answer is forgotten",
            story: """
                "An answer of ours that may have acted came before" makes a 404 deleted_after_retry. Only the attempts of the                 same plan are looked at: where the plan that lost the answer ended (its item invalid, refused, or not attempted                 any more), the next plan calls its work already_absent, and may halt for too many of them.
                """,
            signs: ["already_absent", "a DELETE of an earlier plan had removed it"]),
    ]

    func explains(_ violation: String) -> Bool { signs.allSatisfy(violation.contains) }
}
