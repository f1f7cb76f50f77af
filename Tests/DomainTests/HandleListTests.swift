import Domain
import TestSupport
import Testing

/// One person, as many hands write them down.
@Suite struct HandleListTests {
    private static let phone = "tel:+14155550117"
    private static let mail = "mailto:dana.lindqvist@example.com"

    @Test(arguments: [
        "+14155550117\ndana.lindqvist@example.com\n", "+14155550117\r\ndana.lindqvist@example.com\r\n",
        "+14155550117\rdana.lindqvist@example.com", "\u{FEFF}+14155550117\r\ndana.lindqvist@example.com",
        "\"+14155550117\";\"dana.lindqvist@example.com\"\r\n", "+1 (415) 555-0117,Dana.Lindqvist@Example.com",
        "+14155550117\n# second handle, from the CRM\r\ndana.lindqvist@example.com\n",
        "# a note\r+14155550117\u{85}dana.lindqvist@example.com\u{2028}",
        "+14155550117\nDana Lindqvist <dana.lindqvist@example.com>",
        "+14155550117\t\"Lindqvist, Dana\" <dana.lindqvist@example.com>;;\"\"",
        "tel:+1.415.555.0117\nmailto:dana.lindqvist@example.com",
    ])
    func onePersonIsFoundHoweverTheyAreWritten(text: String) throws {
        #expect(try HandleList.read(text).map(\.canonical) == [Self.phone, Self.mail])
    }

    @Test(arguments: [
        ("+14155550117\n\u{202A}dana@example.com\u{202C}", 2), ("dana@example.com\r\n415x555x0117", 2),
        ("\n\n+44 (0)20 7946 0018", 3), ("\"dana@example.com", 1), ("Dana <dana@example.com", 1),
        ("phone;mail\n+14155550117;dana@example.com", 1), ("dana@exam\u{200B}ple.com", 1), ("\u{FF0B}14155550117", 1),
    ])
    func whatCannotBeReadIsRefusedWithItsLineAndNotRepeated(text: String, line: Int) {
        do {
            _ = try HandleList.read(text)
            Issue.record("read")
        } catch {
            #expect(error.message.hasPrefix("line \(line): "))
            #expect(error.status == .usage)
            #expect(!"\(error)".contains("dana@exam") && !"\(error)".contains("0117"))
        }
    }

    @Test func composedAndDecomposedLettersAreOnePerson() throws {
        let handles = try [Handle("jos\u{E9}@example.com"), Handle("jose\u{301}@example.com")]
        // To Swift both spellings are equal; the lookup key is applied to the bytes.
        #expect(Array(handles[0].canonical.utf8) == Array(handles[1].canonical.utf8))
    }

    @Test(arguments: ["", "\n\r\n", "# nobody\r"])
    func anEmptyListIsRefused(text: String) {
        #expect(throws: LetheError.self) { try HandleList.read(text) }
    }
}
