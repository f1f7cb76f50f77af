import ArgumentParser
import Domain
import Inventory

/// The people that a list or a hold is about.
struct PeopleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The person whose handles are in this file, one per line.", valueName: "file"))
    var subjectFile: String?
    @Option(help: ArgumentHelp("The person as lists show them; may be repeated.", valueName: "sub_…"))
    var subject: [String] = []

    var isGiven: Bool { subjectFile != nil || !subject.isEmpty }

    /// Reads the file; for whoever must know before the work begins that it can be read.
    func handles() throws -> [Handle] {
        try subjectFile.map { try HandleList.read(String(decoding: ReadInput.bytes($0), as: UTF8.self)) } ?? []
    }

    /// Of those who are known; a handle that was never seen gets a pseudonym where one is to be made.
    func pseudonyms(
        of handles: [Handle], _ wiring: Wiring, _ inventory: InventoryStore, createIfMissing: Bool = false
    ) throws -> [SubjectPseudonym] {
        try handles.compactMap { try inventory.pseudonym(for: $0, createIfMissing: createIfMissing) }
            + subject.map { try wiring.pseudonym($0, in: inventory) }
    }
}
