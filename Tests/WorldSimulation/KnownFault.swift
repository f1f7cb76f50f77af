/// What worlds have found and what is not repaired yet. A world that comes to one goes on. Empty is the aim: an entry goes
/// with its repair.
struct KnownFault {
    let name: String
    /// What the docs promise, and what happens.
    let story: String
    /// The violation has all of these in its text.
    let signs: [String]

    static let all: [KnownFault] = []

    func explains(_ violation: String) -> Bool { signs.allSatisfy(violation.contains) }
}
