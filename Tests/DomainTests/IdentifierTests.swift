import Domain
import Testing

@Suite struct IdentifierTests {
    @Test func readsEitherCaseAndWritesLowerCase() throws {
        let id = try AttachmentID("BC639F8B-1c5d-4dcc-bb7f-93edc4ff3cba")
        #expect(id.description == "bc639f8b-1c5d-4dcc-bb7f-93edc4ff3cba")
        #expect(AttachmentID(bytes: id.bytes) == id)
    }

    @Test(arguments: [
        "", "bc639f8b1c5d4dccbb7f93edc4ff3cba", "bc639f8b-1c5d-4dcc-bb7f-93edc4ff3cb",
        "gc639f8b-1c5d-4dcc-bb7f-93edc4ff3cba",
        "bc639f8b-1c5d-4dcc-bb7f_93edc4ff3cba", "../../../../etc/passwd/aaaaaaaaaaaa",
    ])
    func refusesWhatIsNoUUID(text: String) {
        #expect(throws: LetheError.self) { try AttachmentID(text) }
    }

    @Test func sortsAsItsTextSorts() throws {
        let texts = [
            "00000000-0000-0000-0000-000000000001", "0a000000-0000-0000-0000-000000000000",
            "ff000000-0000-0000-0000-000000000000",
        ]
        let ids = try texts.map { try AttachmentID($0) }
        #expect(ids.shuffled().sorted().map(\.description) == texts)
    }
}
