import Foundation
import TestSupport
import Testing

/// What must never be anywhere: handles, file names, URLs in the workspace; secrets in what is printed.
@Suite struct PrivacyTests {
    @Test func noFileHoldsAHandleOrAFileNameAfterIngestSyncAndErasure() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        let subjects = workspace.folder.file("subjects")
        try "+12005550100\nperson9@example.com\n".write(to: subjects, atomically: true, encoding: .utf8)
        try await vendor.populate(
            120, lines: ["+12025550143"], from: "2026-07-01T00:00:00Z", to: "2026-08-01T00:00:00Z", seed: 5)
        try await workspace.takeIn(vendor)
        try await vendor.populate(
            40, lines: ["+12025550143"], from: "2026-08-01T00:00:00Z", to: "2026-09-01T00:00:00Z", seed: 6)
        let sync = try await workspace.lethe("sync")
        #expect(sync.status == 0, "\(sync.everything)")
        let hold = try await workspace.lethe(
            "hold", "place", "--as", "alex", "--reason", "matter 7", "--subject-file", subjects.path, "--until",
            "2027-01-01")
        #expect(hold.status == 0, "\(hold.everything)")
        let released = try await workspace.lethe("hold", "list", "--json")
        let id = (released.json?["holds"] as? [[String: Any]])?.first?["id"] as? String ?? ""
        _ = try await workspace.lethe("hold", "release", id, "--as", "alex", "--reason", "over")
        let erase = try await workspace.lethe(
            "erase", "--subject-file", subjects.path, "--apply", "--as", "alex", "--channel", "letter", "--json")
        #expect(erase.status == 0, "\(erase.everything)")
        #expect((erase.json?["items"] as? [Any])?.isEmpty == false, "\(erase.everything)")
        let request = (erase.json?["request"] as? [String: Any])?["id"] as? String ?? ""
        let statement = workspace.directory.appending(path: "statement.html").path
        _ = try await workspace.lethe("requests", "certificate", request, "-o", statement)
        _ = try await workspace.lethe("report")
        let shown = try await workspace.lethe("inventory", "list", "--limit", "1000", "--json")
        let texts = ["2005550100", "20055501", "@example.com", "person9", "IMG_", ".heic", "cdn.linqapp.com/", "X-Amz"]
        for text in texts {
            #expect(try workspace.files(containing: text) == [], "\(text) is in a file")
            #expect(!(shown.everything + erase.everything + sync.everything).contains(text), "\(text) was printed")
        }
    }

    @Test func noSecretIsPrinted() async throws {
        let vendor = try await SimulatedVendor("--key", "very-secret-key-4711")
        let workspace = try await SampleWorkspace(vendor: vendor, key: "very-secret-key-4711")
        try await workspace.fill(vendor, attachments: 12)
        let folder = workspace.folder.url
        let root = try String(contentsOf: folder.appending(path: "root.key"), encoding: .utf8)
        var wrong = workspace.lethe
        wrong.environment["LINQ_API_V3_BASE_URL"] = "http://127.0.0.1:9/api/partner"
        var printed = ""
        for words in [
            ["config"], ["config", "--json"], ["doctor"], ["doctor", "--drill", "--verbose"], ["sync", "--verbose"],
            ["run", "--apply", "--verbose"], ["audit", "show", "--limit", "1000"],
            ["report", "-o", "-", "--format", "json"],
        ] {
            for lethe in [workspace.lethe, wrong] {
                let result = try await lethe.run(LetheProcess.binary, words)
                printed += result.everything
            }
        }
        #expect(printed.contains("LINQ_API_V3_API_KEY"))
        for secret in ["very-secret-key", SampleWorkspace.secret, "bGV0aGUt", String(root.prefix(64))] {
            #expect(!printed.contains(secret), "\(secret.prefix(6))… was printed")
            #expect(try workspace.files(containing: secret) == [], "\(secret.prefix(6))… is in a file")
        }
    }

    @Test func aKeyMayComeFromAFile() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        let file = workspace.folder.file("api.key")
        try "sim-key\n".write(to: file, atomically: true, encoding: .utf8)
        var lethe = workspace.lethe
        lethe.environment["LINQ_API_V3_API_KEY"] = nil
        let without = try await lethe("run", "--apply")
        #expect(
            without.status == 78 && without.errors.contains("Try: export LINQ_API_V3_API_KEY"), "\(without.everything)")
        lethe.environment["LINQ_API_V3_API_KEY_FILE"] = file.path
        let config = try await lethe("config")
        #expect(config.output.contains("LINQ_API_V3_API_KEY_FILE"), "\(config.output)")
        let run = try await lethe("run", "--apply")
        #expect(run.status == 0, "\(run.everything)")
    }

    @Test func plainHTTPIsForLoopbackOnly() async throws {
        let workspace = try await SampleWorkspace()
        var lethe = workspace.lethe
        lethe.environment["LINQ_API_V3_BASE_URL"] = "http://api.example.org/v3"
        let result = try await lethe("sync")
        #expect(result.status == 78 && result.errors.contains("https"), "\(result.everything)")
    }
}
