import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// Files that were made to hurt: their diagnostics stay few, short and harmless to a terminal.
@Suite struct HostileFileTests {
    private func load(_ text: String, named name: String = "p.yaml") -> LoadedPolicies {
        PolicyLoader.load(files: [(name, Array(text.utf8))])
    }

    /// So many times, up to one mebibyte in one line.
    private static func filled(_ head: String, _ tail: String, with piece: (Int) -> String) -> String {
        var text = head
        var number = 0
        while text.utf8.count + tail.utf8.count + 40 < 1_048_576 {
            text += piece(number)
            number += 1
        }
        return text + tail
    }

    static let oneLiners: [(name: String, text: String)] = [
        ("duplicate keys", filled("{version: 1, policies: []", "}") { _ in ", a: 1" }),
        ("wrong entries", filled("{version: 1, policies: [1", "]}") { _ in ",1" }),
        ("unknown keys", filled("{version: 1, policies: []", "}") { ", k\($0): 1" }),
        ("bad lines", filled("{version: 1, policies: [{id: a, scope: {lines: [\"1\"", "]}}]}") { ",\"\($0)\"" }),
        ("policies of one id", filled("{version: 1, policies: [", "]}") { _ in "{id: a, retain: 1}," }),
        ("one key", "{version: 1, \(String(repeating: "k", count: 1_000_000)): 1}"),
        ("one value", "{version: \(String(repeating: "9", count: 1_000_000))}"),
    ]

    @Test(arguments: oneLiners.indices)
    func aMebibyteOfMistakesInOneLineGivesAHundredShortDiagnostics(index: Int) throws {
        let (name, text) = Self.oneLiners[index]
        let took = ContinuousClock().measure {
            let loaded = load(text)
            #expect(loaded.set == nil, "\(name)")
            #expect((1...101).contains(loaded.diagnostics.count), "\(name)")
            let json = try? JSONEncoder().encode(loaded.diagnostics)
            #expect((json?.count ?? .max) < 100_000, "\(name): \(json?.count ?? 0) bytes")
            #expect(loaded.diagnostics.map(\.rendered).joined().utf8.count < 60_000, "\(name)")
        }
        #expect(took < .seconds(60), "\(name)")
        print("\(name): \(took)")
    }

    @Test func theLastDiagnosticSaysHowManyMoreThereAre() {
        for (count, last) in [(100, nil), (101, "1 more problem"), (102, "2 more problems")] as [(Int, String?)] {
            let keys = (0..<count).map { "k\($0): 1\n" }.joined()
            let loaded = load("version: 1\npolicies: [{id: a, title: t, why: w, delete_after: 1d}]\n" + keys)
            #expect(loaded.diagnostics.count == min(count, 101))
            #expect(
                loaded.diagnostics.last?.headline
                    == last.map { "p.yaml:103:1: error[too-many]: \($0) in this file" }
                    ?? "p.yaml:102:1: error[unknown-key]: unknown key \"k99\" in the file")
        }
    }

    @Test func moreWarningsThanAreShownDoNotHideAnError() throws {
        let line = try PhoneLine("+12025550143")
        let lines = (0..<200).map { "\"+1202555\(1000 + $0)\"" }.joined(separator: ", ")
        let text = """
            version: 1
            policies:
              - {id: a, title: t, why: w, delete_after: 1y, scope: {lines: [\(lines)]}}
              - {id: b, title: t, why: w, retain: 30d, scope: {lines: ["+12025550188"]}}
            """
        let tiers = TierMap(ephemeralLines: [.init(line: try PhoneLine("+12025550188"), since: Timestamp(seconds: 0))])
        let loaded = PolicyLoader.load(
            files: [("p.yaml", Array(text.utf8))],
            context: LoadContext(tiers: tiers, knownLines: [line], isCheck: true))
        #expect(loaded.set == nil && loaded.diagnostics.hasErrors)
        #expect(loaded.diagnostics.count == 101)
    }

    @Test func ofALongLineOnlyTheNeighbourhoodIsKeptAndTheCaretStillPointsAtTheMistake() throws {
        let pad = String(repeating: "x", count: 300)
        let loaded = load("{version: 1, why_\(pad): 1, polices: [], more_\(pad): 1}")
        let problem = try #require(loaded.diagnostics.first { $0.suggestion == "did you mean \"policies\"?" })
        #expect(problem.column == 323)
        let source = try #require(problem.sourceLine)
        #expect(source.hasPrefix("…") && source.hasSuffix("…") && source.unicodeScalars.count == 160)
        let lines = problem.rendered.split(separator: "\n")
        let caret = try #require(lines[2].firstIndex(of: "^"))
        let shown = lines[1].dropFirst(lines[2].distance(from: lines[2].startIndex, to: caret))
        #expect(shown.hasPrefix("polices: []"))
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test func nothingOfAFileReachesTheTerminalAsACommand() throws {
        let evil = "\u{1B}[2J\u{9B}31m\u{202E}"
        let texts = [
            "version: 1\npolicies:\n  - {id: a, title: t, why: w, delete_after: \"3\\e[2J\\u009b31m\\u202ed\"}\n",
            "version: 1\n\"\\e[2J\\u202e\": 1\npolicies: []\n",
            "version: 1\npolicies:\n  - {id: \"\\e[2J\", title: t, why: w, match: {mime: [\"\\e[2J/*\"]}, retain: 1d}\n",
            "version: 1\npolicies:\n  - {id: a, title: t, why: w, retain: 1d, legal_ground: \"\\e\\u061c\"}\n",
            "version: 1\npolicies:\n  - {id: a, title: t, why: w, \"\\e\": 1, \"\\x1b\": 2, retain: 1d}\n",
            "version: 1\npolicies:\n  - id: a\n    title: t\n    why: w\n    delete_after: |\n      30d\n",
            "version: 1 # \(evil)\npolicies: []\n",
        ]
        for text in texts {
            let loaded = load(text, named: "p\n\(evil).yaml")
            #expect(!loaded.diagnostics.isEmpty)
            for problem in loaded.diagnostics {
                #expect(!problem.headline.contains("\n"))
                #expect(problem.rendered.unicodeScalars.allSatisfy { $0 == "\n" || Self.isHarmless($0) }, "\(problem)")
            }
            let json = String(decoding: try JSONEncoder().encode(loaded.diagnostics.map(\.message)), as: UTF8.self)
            #expect(json.unicodeScalars.allSatisfy(Self.isHarmless))
        }
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        ![.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    static let hidden: [UInt32] = [
        0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x202E, 0x2066, 0x206F, 0x3164, 0xFE0F, 0xFFA0, 0xFFF9, 0x1D173,
        0xE0001, 0xE0041, 0xE0100, 0xE0FFF,
    ]

    @Test(arguments: hidden) func aCharacterThatNobodySeesIsRefusedRawAndEscaped(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let digits = String(value, radix: 16)
        let escape = "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        for text in ["a\(Character(scalar))b", "a\(escape)b", "\(Character(scalar))", escape] {
            let loaded = load("version: 1\npolicies:\n  - {id: a, title: \"\(text)\", why: w, delete_after: 1d}\n")
            #expect(loaded.diagnostics.map(\.code) == ["invisible-character"], "U+\(digits)")
        }
    }

    @Test func whatEverybodySeesIsTaken() {
        for text in ["Müller & Söhne", "書類", "Ärzte – Befunde…", "🙂 ok", "الوثائق", "naïve"] {
            let loaded = load("version: 1\npolicies:\n  - {id: a, title: \"\(text)\", why: w, delete_after: 1d}\n")
            #expect(loaded.diagnostics == [], "\(text)")
        }
    }
}
