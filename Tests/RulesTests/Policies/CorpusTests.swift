import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// Files that no policy folder may have, each with the exact diagnostics it must give: `Tests/Fixtures/policies`. A case
/// is a file or a folder of files; `<case>.expected` beside it is what is shown. `LETHE_RECORD=1` writes them anew and
/// fails the run.
@Suite struct CorpusTests {
    static let folder = Paths.package.appending(path: "Tests/Fixtures/policies")

    static let cases: [String] = {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return entries.filter { !$0.hasSuffix(".expected") }.map { $0.replacing(".yaml", with: "") }.sorted()
    }()

    /// One persistent line, one ephemeral, one more; `policy check`.
    static func context() throws -> LoadContext {
        let ephemeral = try PhoneLine("+12025550188")
        let known = try ["+12025550143", "+12025550120"].map { try PhoneLine($0) }
        return LoadContext(
            tiers: TierMap(ephemeralLines: [.init(line: ephemeral, since: Timestamp(seconds: 0))]),
            knownLines: Set(known + [ephemeral]), isCheck: true)
    }

    private func files(_ name: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = Self.folder.appending(path: name)
        let single = Self.folder.appending(path: name + ".yaml")
        if FileManager.default.fileExists(atPath: single.path) {
            return [("\(name).yaml", [UInt8](try Data(contentsOf: single)))]
        }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
            ("\(name)/\($0)", [UInt8](try Data(contentsOf: folder.appending(path: $0))))
        }
    }

    @Test func thereAreAtLeastSixty() {
        #expect(Self.cases.count >= 60)
    }

    @Test(arguments: cases) func givesExactlyTheseDiagnostics(_ name: String) throws {
        let loaded = PolicyLoader.load(files: try files(name), context: try Self.context())
        let shown = loaded.diagnostics.map(\.rendered).joined(separator: "\n") + "\n"
        let golden = Self.folder.appending(path: name + ".expected")
        if ProcessInfo.processInfo.environment["LETHE_RECORD"] != nil {
            try shown.write(to: golden, atomically: true, encoding: .utf8)
            Issue.record("recorded \(name)")
            return
        }
        #expect(shown == (try String(contentsOf: golden, encoding: .utf8)))
        #expect(!loaded.diagnostics.isEmpty)
        #expect((loaded.set == nil) == loaded.diagnostics.hasErrors)
    }

    /// Under a short name, so that the width of a message is its own.
    @Test(arguments: cases) func fitsATerminal(_ name: String) throws {
        let files = try files(name).map { file in
            let inFolder = file.name.split(separator: "/").dropFirst().first.map { "\($0)" }
            return (name: inFolder ?? "p.yaml", bytes: file.bytes)
        }
        for problem in PolicyLoader.load(files: files, context: try Self.context()).diagnostics {
            #expect(problem.headline.count <= 100, "\(problem.headline)")
            for line in problem.rendered.split(separator: "\n").dropFirst() { #expect(line.count <= 80, "\(line)") }
        }
    }

    @Test func aBombIsRefusedAtOnce() throws {
        let bytes = try files("yaml-alias-bomb")
        let clock = ContinuousClock()
        let took = clock.measure { _ = PolicyLoader.load(files: bytes) }
        #expect(took < .seconds(1))
    }

    @Test(arguments: [1000, 16_000]) func aFullFileIsJudgedInSeconds(_ count: Int) {
        var text = "version: 1\npolicies:\n"
        for number in 0..<count {
            text +=
                " - {id: p\(number), title: t, why: w, delete_after: \(number % 400 + 1)\(number % 2 == 0 ? "mo" : "d")}\n"
        }
        let took = ContinuousClock().measure {
            let loaded = PolicyLoader.load(files: [("many.yaml", Array(text.utf8))])
            #expect(loaded.set?.policies.count == count)
        }
        #expect(took < .seconds(60))
        print("\(count) policies: \(took)")
    }

    @Test func aFileOverOneMebibyteIsRefusedAndOneOfThatSizeIsRead() {
        let head = "version: 1\npolicies: []\n#"
        for (size, code) in [(1_048_576, "-"), (1_048_577, "too-large")] {
            let text = head + String(repeating: "x", count: size - head.utf8.count)
            let loaded = PolicyLoader.load(files: [("big.yaml", Array(text.utf8))])
            #expect(loaded.diagnostics.first { $0.severity == .error }?.code ?? "-" == code, "\(size) bytes")
        }
    }

    @Test func aBrokenFileEndsItsOwnListAndNotThatOfTheOthers() throws {
        let good = try files("period-zero")[0].bytes
        let loaded = PolicyLoader.load(files: [("a.yaml", Array("a: *b\n".utf8)), ("b.yaml", good)])
        #expect(loaded.diagnostics.map(\.code) == ["alias", "bad-period"])
        #expect(loaded.set == nil)
    }

    @Test func strictTurnsWarningsIntoErrors() throws {
        var context = try Self.context()
        context.isStrict = true
        let loaded = PolicyLoader.load(files: try files("lint-shadowed"), context: context)
        #expect(loaded.set == nil)
        #expect(loaded.diagnostics.map(\.severity) == [.error])
    }

    @Test func aRetainBeyondTheVendorIsAnErrorForCheckAndAWarningElsewhere() throws {
        var context = try Self.context()
        let files = try files("lint-retain-beyond-vendor-line")
        #expect(PolicyLoader.load(files: files, context: context).set == nil)
        context.isCheck = false
        let loaded = PolicyLoader.load(files: files, context: context)
        #expect(loaded.set != nil)
        #expect(loaded.diagnostics.map(\.severity) == [.warning])
    }
}
