import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// The folder itself: what is not a file, what is empty, what is too large.
@Suite struct PolicyFolderTests {
    private static let good = "version: 1\npolicies: [{id: a, title: t, why: w, delete_after: 1d}]\n"

    private func shown(_ directory: TemporaryDirectory) -> [String] {
        PolicyLoader.load(directory: directory.url, shownAs: "policies").diagnostics.map(\.headline)
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoFileIsUnreadableAtOnce() throws {
        let directory = try TemporaryDirectory()
        try Self.good.write(to: directory.file("good.yaml"), atomically: true, encoding: .utf8)
        let manager = FileManager.default
        #expect(mkfifo(directory.file("pipe.yaml").path, 0o600) == 0)
        try manager.createDirectory(at: directory.file("folder.yaml"), withIntermediateDirectories: true)
        for (name, target) in [
            ("device.yaml", "/dev/zero"), ("link.yml", "pipe.yaml"), ("nowhere.yaml", "none"),
            ("fine.yml", "good.yaml"),
        ] {
            try manager.createSymbolicLink(atPath: directory.file(name).path, withDestinationPath: target)
        }
        #expect(
            shown(directory) == [
                "policies/device.yaml:1:1: error[unreadable]: this is not a file",
                "policies/folder.yaml:1:1: error[unreadable]: this is not a file",
                "policies/good.yaml:2:17: error[duplicate-id]: id \"a\" is taken at policies/fine.yml:2",
                "policies/link.yml:1:1: error[unreadable]: this is not a file",
                "policies/nowhere.yaml:1:1: error[unreadable]: the file cannot be read",
                "policies/pipe.yaml:1:1: error[unreadable]: this is not a file",
            ])
        let tests = PolicyTestReport.run(directory: directory.url, shownAs: "tests", policies: PolicySet([]))
        #expect(tests.diagnostics.count { $0.code == "unreadable" } == 5)
    }

    @Test func aFileWithoutPermissionIsUnreadable() throws {
        guard geteuid() != 0 else { return }
        let directory = try TemporaryDirectory()
        try Self.good.write(to: directory.file("a.yaml"), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: directory.file("a.yaml").path)
        #expect(shown(directory) == ["policies/a.yaml:1:1: error[unreadable]: the file cannot be read"])
    }

    @Test func aFolderOfTestsThatIsNotThereIsNoTestsYet() throws {
        let directory = try TemporaryDirectory()
        func report(_ name: String) -> PolicyTestReport {
            PolicyTestReport.run(
                directory: directory.file(name), shownAs: "policies/tests", policies: PolicySet([]))
        }
        let missing = report("tests")
        #expect(!missing.passed)
        #expect(
            missing.diagnostics.map(\.headline) == [
                "policies/tests:1:1: error[no-tests]: there are no tests yet: no such folder"
            ])
        #expect(missing.diagnostics.first?.suggestion?.contains("policies/tests/NAME.yaml") == true)
        try Data().write(to: directory.file("file"))
        #expect(report("file").diagnostics.map(\.code) == ["unreadable"], "it is there")
    }

    @Test(arguments: ["", "\n", "# later\n"]) func aFileWithNothingInItIsAWarning(text: String) throws {
        let directory = try TemporaryDirectory()
        try Self.good.write(to: directory.file("a.yaml"), atomically: true, encoding: .utf8)
        try Data(text.utf8).write(to: directory.file("empty.yaml"))
        let loaded = PolicyLoader.load(directory: directory.url, shownAs: "policies")
        #expect(
            loaded.diagnostics.map(\.headline) == [
                "policies/empty.yaml:1:1: warning[empty-file]: nothing in the file but comments"
            ])
        #expect(loaded.set?.policies.map(\.id) == ["a"])
        let tests = PolicyTestReport.run(
            files: [("tests/empty.yaml", Array(text.utf8))], policies: PolicySet([]))
        #expect(tests.diagnostics.map(\.headline).first?.hasPrefix("tests/empty.yaml:1:1: warning[empty-file]") == true)
        #expect(tests.passed)
    }

    @Test func aFileThatIsTooLargeIsNamedWithItsRealSize() throws {
        let directory = try TemporaryDirectory()
        let file = directory.file("big.yaml")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 3_000_000_000)
        try handle.close()
        #expect(
            shown(directory) == [
                "policies/big.yaml:1:1: error[too-large]: the file has 3000000000 bytes, at most 1,048,576 are read"
            ])
    }

    @Test func aFolderGivesWhatItsFilesGive() throws {
        let directory = try TemporaryDirectory()
        let names = CorpusTests.cases.filter {
            FileManager.default.fileExists(atPath: CorpusTests.folder.appending(path: $0 + ".yaml").path)
        }
        var files: [(name: String, bytes: [UInt8])] = []
        for name in names {
            let bytes = try Data(contentsOf: CorpusTests.folder.appending(path: name + ".yaml"))
            try bytes.write(to: directory.file(name + ".yaml"))
            files.append(("policies/\(name).yaml", [UInt8](bytes)))
        }
        let context = try CorpusTests.context()
        let read = PolicyLoader.load(directory: directory.url, shownAs: "policies", context: context)
        let given = PolicyLoader.load(files: files, context: context)
        #expect(read.diagnostics == given.diagnostics)
        #expect(read.files == given.files && read.files.count == names.count)
    }

    @Test func whatLooksLikeAPolicyAndIsNotReadIsSaid() throws {
        let directory = try TemporaryDirectory()
        for folder in ["tests", "kyc/deep", "notes", ".git", "old"] {
            try FileManager.default.createDirectory(at: directory.file(folder), withIntermediateDirectories: true)
        }
        for name in [
            "a.yaml", "tests/a.yaml", "kyc/deep/passports.YML", "notes/read.md", ".git/x.yaml", "old/.x.yaml",
            ".b.yaml",
            ".#a.yaml", "read.me",
        ] { try Self.good.write(to: directory.file(name), atomically: true, encoding: .utf8) }
        #expect(
            shown(directory) == [
                "policies/.b.yaml:1:1: warning[not-loaded]: a hidden file is not read as a policy",
                "policies/kyc:1:1: warning[not-loaded]: policies in a folder inside are not read",
            ])
        let loaded = PolicyLoader.load(directory: directory.url, shownAs: "policies")
        #expect(
            loaded.diagnostics.last?.suggestion
                == "move passports.YML and the like into policies, or the folder out of it")
        #expect(loaded.set?.policies.count == 1)
    }
}
