import Foundation
import TestSupport
import Testing

/// What is read: files and standard input, whatever they are.
@Suite struct ReadInputTests {
    private static let readers = [
        "erase --offline", "erase --offline --subject-file -", "sync --subject-file -",
        "inventory list --subject-file -",
        "hold place --as alex --reason x --subject-file -", "ingest - --trusted",
        "requests check-certificate - --vkey v+0+A",
    ]

    private func shell(_ script: String, in workspace: SampleWorkspace) async throws -> LetheProcess.Result {
        try await workspace.lethe.run(URL(filePath: "/bin/sh"), ["-c", script, LetheProcess.binary.path])
    }

    /// Closed, the next file that is opened would be standard input: a database, read as handles.
    @Test(arguments: ["<&-", "</"]) func standardInputThatCannotBeReadIs66(redirection: String) async throws {
        let workspace = try await SampleWorkspace()
        for words in Self.readers {
            let result = try await shell("exec \"$0\" \(words) \(redirection)", in: workspace)
            #expect(result.status == 66 && result.errors.contains("Error: "), "\(words): \(result.everything)")
        }
        let requests = try await workspace.lethe("requests", "list", "--json")
        #expect((requests.json?["requests"] as? [Any])?.isEmpty == true)
    }

    @Test func withoutOutputADatabaseIsNotWrittenTo() async throws {
        let workspace = try await SampleWorkspace()
        let result = try await shell("exec \"$0\" run >&- 2>&-", in: workspace)
        #expect(result.status == 0)
        let doctor = try await workspace.lethe("inventory", "stats")
        #expect(doctor.status == 0, "\(doctor.everything)")
    }

    @Test func inputWithoutAnEndIsRefused() async throws {
        let workspace = try await SampleWorkspace()
        let endless = try await shell("yes +14155550117 | \"$0\" erase --offline", in: workspace)
        #expect(endless.status == 64 && endless.errors.contains("64.0 MB"), "\(endless.everything)")
        let result = try await shell(
            "truncate -s 64000001 large && \"$0\" hold place --as a --reason x --subject-file large --json",
            in: workspace)
        #expect(result.status == 64 && result.output.contains("too-large"), "\(result.everything)")
    }

    /// Its record would be too long for the log: the request would be open, unlogged, and stop every apply.
    @Test func aListThatCannotBeRecordedOpensNothing() async throws {
        let workspace = try await SampleWorkspace()
        let list = (0..<1000).map { "+1415556\(1000 + $0)\n" }.joined()
        let erase = try await workspace.lethe("erase", "--offline", "--json", input: list)
        #expect(erase.status == 64 && erase.output.contains("too-many-handles"), "\(erase.everything)")
        let hold = try await workspace.lethe(
            "hold", "place", "--as", "alex", "--reason", "x", "--subject-file", "-", "--json", input: list)
        #expect(hold.status == 64 && hold.output.contains("too-many-handles"), "\(hold.everything)")
        let requests = try await workspace.lethe("requests", "list", "--json")
        #expect((requests.json?["requests"] as? [Any])?.isEmpty == true)
        let holds = try await workspace.lethe("hold", "list", "--json")
        #expect((holds.json?["holds"] as? [Any])?.isEmpty == true)
    }

    @Test func aRequestIsResumedWithTheHandlesOnStandardInput() async throws {
        let vendor = try await SimulatedVendor()
        try await vendor.addLine("+12025550143", regime: "persistent")
        let workspace = try await SampleWorkspace(vendor: vendor)
        let person = "dana.lindqvist@example.com\n"
        let opened = try await workspace.lethe("erase", "--offline", "--json", input: person)
        let id = try #require((opened.json?["request"] as? [String: Any])?["id"] as? String, "\(opened.everything)")
        func coverage(_ result: LetheProcess.Result) -> String? {
            (result.json?["request"] as? [String: Any])?["coverage"] as? String
        }
        for nothing in ["</dev/null", "<<END\n\n  \nEND\n"] {
            let again = try await shell("exec \"$0\" erase --resume \(id) --json \(nothing)", in: workspace)
            #expect(coverage(again) == "offline", "no handles: nobody was asked: \(again.everything)")
        }
        let other = try await shell("echo +14155550199 | \"$0\" erase --resume \(id)", in: workspace)
        #expect(other.status == 4 && other.errors.contains("does not name all"), "\(other.everything)")
        let piped = try await shell("printf '\(person)' | \"$0\" erase --resume \(id) --json", in: workspace)
        #expect(coverage(piped) == "complete", "\(piped.everything)")
        let file = try await workspace.lethe("erase", "--resume", id, "--json", input: person)
        #expect(coverage(file) == "complete", "\(file.everything)")
    }

    @Test func aClockThatRefusesEveryApplyFailsTheDoctor() async throws {
        let vendor = try await SimulatedVendor()
        try await vendor.addLine("+12025550143", regime: "persistent")
        let workspace = try await SampleWorkspace(vendor: vendor)
        for (seconds, status) in [(30.0, "ok"), (150, "warn"), (600, "fail"), (-600, "fail")] {
            try await vendor.setClock(ISO8601DateFormatter().string(from: Date.now.addingTimeInterval(seconds)))
            let doctor = try await workspace.lethe("doctor", "--json")
            let checks = try #require(doctor.json?["checks"] as? [[String: Any]])
            let clock = try #require(checks.first { $0["name"] as? String == "clock" })
            #expect(clock["status"] as? String == status, "\(seconds): \(clock)")
            #expect(doctor.status == (status == "fail" ? 1 : 0), "\(seconds): \(doctor.everything)")
        }
    }
}
