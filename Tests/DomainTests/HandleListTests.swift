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
        "tel:+1.415.555.0117\nmailto:dana.lindqvist@example.com", "'+14155550117'\n'dana.lindqvist@example.com'",
        "+14155550117\n\u{201C}dana.lindqvist@example.com\u{201D}",
        "+14155550117\n\u{AB}dana.lindqvist@example.com\u{BB}",
        "+14155550117\nMAILTO:dana.lindqvist@example.com?subject=Hello%20Dana",
        "+14155550117\nSMTP:dana.lindqvist@example.com", "+14155550117\n<mailto:dana.lindqvist@example.com>",
        "+14155550117\n'dana.lindqvist@example.com' <dana.lindqvist@example.com>",
        "+14155550117\n'Dana Lindqvist' <dana.lindqvist@example.com>", "+14155550117\n\"'dana.lindqvist@example.com'\"",
        "+14155550117\nmailto:dana%2Elindqvist@example.com", "+14155550117\ndana.lindqvist@example.com\u{A0}",
    ])
    func onePersonIsFoundHoweverTheyAreWritten(text: String) throws {
        #expect(try HandleList.read(text).map(\.canonical) == [Self.phone, Self.mail])
    }

    @Test(arguments: [
        ("+14155550117\n\u{202A}dana@example.com\u{202C}", 2), ("dana@example.com\r\n415x555x0117", 2),
        ("\n\n+44 (0)20 7946 0018", 3), ("\"dana@example.com", 1), ("Dana <dana@example.com", 1),
        ("phone;mail\n+14155550117;dana@example.com", 1),
        ("Dana <dana@example.com> Bob <bob@example.com>", 1), ("Dana <dana@example.com> <bob@example.com>", 1),
        ("bob@example.com\ndana@example.com <bob@example.com>", 2),
        ("+14155550117 Dana <dana@example.com>", 1), ("\"+14155550117 x\" <dana@example.com>", 1),
        ("dana@example.com bob@example.com", 1), ("Dana <dana@example.com> Bob", 1), ("Dana dana@example.com", 1),
        ("Dana [dana@example.com]", 1), ("+14155550117 mobile", 1), ("+14155550117 +14155550118", 1),
        ("mailto:dana@example.com?cc=bob@example.com", 1), ("mailto:dana@example.com?cc=bob%40example.com", 1),
        ("'dana@example.com", 1), ("dana@example.com.", 1), ("dana@example.com:", 1), ("dana@example.com/", 1),
        ("dana@example..com", 1), ("dana@exam_ple.com", 1), ("dana@example.com>", 1), ("dana@exam\u{200B}ple.com", 1),
        ("\u{FF0B}14155550117", 1), ("# a note\ndana@b\u{FFFD}cher.example", 2), ("j\u{FFFD}rg@example.com", 1),
        ("# B\u{FFFD}cher\ndana@example.com", 1), ("+14155550117;\u{FFFD}", 1),
        ("Dana <mailto:j%EF%BF%BDrg@example.com>", 1), ("dana@b\u{1F4DA}cher.example", 1),
        ("dana@b\u{2044}cher.example", 1), ("dana@b\u{FC}cher\u{3002}\u{3002}example", 1),
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

    /// As Excel writes a plain CSV: what is no UTF-8 is read as U+FFFD, which is a letter of nobody's address.
    @Test func bytesOfAnotherEncodingAreRefused() {
        let text = String(decoding: [UInt8]("dana@b".utf8) + [0xFC] + [UInt8]("cher.example\r\n".utf8), as: UTF8.self)
        #expect { try HandleList.read(text) } throws: { ($0 as? LetheError)?.message.contains("UTF-8") == true }
    }

    @Test(arguments: ["dana@B\u{FC}cher.example", "dana@xn--bcher-kva.example", "dana@bu\u{308}cher\u{3002}example"])
    func aHostOfAnotherScriptIsItsASCIIForm(text: String) throws {
        #expect(try HandleList.read(text).map(\.canonical) == ["mailto:dana@xn--bcher-kva.example"])
    }

    /// Each is 64 digits of one record, which holds less than a thousand.
    @Test func oneListIsOnePerson() throws {
        func list(_ count: Int) -> String { (0..<count).map { "+1415556\(1000 + $0)\n" }.joined() }
        #expect(try HandleList.read(list(499)).count == 499)
        #expect(try HandleList.read(list(500) + list(500)).count == 1000, "the same ones again")
        #expect { try HandleList.read(list(501)) } throws: { ($0 as? LetheError)?.code == "too-many-handles" }
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
