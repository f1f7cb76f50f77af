package import Domain
package import Foundation

/// What `policy test` found: it passes if every test does, every policy is tested and every file could be read.
package struct PolicyTestReport: Sendable, Encodable {
    package struct Result: Sendable, Encodable {
        package let name: String
        package let file: String
        package let line: Int
        package let passed: Bool
        package let expected: String
        package let got: String
    }

    package let passed: Bool
    package let results: [Result]
    /// Policies that no test names as the one that decides.
    package let untested: [String]
    package let diagnostics: [Diagnostic]

    /// Runs `*.yaml` and `*.yml` of a folder against the policies; `shownAs` is the folder's name in messages.
    package static func run(directory: URL, shownAs name: String? = nil, policies: PolicySet) -> PolicyTestReport {
        let shown = name ?? directory.lastPathComponent
        guard let folder = PolicyFolder(directory, shownAs: shown) else {
            let problem =
                PolicyFolder.isMissing(directory)
                ? Diagnostic(
                    file: shown, code: "no-tests", message: "there are no tests yet: no such folder",
                    suggestion: "write one in \(shown)/NAME.yaml; how is in docs/policies.md")
                : Diagnostic(
                    file: shown, code: "unreadable", message: "the folder of tests cannot be read",
                    suggestion: "check the path and its permissions")
            return PolicyTestReport(policies: policies, tests: [], diagnostics: [problem])
        }
        return run(files: folder.files, policies: policies, also: folder.problems)
    }

    /// Runs files that are in memory.
    package static func run(
        files: [(name: String, bytes: [UInt8])], policies: PolicySet, also: [Diagnostic] = []
    ) -> PolicyTestReport {
        var tests: [PolicyTest] = []
        var diagnostics = also
        let known = Set(policies.policies.map(\.id))
        for file in files.sorted(by: { $0.name < $1.name }) {
            let read = PolicyTestFile.read(file.bytes, file: file.name, policies: known)
            tests += read.tests
            diagnostics += read.diagnostics
        }
        return PolicyTestReport(policies: policies, tests: tests, diagnostics: diagnostics)
    }

    private init(policies: PolicySet, tests: [PolicyTest], diagnostics: [Diagnostic]) {
        results = tests.map { test in
            let got = test.observed(test.decision(under: policies))
            return Result(
                name: test.name, file: test.file, line: test.line, passed: got == test.expected,
                expected: test.expected.description, got: got.description)
        }
        let exercised = Set(tests.compactMap(\.expected.policy))
        untested = policies.policies.map(\.id).filter { !exercised.contains($0) }
        self.diagnostics = diagnostics.sorted(by: Diagnostic.isShownBefore)
        passed = results.allSatisfy(\.passed) && untested.isEmpty && !diagnostics.hasErrors
    }

    /// For a terminal: files, tests, what went wrong, and a last line with the counts.
    package var rendered: String {
        var lines: [String] = diagnostics.map(\.rendered)
        var file = ""
        for result in results {
            if result.file != file {
                file = result.file
                lines.append(file.visible)
            }
            lines.append(contentsOf: Wording.wrap(result.name, first: result.passed ? "  ok    " : "  FAIL  ", rest: 8))
            guard !result.passed else { continue }
            lines.append(contentsOf: Wording.wrap(result.expected, first: "        expected ", rest: 17))
            lines.append(contentsOf: Wording.wrap(result.got, first: "        got      ", rest: 17))
            lines.append("        at \(result.file.visible):\(result.line)")
        }
        if !untested.isEmpty {
            lines.append(contentsOf: Wording.wrap(untested.joined(separator: ", "), first: "untested: ", rest: 10))
        }
        let failed = results.count { !$0.passed }
        let bare = counted(untested.count, "policy", "policies")
        lines.append("\(counted(results.count, "test")), \(failed) failed, \(bare) untested")
        return lines.joined(separator: "\n")
    }
}
