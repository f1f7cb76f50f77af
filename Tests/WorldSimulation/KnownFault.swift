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
            name: "an earlier plan's lost answer is forgotten",
            story: """
                "An answer of ours that may have acted came before" makes a 404 deleted_after_retry. Only the attempts of the                 same plan are looked at: where the plan that lost the answer ended (its item invalid, refused, or not attempted                 any more), the next plan calls its work already_absent, and may halt for too many of them.
                """,
            signs: ["already_absent", "a DELETE of an earlier plan had removed it"]),
    ]

    func explains(_ violation: String) -> Bool { signs.allSatisfy(violation.contains) }
}
