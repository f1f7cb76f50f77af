import Testing

@testable import Reports

@Suite struct TextTests {
    @Test func numbersStandToTheRightAndLinesHaveNoTail() {
        var table = TextTable([.id("LINE"), .text("TIER"), .number("COUNT")])
        table.append(["+12025550143", "persistent", "4,812"])
        table.append(["none", "", "18"])
        #expect(
            table.rendered == """
                LINE          TIER        COUNT
                +12025550143  persistent  4,812
                none                         18

                """)
    }

    @Test("a table is as wide as its text, and no wider than the terminal", arguments: [(79, 79), (80, 80), (81, 80)])
    func width(text: Int, expected: Int) {
        var table = TextTable([.id("ID"), .text("WHY")])
        table.append(["abcd", String(repeating: "x", count: text - 6)])
        let longest = table.rendered.split(separator: "\n").map(\.count).max()
        #expect(longest == expected)
        #expect(table.rendered.contains("…") == (text > 80))
    }

    @Test func theWidestColumnGivesWayFirstAndIdsNever() {
        var table = TextTable([.id("ID"), .text("A"), .text("B")], width: 40)
        table.append([String(repeating: "i", count: 12), String(repeating: "a", count: 30), "short"])
        #expect(table.rendered.contains(String(repeating: "i", count: 12) + "  aaaaaaaaaaaaaaaaaa…  short"))
    }

    @Test func aLongIdHasALineOfItsOwnWhereItsRowDoesNotFit() {
        var table = TextTable([.id("DAY"), .longID("POLICY"), .number("N")], width: 20)
        table.append(["mon", "default", "1"])
        table.append(["tue", "abcdefghijklmno", "2"])
        #expect(table.rendered == "DAY  POLICY   N\nmon  default  1\ntue  abcdefghijklmno\n              2\n")
        var fits = TextTable([.id("DAY"), .longID("POLICY"), .number("N")], width: 23)
        fits.append(["tue", "abcdefghijklmno", "2"])
        #expect(fits.rendered == "DAY  POLICY           N\ntue  abcdefghijklmno  2\n")
    }

    @Test func aTableWithoutRowsIsNothing() {
        #expect(TextTable([.text("A")]).rendered.isEmpty)
    }

    @Test func whatPeopleTypedCannotMoveTheCursor() {
        var table = TextTable([.text("WHY")])
        table.append(["\u{1B}[2Jgone\nnew line\u{202E}"])
        #expect(table.rendered == "WHY\n [2Jgone new line\n")
    }

    @Test(
        "bars",
        arguments: [
            (0, 10, ""), (1, 1000, "▏"), (5, 10, "█████"), (10, 10, "██████████"), (20, 10, "██████████"), (1, 0, ""),
            (9, 16, "█████▋"),
        ])
    func bars(value: Int, most: Int, expected: String) {
        #expect(TextBars.bar(value, of: most, width: 10) == expected)
    }

    @Test func barsCanBeDrawnInASCII() {
        #expect(TextBars.bar(3, of: 10, width: 10, ascii: true) == "###")
    }
}
