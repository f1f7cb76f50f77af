import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// The codes of diagnostics are a contract: those in `docs/policies.md`, in the sources and in what comes out are the same.
@Suite struct CodeTests {
    static func documented() throws -> Set<String> {
        let docs = try String(contentsOf: Paths.package.appending(path: "docs/policies.md"), encoding: .utf8)
        let start = try #require(docs.firstRange(of: "\n## Diagnostics\n"))
        let cells = docs[start.upperBound...].split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
            $0.split(separator: "|")[0]
        }
        return Set(cells.flatMap { $0.matches(of: /`([a-z0-9-]+)`/).map { String($0.1) } })
    }

    private static let policies = PolicySet([Policy(id: "kyc", title: "t", why: "w")])

    /// Table tests with one mistake, and what is said of it.
    static let tests: [(text: String, headline: String)] = [
        (
            "age: 1d, expect: {decision: keep, policy: kyk}",
            "3:66: error[unknown-policy]: there is no policy \"kyk\""
        ),
        (
            "age: 1d, at: 2026-01-31, expect: {decision: keep}",
            "3:29: error[at-and-age]: a test has either \"at\" or \"age\""
        ),
        (
            "at: 31.1.2026, expect: {decision: keep}",
            "3:28: error[bad-time]: \"31.1.2026\" is not a time"
        ),
        (
            "age: 1d, expect: {decision: keep}, created: no",
            "3:29: error[age-without-created]: \"age\" counts from \"created\", which is not given"
        ),
        (
            "age: 1d, expect: {decision: keep}, tier: ephemeral",
            "3:93: error[ephemeral-without-line]: an ephemeral file has a line in every message it is in"
        ),
        ("age: 1d, expect: {decision: perhaps}", "3:52: error[unknown-value]: \"decision\" has no value \"perhaps\""),
        (
            "age: 1d, expect: {decision: no, reason: no}",
            "3:52: error[yaml-trap]: YAML reads \"no\" as true or false, not as text"
        ),
    ]

    private static func file(of test: String) -> [UInt8] {
        var facts = ["created: 2026-01-01"]
        var text = test
        if let range = text.firstRange(of: ", created: no") {
            text.removeSubrange(range)
            facts = []
        }
        if let range = text.firstRange(of: ", tier: ephemeral") {
            text.removeSubrange(range)
            facts.append("tier: ephemeral")
        }
        let row = "  - {name: it is held, \(text), attachment: {\(facts.joined(separator: ", "))}}"
        return Array("version: 1\ntests:\n\(row)\n".utf8)
    }

    private static func diagnostics(ofTest text: String) -> [Diagnostic] {
        PolicyTestReport.run(files: [("t.yaml", file(of: text))], policies: policies).diagnostics
    }

    @Test(arguments: tests.indices) func aMistakeInATestIsNamed(index: Int) {
        let (text, headline) = Self.tests[index]
        let shown = Self.diagnostics(ofTest: text)
        #expect(shown.first?.headline.dropFirst("t.yaml:".count) == headline[...])
        for problem in shown {
            #expect(problem.headline.count <= 100)
            #expect(problem.suggestion != nil, "\(problem.headline)")
            let lines: [Substring] = problem.rendered.split(separator: "\n")
            #expect(lines.dropFirst().allSatisfy { $0.count <= 80 })
        }
    }

    @Test func aNumberOutsideItsBoundsIsNamedWithThem() throws {
        let reader = YAMLReader(StrictYAML.read(Array("a: 0\nb: 256\nc: 257\n".utf8), file: "lethe.yaml"))
        let map = try #require(reader.root(keys: ["a", "b", "c"]))
        #expect(["a", "b", "c"].map { map.integer($0, in: 1...256) } == [nil, 256, nil])
        #expect(
            reader.diagnostics.map(\.headline) == [
                "lethe.yaml:1:4: error[out-of-range]: \"a\" must be 1 to 256",
                "lethe.yaml:3:4: error[out-of-range]: \"c\" must be 1 to 256",
            ])
    }

    /// What the corpus, the tests of policies and the folder itself give, and `out-of-range`, which has a test above.
    private func produced() throws -> Set<String> {
        var codes: Set<String> = ["out-of-range"]
        for name in try FileManager.default.contentsOfDirectory(atPath: CorpusTests.folder.path)
        where name.hasSuffix(".expected") {
            let text = try String(contentsOf: CorpusTests.folder.appending(path: name), encoding: .utf8)
            codes.formUnion(text.matches(of: /(?:error|warning)\[([a-z0-9-]+)\]/).map { String($0.1) })
        }
        for test in Self.tests { codes.formUnion(Self.diagnostics(ofTest: test.text).map(\.code)) }
        let directory = try TemporaryDirectory()
        codes.formUnion(PolicyLoader.load(directory: directory.url).diagnostics.map(\.code))
        try Data().write(to: directory.file(".hidden.yaml"))
        try Data(count: 1_048_577).write(to: directory.file("large.yaml"))
        try FileManager.default.createDirectory(at: directory.file("a.yaml"), withIntermediateDirectories: true)
        let keys = (0...100).map { "k\($0): 1\n" }.joined()
        try Data(keys.utf8).write(to: directory.file("many.yaml"))
        let loaded = PolicyLoader.load(directory: directory.url)
        codes.formUnion(loaded.diagnostics.map(\.code))
        let missing = PolicyTestReport.run(directory: directory.file("tests"), policies: Self.policies)
        codes.formUnion(missing.diagnostics.map(\.code))
        codes.insert(loaded.weakened("records", "retain 7y -> 5y", isStrict: false).code)
        return codes
    }

    @Test func everyCodeThatComesOutIsDocumentedAndEveryDocumentedOneComesOut() throws {
        let (documented, produced) = (try Self.documented(), try produced())
        #expect(documented.count > 50)
        #expect(produced.subtracting(documented).sorted() == [], "not documented")
        #expect(documented.subtracting(produced).sorted() == [], "no test gives them")
    }

    /// The first text after a call that makes a diagnostic is its code.
    @Test func everyCodeInTheSourcesIsDocumented() throws {
        let folder = Paths.package.appending(path: "Sources/Rules")
        let call =
            /(?:\.report|[^.]stop|\.problem|finding|code:)\s*\(?[^"\n]*\n?[^"\n]*?(?:key: "[a-z_]+",\s*)?"([a-z0-9]+(?:-[a-z0-9]+)*)"/
        var codes: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where name.hasSuffix(".swift") {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            codes.formUnion(text.matches(of: call).map { String($0.1) })
        }
        #expect(codes.count > 40, "\(codes.count)")
        #expect(codes.subtracting(try Self.documented()).sorted() == [])
    }
}
