import Domain
import Foundation
import Rules
import TestSupport
import Testing

@Suite struct ReadyPoliciesTests {
    static let folder = Paths.package.appending(path: "policies")

    static func loaded() throws -> PolicySet {
        var context = try CorpusTests.context()
        context.isStrict = true
        let loaded = PolicyLoader.load(directory: folder, context: context)
        #expect(loaded.diagnostics == [])
        return try loaded.requireSet()
    }

    @Test func theyLoadWithoutAWarningEvenWhenStrict() throws {
        let set = try Self.loaded()
        #expect(
            set.policies.map(\.id) == ["default", "health-data", "identity-documents", "marketing", "support-line"])
        #expect(set.digest.count == 64)
    }

    @Test func theirOwnTestsPassAndLeaveNoPolicyOut() throws {
        let report = PolicyTestReport.run(
            directory: Self.folder.appending(path: "tests"), shownAs: "policies/tests", policies: try Self.loaded())
        #expect(report.passed, "\(report.rendered)")
        #expect(report.results.count == 18)
        #expect(report.rendered.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func theDigestDependsOnWhatIsSaidAndNotOnWhereOrInWhichOrder() throws {
        func digest(_ files: [(String, String)]) throws -> String {
            try PolicyLoader.load(files: files.map { (name: $0.0, bytes: Array($0.1.utf8)) }).requireSet().digest
        }
        let a = "  - {id: a, title: A, why: W, delete_after: 1y, match: {mime: [image/png, video/*]}}\n"
        let b = "  - {id: b, title: B, why: W, delete_after: 2y}\n"
        let head = "version: 1\npolicies:\n"
        let one = try digest([("x.yaml", head + a + b)])
        #expect(try digest([("y.yaml", "# a comment\n" + head + b + a)]) == one)
        #expect(try digest([("2.yaml", head + a), ("1.yaml", head + b)]) == one)
        #expect(
            try digest([("x.yaml", head + a.replacing("image/png, video/*", with: "video/*, image/png") + b)]) == one)
        #expect(try digest([("x.yaml", (head + a + b).replacing("\n", with: "\r\n"))]) == one)
        #expect(try digest([("x.yaml", head + a.replacing("why: W", with: "why: V") + b)]) != one)
        #expect(try digest([("x.yaml", head + a.replacing("1y", with: "12mo") + b)]) != one)
    }

    @Test func aMissingFolderIsAnErrorAndAnEmptyOneAWarning() throws {
        let directory = try TemporaryDirectory()
        let missing = PolicyLoader.load(directory: directory.file("none"), shownAs: "policies")
        #expect(missing.diagnostics.map(\.code) == ["unreadable"])
        #expect(throws: LetheError.self) { try missing.requireSet() }
        let empty = PolicyLoader.load(directory: directory.url, shownAs: "policies")
        #expect(
            empty.diagnostics.map(\.headline) == [
                "policies:1:1: warning[no-policies]: no policy file (*.yaml) in the folder: everything is kept"
            ])
        #expect(try empty.requireSet().policies.isEmpty)
    }
}
