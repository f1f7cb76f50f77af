import Domain
import Testing

@Suite struct HandleTests {
    @Test(arguments: [
        ("+14155550117", "tel:+14155550117"), (" +1 (415) 555-0117 ", "tel:+14155550117"),
        ("tel:+14155550117", "tel:+14155550117"), ("Dana.Lindqvist@Example.com", "mailto:dana.lindqvist@example.com"),
        ("mailto:a@b", "mailto:a@b"),
    ])
    func isCanonical(text: String, expected: String) throws {
        let handle = try Handle(text)
        #expect(handle.canonical == expected)
    }

    @Test(arguments: ["", "4155550117", "+0123456789", "+1", "a@", "@b", "a@b@c", "a b@c", "+1234567890123456"])
    func refusesWhatIsNeither(text: String) {
        #expect(throws: LetheError.self) { try Handle(text) }
    }

    @Test func neverPrintsItself() throws {
        let handle = try Handle("+14155550117")
        var dumped = ""
        dump([handle], to: &dumped)
        for text in ["\(handle)", String(reflecting: handle), "\([handle])", dumped] {
            #expect(!text.contains("4155550117"))
        }
    }

    @Test func theErrorDoesNotRepeatTheText() {
        #expect { try Handle("dana.lindqvist") } throws: { !"\($0)".contains("lindqvist") }
    }
}

@Suite struct TypedTextTests {
    @Test(arguments: ["matter 2026-17", "litigation 123456, ticket A"])
    func acceptsAMatter(text: String) throws {
        let reason = try OperatorText.reason(text)
        #expect(reason == text)
    }

    @Test(arguments: [
        "", "  ", "call 415 555 0117", "+1-415-555-0117", "dana@example.com", "1.2.3.4.5.6.7",
        "call 415\u{A0}555\u{A0}0117", "٤١٥٥٥٥٠١١٧",
    ])
    func refusesWhatMayNameAPerson(text: String) {
        #expect(throws: LetheError.self) { try OperatorText.reason(text) }
    }
}
