import Foundation
import TestSupport
import Testing

/// Files that are mistaken for others: what is written by its name's ending, what is read by its first bytes.
@Suite struct FileKindTests {
    /// A request that was carried out, with a bundle, a certificate, a page and a proof of it.
    private func evidence() async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 30)
        let lethe = workspace.lethe
        let run = try await lethe("run", "--apply")
        try #require(run.status == 0, "\(run.everything)")
        let gone = try await lethe("confirmations", "--json").json?["confirmations"] as? [[String: Any]]
        let id = try #require(gone?.first?["attachment_id"] as? String)
        let opened = try await lethe("erase", "--apply", "--as", "alex", "--json", input: "+14155550117\n")
        let request = try #require(
            (opened.json?["request"] as? [String: Any])?["id"] as? String, "\(opened.everything)")
        for words in [
            ["audit", "bundle", "--from", "2020-01-01", "-o", "evidence.tar"],
            ["requests", "certificate", request, "-o", "certificate.json"],
            ["requests", "certificate", request, "-o", "certificate.html"], ["audit", "proof", id, "-o", "gone.proof"],
        ] {
            let made = try await lethe.run(LetheProcess.binary, words)
            try #require(made.status == 0, "\(words): \(made.everything)")
        }
        return (vendor, workspace)
    }

    @Test func whatIsNoLogIsNamedWithTheCommandThatChecksIt() async throws {
        let (vendor, workspace) = try await evidence()
        defer { withExtendedLifetime(vendor) {} }
        let compact = try Shell.run("tr -d '\\n' < certificate.json > compact.json", in: workspace.folder.url)
        #expect(compact.status == 0)
        for (file, way) in [
            ("evidence.tar", "sh verify.sh"), ("certificate.json", "lethe requests check-certificate certificate.json"),
            ("compact.json", "lethe requests check-certificate compact.json"),
            ("certificate.html", "lethe audit export"), ("gone.proof", "lethe audit check-proof gone.proof"),
        ] {
            let result = try await workspace.lethe("audit", "verify", "--log", file, "--vkey", workspace.vkey, "--json")
            #expect(result.status == 64 && result.error?.code == "not-a-log", "\(file): \(result.everything)")
            #expect(result.error?.hint?.contains(way) == true, "\(file): \(result.everything)")
        }
        // What may have been a log is still held to be one.
        try "{\"v\":1,\"seq\":0}\n".write(
            to: workspace.folder.file("cut.jsonl"), atomically: true, encoding: .utf8)
        let cut = try await workspace.lethe("audit", "verify", "--log", "cut.jsonl", "--vkey", workspace.vkey)
        #expect(cut.status == 1, "\(cut.everything)")
    }

    @Test func nothingIsWrittenUnderAnEndingThatSaysSomethingElse() async throws {
        let workspace = try await SampleWorkspace()
        let folder = workspace.folder
        for (words, known) in [
            (["report", "-o", "x.pdf"], "html, md, json, csv"), (["report", "-o", "x.JSN"], "html, md, json, csv"),
            (["requests", "certificate", "5a3f0c1e9b7d4a2680f1e2d3c4b5a697", "-o", "x.pdf"], "json, html"),
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words + ["--json"])
            #expect(result.status == 64 && result.error?.code == "unknown-ending", "\(words): \(result.everything)")
            #expect(result.error?.message.hasSuffix(known) == true, "\(words): \(result.everything)")
            #expect(!FileManager.default.fileExists(atPath: folder.file(words.last ?? "").path))
        }
        for (name, format, start) in [
            ("x.HTML", nil, "<!doctype"), ("y.md", nil, "#"), ("plain", nil, "<!doctype"), ("z.txt", "csv", ""),
        ] as [(String, String?, String)] {
            let words = ["report", "-o", name] + (format.map { ["--format", $0] } ?? [])
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 0, "\(words): \(result.everything)")
            let text = try String(contentsOf: folder.file(name), encoding: .utf8)
            #expect(text.lowercased().hasPrefix(start) && !text.isEmpty, "\(name): \(text.prefix(40))")
        }
    }
}
