import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// Seeded mutations of good and bad files: no crash, no hang, and never a set of policies where an error was found.
/// `LETHE_FUZZ` is the number of inputs (2,000 unless told; `make fuzz`: 1,000,000).
@Suite struct FuzzTests {
    static let count = ProcessInfo.processInfo.environment["LETHE_FUZZ"].flatMap(Int.init) ?? 2000
    static let seed = ProcessInfo.processInfo.environment["LETHE_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

    private static let fragments: [[UInt8]] = [
        "*a", "&a ", "!!str ", "<<: ", "- ", ": ", "? ", "{", "}", "[", "]", ",", "'", "\"", "|\n", ">-\n", "#", "\n",
        "\r\n", "\r", "\t", "---\n", "...\n", "%YAML\n", "\\", "\u{FEFF}", "\u{85}", "\u{2028}", "\u{E000}", "ü", "🙂",
        "  ", "    ", "version: 1\n", "retain: 30d", "delete_after: ", "no", "+12025550143", "0x1f", "1_000", "1:30",
        "match: {", "scope: {lines: [", "policies:\n", "  - id: a\n", "\0",
    ].map { Array($0.utf8) }

    private func corpus() throws -> [[UInt8]] {
        var files: [[UInt8]] = []
        for folder in ["Tests/Fixtures/policies", "policies", "policies/tests"] {
            let url = Paths.package.appending(path: folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
            where name.hasSuffix(".yaml") {
                files.append([UInt8](try Data(contentsOf: url.appending(path: name))))
            }
        }
        return files
    }

    private func mutated(_ files: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = files[Int.random(in: 0..<files.count, using: &random)]
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1 where place < bytes.count:
                bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
            case 2:
                bytes.insert(
                    contentsOf: Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)], at: place)
            case 3 where place < bytes.count:
                let piece = bytes[place..<min(bytes.count, place + Int.random(in: 1...60, using: &random))]
                bytes.insert(contentsOf: piece, at: Int.random(in: 0...bytes.count, using: &random))
            case 4:
                let other = files[Int.random(in: 0..<files.count, using: &random)]
                bytes = Array(bytes.prefix(place)) + other.suffix(Int.random(in: 0...other.count, using: &random))
            default:
                let depth = Int.random(in: 1...24, using: &random)
                bytes.insert(contentsOf: [UInt8](repeating: UInt8(ascii: "["), count: depth), at: place)
            }
        }
        return bytes
    }

    /// One line of many pieces, most of them wrong and many of them the same: where work or diagnostics grow faster than
    /// the file, this is what shows it. One in a hundred of them is as long as a file may be.
    private func oneLine(_ random: inout SeededGenerator) -> [UInt8] {
        let pieces = [
            "1", "a: 1", "a: 1", "\"a\": 1", "\"\\x61\": 1", "k#: 1", "{id: a}", "{a: 1, a: 2}", "no", "[#]",
            "image/x#",
            "{id: p#, title: t, why: w, delete_after: #d}", "\"\(String(repeating: "x", count: 200))\"", "\"\\u202e\"",
            "{id: p#, title: t, why: w, retain: 1d, scope: {lines: [\"+1202555#\"]}}",
        ]
        let heads = [
            ("{version: 1, policies: [", "]}"), ("{version: 1, policies: [], ", "}"), ("[", "]"),
            ("{version: 1, policies: [{id: a, title: t, why: w, retain: 1d, match: {mime: [", "]}}]}"),
            ("{version: 1, policies: [{id: a, title: t, why: w, retain: 1d, scope: {lines: [", "]}}]}"), ("", ""),
        ]
        let (head, tail) = heads[Int.random(in: 0..<heads.count, using: &random)]
        let chosen = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }
        let isFull = Int.random(in: 0..<100, using: &random) == 0
        let size = isFull ? 1_000_000 : Int.random(in: 100...20_000, using: &random)
        let separator = Int.random(in: 0..<4, using: &random) == 0 ? "," : ", "
        var text = head
        var number = 1000
        while text.utf8.count < size {
            if number > 1000 { text += separator }
            text += chosen[number % chosen.count].replacing("#", with: String(number))
            number += 1
        }
        return Array((text + tail).utf8)
    }

    @Test func noInputCrashesOrHangsTheLoader() throws {
        let files = try corpus()
        let context = try CorpusTests.context()
        var loadedSets = 0
        for number in 0..<Self.count {
            var random = SeededGenerator(seed: Self.seed << 40 | UInt64(number))
            let bytes = number % 20 == 19 ? oneLine(&random) : mutated(files, &random)
            let started = ContinuousClock.now
            let loaded = PolicyLoader.load(files: [("fuzz.yaml", bytes)], context: context)
            let took = ContinuousClock.now - started
            if loaded.set != nil { loadedSets += 1 }
            guard took < .seconds(20), (loaded.set == nil) == loaded.diagnostics.hasErrors,
                loaded.diagnostics.count <= 101, loaded.diagnostics.allSatisfy({ $0.rendered.utf8.count < 4000 }),
                loaded.diagnostics.allSatisfy({ $0.line >= 1 && $0.column >= 1 && !$0.rendered.isEmpty })
            else {
                Issue.record("input \(number) of seed \(Self.seed), \(took)")
                return
            }
        }
        #expect(loadedSets > Self.count / 200, "some mutations still load")
    }
}
