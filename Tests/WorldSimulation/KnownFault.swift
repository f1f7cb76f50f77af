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
            signs: ["inbound contradicted", "erasure: others received it too"])
    ]

    func explains(_ violation: String) -> Bool { signs.allSatisfy(violation.contains) }
}
