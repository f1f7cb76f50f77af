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

    @Test func anIndependentValidatorAcceptsThemByTheSchema() throws {
        let directory = try TemporaryDirectory()
        try PolicySchema.json.write(to: directory.file("schema.json"), atomically: true, encoding: .utf8)
        let script = """
            import json, sys, pathlib
            try:
                import jsonschema, yaml
            except ImportError:
                sys.exit(77)
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = jsonschema.Draft202012Validator(schema)
            for path in sorted(pathlib.Path(sys.argv[2]).glob("*.yaml")):
                validator.validate(yaml.safe_load(path.read_text()))
            good = {"id": "a", "title": "t", "why": "w", "retain": "30d"}
            bad = [{}, {**good, "retain": "30"}, {**good, "retian": "3d"}, {**good, "locked": True},
                   {**good, "scope": {"lines": ["2025550143"]}}, {**good, "scope": {"lines": [12025550143]}},
                   {**good, "match": {"tier": "hot"}}, {**good, "match": {"mime": ["*/*"]}},
                   {**good, "id": "A"}, {"id": "a", "title": "t", "why": "w"}, {**good, "legal_ground": "gdpr"},
                   {"id": "a", "title": "t", "why": "w", "delete_after": "3d", "legal_ground": "other"}]
            assert validator.is_valid({"version": 1, "policies": [good]})
            for policy in bad:
                assert not validator.is_valid({"version": 1, "policies": [policy]}), policy
            assert not validator.is_valid({"version": 2, "policies": []})
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, directory.file("schema.json").path, Self.folder.path]
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus == 77 || process.terminationStatus == 127 {
            print("skipped: python3 with jsonschema and PyYAML is not installed")
            return
        }
        #expect(process.terminationStatus == 0)
    }

    @Test func theSchemaNamesEveryWordOfTheLanguage() throws {
        let words =
            LegalGround.names + Tier.allCases.map(\.rawValue) + Direction.allCases.map(\.rawValue)
            + AttachmentSource.allCases.map(\.rawValue) + Policy.Start.allCases.map(\.rawValue)
        for word in words { #expect(PolicySchema.json.contains("\"\(word)\""), "\(word)") }
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
