import Domain
import Testing

@Suite struct HandleTests {
    @Test(arguments: [
        ("+14155550117", "tel:+14155550117"), (" +1 (415) 555-0117 ", "tel:+14155550117"),
        ("tel:+14155550117", "tel:+14155550117"), ("Dana.Lindqvist@Example.com", "mailto:dana.lindqvist@example.com"),
        ("mailto:a@b", "mailto:a@b"), ("dana@bücher.example", "mailto:dana@xn--bcher-kva.example"),
        ("Dana@BU\u{308}CHER.Example", "mailto:dana@xn--bcher-kva.example"),
        ("dana@XN--BCHER-KVA.example", "mailto:dana@xn--bcher-kva.example"),
        ("δ@παράδειγμα.δοκιμή", "mailto:δ@xn--hxajbheg2az3al.xn--jxalpdlp"),
        ("a@例え。テスト", "mailto:a@xn--r8jz45g.xn--zckzah"),
    ])
    func isCanonical(text: String, expected: String) throws {
        let handle = try Handle(text)
        #expect(handle.canonical == expected)
    }

    @Test(arguments: [
        "", "4155550117", "+0123456789", "+1", "a@", "@b", "a@b@c", "a b@c", "+1234567890123456", "a@bü..example",
        "a@-bü", "a@\u{300}b", "a@b\u{A0}ü", "a@\u{E000}b", "a＠example.com", "a@" + String(repeating: "ü", count: 60),
        "\u{202A}dana@example.com\u{202C}", "da\u{200B}na@example.com", "dana\u{AD}@example.com",
    ])
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
    @Test(arguments: [
        "matter 2026-17", "litigation 123456, ticket A", "order of 2026-11-27 no 4", "LEGAL-1234567",
        "GDPR request 2026-000123", "case no 123456789", "ticket #1234567", "2026-11-27 to 2026-12-27",
        "2026-11-27, 2026-12-27", "of 2026\u{2013}11\u{2013}27", "LEGAL_2026_000123", "12,000 messages, 30 chats",
        "order of 27.11.2026", "filed 11/27/2026, 30 pages", "2026-11-27T12:30:00Z", "INV1234567", "case REF20261127",
        "matter ABC-123456789", "no. 1234567", "nr 1234567", "Ticket #123456789, 2 pages",
        "docket no 4, 2026-11-27", "order no 1234567, 30 chats", "2026-17, 2026-18", "2025-999999", "art. 17(3)(b)",
        "45 CFR 164.530", "no 4", "SR-1234567", "LEGAL 12/34", "SMS-7",
    ])
    func acceptsAMatter(text: String) throws {
        let reason = try OperatorText.reason(text)
        #expect(reason == text)
    }

    @Test(arguments: [
        "", "  ", "call 415 555 0117", "+1-415-555-0117", "dana@example.com", "1.2.3.4.5.6.7",
        "call 415\u{A0}555\u{A0}0117", "٤١٥٥٥٥٠١١٧", "dana＠example.com", "415x555x0117", "4\u{200B}1\u{200B}5 5550117",
        "no 415 555 0117", "2026-11-27 4155550117", "LEGAL-4155550117", "(415) 555-0117",
        "call 415\u{3164}555\u{3164}0117", "415\u{1160}555\u{1160}0117", "415\u{FE0F}555\u{34F}0117",
        "415\u{2013}555\u{2013}0117", "415\u{2212}555\u{2212}0117", "415\u{2011}555\u{30A0}0117", "415_555_0117",
        "415,555,0117", "4,1,5,5,5,5,0,1,1,7", "415\u{1680}555\u{2028}0117", "415\u{2800}555\u{2800}0117",
        "+14155550117", "0014155550117", "+44 20 7946 0958", "020 7946 0958", "06 12 34 56 78", "0612345678",
        "030-1234567", "555-0117 415", "5550117", "555 0117", "(0)30 123456", "+2026-11-27 00", "+1234567",
        "tel 5550117", "tel-5550117", "Tel5550117", "phone no 5550117", "phone #5550117", "call5550117",
        "cell 4155550117",
        "text no 5550117", "casino 1234567", "no 415 555 011", "no 4155550117", "INV4155550117", "ABC-1234567890",
        "#4155550117", "4155-55-01", "2026-13-27", "2026-11-32", "1234-11-27", "20261127", "2026-1234567",
        "3026-000123",
        "12345678", "1,234,567 messages", "2026-11-27 555 0117", "8-800-555-35-35", "+49(0)30/123456",
        "SMS 5550117", "WhatsApp-5550117", "mobile #1234567", "fax nr. 1234567", "dana@", "@dana",
        "matter\n7", "matter\t7", "matter \u{1B}[31m7", "matter\u{0}7", "matter\u{85}7", "matter\u{2029}7",
    ])
    func refusesWhatMayNameAPerson(text: String) {
        #expect(throws: LetheError.self) { try OperatorText.reason(text) }
    }

    @Test(arguments: ["alex", "jo.smith", "dpo-2", "A_1", "audit2026-11-27", String(repeating: "a", count: 64)])
    func aNameIsTheOperators(name: String) throws {
        let actor = try OperatorText.actor(name)
        #expect(actor == name)
    }

    @Test(arguments: [
        "", "jo smith", "jo@example.com", "4155550117", "415-555-0117", "tel5550117", "J\u{F6}", "a/b",
        String(repeating: "a", count: 65),
    ])
    func aNameIsRefusedWithWhatItMayBe(name: String) {
        #expect { try OperatorText.actor(name) } throws: { ($0 as? LetheError)?.hint?.contains("operator") == true }
    }

    @Test func whatNobodySeesIsTakenOut() throws {
        let reason = try OperatorText.reason(" matter\u{3164} \u{1160}7\u{FE0F}\u{200B}\u{E0041}\n")
        #expect(reason == "matter 7")
    }
}
