import Foundation
import TestSupport
import Testing

/// Every ```console block of the README and of `docs/` is run, in order, in one empty folder per file.
@Suite struct DocumentationTests {
    static let documents: [String] = {
        let docs = Paths.package.appending(path: "docs")
        let files = FileManager.default.enumerator(atPath: docs.path)?.compactMap { $0 as? String } ?? []
        return ["README.md"] + files.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    }()

    @Test(arguments: documents)
    func everyConsoleBlockIsTrue(document: String) async throws {
        let markdown = try String(contentsOf: Paths.package.appending(path: document), encoding: .utf8)
        let folder = try TemporaryDirectory()
        let path = LetheProcess.binary.deletingLastPathComponent().path
        let shell = LetheProcess(
            in: folder.url,
            environment: [
                "PATH": path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
                "LETHE_CHECKOUT": Paths.package.path,
            ])
        for step in ConsoleBlock.all(in: markdown).flatMap(\.steps) {
            let result = try await shell.run(URL(filePath: "/bin/sh"), ["-c", step.command + " 2>&1"])
            let output = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let lines = output.last == "" ? output.dropLast() : output[...]
            #expect(
                ConsoleBlock.matches(Array(lines), step.expected),
                "\(document):\(step.line): `\(step.command)` printed:\n\(result.output)")
        }
    }

    @Test func theREADMEIsShortAndStartsWithACommand() throws {
        let lines = try String(contentsOf: Paths.package.appending(path: "README.md"), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 151)
        #expect(lines.prefix(15).contains { $0.contains("make demo") })
    }

    /// Every word of a heading in `docs/` and of a key in an answer is in `docs/glossary.md`: as a term, in the words that
    /// explain one, or as a plain word.
    @Test func theGlossaryHasEveryWordOfHeadingsAndKeys() throws {
        func words(_ text: some StringProtocol) -> [String] {
            text.lowercased().split { !$0.isLetter }.map(String.init)
        }
        let docs = Paths.package.appending(path: "docs")
        func page(_ name: String) throws -> String {
            try String(contentsOf: docs.appending(path: name), encoding: .utf8)
        }
        let known = Set(words(try page("glossary.md")))
        var used: [String: String] = [:]
        let pages = try FileManager.default.contentsOfDirectory(atPath: docs.path).filter { $0.hasSuffix(".md") }
        for name in pages {
            for (number, part) in try page(name).components(separatedBy: "```").enumerated() where number % 2 == 0 {
                for line in part.split(separator: "\n") where line.hasPrefix("#") {
                    for word in words(line) { used[word] = "\(name): \(line)" }
                }
            }
        }
        func collect(_ value: Any, _ file: String) {
            if let object = value as? [String: Any] {
                for (key, member) in object {
                    for word in words(key) { used[word] = "\(file): \(key)" }
                    collect(member, file)
                }
            }
            for member in value as? [Any] ?? [] { collect(member, file) }
        }
        let goldens = try FileManager.default.contentsOfDirectory(atPath: Answer.folder.path)
        for name in goldens where name.hasSuffix(".json") {
            let bytes = try Data(contentsOf: Answer.folder.appending(path: name))
            collect(try JSONSerialization.jsonObject(with: bytes), name)
        }
        #expect(used.count > 250)
        let unknown = used.filter { word, _ in
            !known.contains(word) && !known.contains(String(word.dropLast())) && !known.contains(word + "s")
                && !(word.hasSuffix("ies") && known.contains(word.dropLast(3) + "y"))
        }
        #expect(unknown.isEmpty, "\(unknown)")
    }

    /// The tree of `docs/architecture.md` names every folder of `Sources`, and no other.
    @Test func theTreeOfTheArchitectureIsTheTree() throws {
        let text = try String(contentsOf: Paths.package.appending(path: "docs/architecture.md"), encoding: .utf8)
        let tree = try #require(text.split(separator: "```text\nSources/\n").last?.split(separator: "```").first)
        var named: Set<String> = []
        var room = ""
        for line in tree.split(separator: "\n") {
            guard let folder = line.firstMatch(of: /^( +)([A-Za-z]+)\//) else { continue }
            if folder.1.count == 2 { room = String(folder.2) }
            named.insert(folder.1.count == 2 ? room : "\(room)/\(folder.2)")
        }
        let sources = Paths.package.appending(path: "Sources")
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
        let folders = files.filter { file in
            var isFolder: ObjCBool = false
            let path = sources.appending(path: file).path
            return file.split(separator: "/").count <= 2
                && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        }
        #expect(Set(folders) == named)
    }

    /// Words in `code` that are spelt like a test's name: `aSentence` or `SomethingTests`.
    private static func testNames(in text: some StringProtocol) -> Set<String> {
        Set(String(text).matches(of: /`([a-z0-9]+[A-Z][A-Za-z0-9]*|[A-Z][A-Za-z0-9]*Tests)`/).map { String($0.1) })
    }

    @Test(arguments: ["docs/threat-model.md", "docs/architecture.md"])
    func everyTestThatADocumentNamesIsThere(document: String) throws {
        let tests = Paths.package.appending(path: "Tests")
        let files = try FileManager.default.subpathsOfDirectory(atPath: tests.path).filter { $0.hasSuffix(".swift") }
        var declared: Set<String> = []
        for file in files {
            let text = try String(contentsOf: tests.appending(path: file), encoding: .utf8)
            declared.formUnion(text.matches(of: /\b(?:func|struct|class|enum) ([A-Za-z0-9]+)/).map { String($0.1) })
        }
        let named = Self.testNames(in: try String(contentsOf: Paths.package.appending(path: document), encoding: .utf8))
        #expect(named.count > 10)
        #expect(named.subtracting(declared).isEmpty, "no such test: \(named.subtracting(declared).sorted())")
    }

    /// A row of the threat model without a test is a promise that nothing holds.
    @Test func everyRowOfTheThreatModelNamesATest() throws {
        let text = try String(contentsOf: Paths.package.appending(path: "docs/threat-model.md"), encoding: .utf8)
        var isOfTests = false
        var rows = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if !line.hasPrefix("|") { isOfTests = false } else if line.hasSuffix("| test |") { isOfTests = true }
            guard isOfTests, line.hasPrefix("|"), !line.hasSuffix("| test |"), !line.hasPrefix("|---") else { continue }
            rows += 1
            #expect(!Self.testNames(in: line).isEmpty, "\(line)")
        }
        #expect(rows > 60)
    }
}
