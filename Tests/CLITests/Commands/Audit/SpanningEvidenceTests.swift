import Foundation
import TestSupport
import Testing

/// Evidence whose records lie in two segments of the log, made by the binary and checked without it.
@Suite struct SpanningEvidenceTests {
    /// Unpacks a bundle and answers how many records of each segment are in it.
    private func unpack(_ name: String, _ workspace: SampleWorkspace) throws -> (folder: URL, records: [String: Int]) {
        let folder = workspace.folder.file("reviewer-\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let tar = try Shell.run("tar -xf '../\(name).tar'", in: folder)
        try #require(tar.status == 0, "\(tar.text)")
        var records: [String: Int] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where path.hasSuffix("/records.jsonl") {
            let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
            records[String(path.split(separator: "/")[1])] = text.split(separator: "\n").count
        }
        return (folder, records)
    }

    /// Runs every command of VERIFY.md with the key that came by another way.
    private func followInstructions(_ folder: URL, _ vkey: String, _ made: LetheProcess.Result) throws {
        let programs = made.json?["programs"] as? [[String: Any]] ?? []
        let text = try String(contentsOf: folder.appending(path: "VERIFY.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```sh\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 5)
        for block in blocks {
            let output = try Shell.run("set -e; VKEY='\(vkey)'; \(block)", in: folder)
            #expect(output.status == 0 && !output.text.contains("FAIL"), "\(block)\n\(output.text)")
        }
        // VERIFY.md begins with what the sender said by another way.
        let digests = try Shell.run(blocks[0], in: folder).text.split(separator: "\n").map { String($0.prefix(64)) }
        #expect(digests == programs.compactMap { $0["sha256"] as? String } && digests.count == 2)
        // The same commands find a changed record.
        let record = try #require(
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().last {
                $0.hasSuffix("/records.jsonl")
            })
        let file = folder.appending(path: record)
        try (Data(contentsOf: file) + Data([32])).write(to: file)
        let changed = try Shell.run("VKEY='\(vkey)'; \(blocks[1])", in: folder)
        #expect(changed.status == 1 && changed.text.contains("FAIL"), "\(changed.text)")
    }

    @Test func aBundleOfAPeriodHoldsTheRecordsOfBothSegments() async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try await workspace.rollOver()
        try await workspace.placeHold()
        let file = workspace.folder.file("period.tar").path
        let made = try await workspace.lethe("audit", "bundle", "--from", "2020-01-01", "-o", file, "--json")
        #expect(made.status == 0, "\(made.everything)")
        let (folder, records) = try unpack("period", workspace)
        #expect(records[workspace.firstSegment] == 6 && records.values.sorted() == [4, 6], "\(records)")
        #expect(made.json?["records"] as? Int == 10)
        try followInstructions(folder, workspace.vkey, made)
    }

    @Test func aBundleOfARequestHoldsTheRecordsOfBothSegments() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        let opened = try await workspace.lethe("erase", "--json", input: "+12005550100\n")
        let request = try #require(
            (opened.json?["request"] as? [String: Any])?["id"] as? String, "\(opened.everything)")
        try await workspace.rollOver()
        let applied = try await workspace.lethe("erase", "--resume", request, "--apply", "--as", "alex", "--json")
        try #require(applied.status == 0, "\(applied.everything)")
        let file = workspace.folder.file("request.tar").path
        let made = try await workspace.lethe("audit", "bundle", "--request", request, "-o", file, "--json")
        #expect(made.status == 0, "\(made.everything)")
        let (folder, records) = try unpack("request", workspace)
        let deleted = try await vendor.deletes().count
        #expect(records.count == 2 && (records[workspace.firstSegment] ?? 0) > 1, "\(records)")
        #expect(deleted > 0 && records.values.max() ?? 0 > 2 * deleted, "\(records), \(deleted) deleted")
        try followInstructions(folder, workspace.vkey, made)
    }

    /// Somebody writes into the anchor folder: the bundle is made without it, and says so.
    @Test func aForgedAnchorBreaksNoBundle() async throws {
        let workspace = try await SampleWorkspace()
        let anchor = try workspace.anchor("anchor")[0]
        try await workspace.placeHold()
        let good = anchor.appending(path: "\(workspace.firstSegment).4.note")
        var bytes = Array(try Data(contentsOf: good))
        bytes[bytes.count - 20] ^= 1
        try Data(bytes).write(to: anchor.appending(path: "\(workspace.firstSegment).3.note"))
        let file = workspace.folder.file("period.tar").path
        let made = try await workspace.lethe("audit", "bundle", "--from", "2020-01-01", "-o", file, "--json")
        #expect(made.status == 0 && (made.json?["left_out"] as? [String])?.count == 1, "\(made.everything)")
        #expect(made.errors.contains("Warning: left out: "), "\(made.everything)")
        let (folder, _) = try unpack("period", workspace)
        try followInstructions(folder, workspace.vkey, made)
    }

    @Test func growthSinceAHeldCheckpointIsProvedForEachSegment() async throws {
        let workspace = try await SampleWorkspace()
        let anchor = try workspace.anchor("anchor")[0]
        try await workspace.placeHold()
        try await workspace.rollOver()
        let held = anchor.appending(path: "\(workspace.firstSegment).4.note").path
        let proof = workspace.folder.file("grew.proof")
        let made = try await workspace.lethe("audit", "consistency", held, "-o", proof.path, "--json")
        #expect(made.status == 0 && made.json?["newer_size"] as? Int == 6, "\(made.everything)")
        let elsewhere = LetheProcess(in: workspace.folder.url)
        let check = ["audit", "check-proof", proof.path, "--vkey", workspace.vkey]
        let good = try await elsewhere.run(LetheProcess.binary, check + ["--checkpoint", held])
        #expect(good.status == 0 && good.output.hasPrefix("CONSISTENT"), "\(good.everything)")
        let unheld = try await elsewhere.run(LetheProcess.binary, check)
        #expect(unheld.status == 3 && unheld.errors.contains("--checkpoint"), "\(unheld.everything)")
        let own = anchor.appending(path: "\(workspace.firstSegment).6.note").path
        let other = try await elsewhere.run(LetheProcess.binary, check + ["--checkpoint", own])
        #expect(other.status == 3 && other.output.hasPrefix("NOT CHECKED"), "\(other.everything)")
        let text = try String(contentsOf: proof, encoding: .utf8)
        try text.replacing("\n6\n", with: "\n7\n").write(to: proof, atomically: true, encoding: .utf8)
        let forged = try await elsewhere.run(LetheProcess.binary, check + ["--checkpoint", held])
        #expect(forged.status == 1, "\(forged.everything)")
    }
}
