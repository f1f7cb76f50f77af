import Foundation
import TestSupport
import Testing

/// The key directory is lost, and the log goes on under a new key as `docs/operations.md` says: what is said of the segment before.
@Suite struct LostKeyTests {
    private let workspace: SampleWorkspace

    init() async throws {
        workspace = try await SampleWorkspace()
        try await workspace.placeHold()
    }

    /// Gives the new vkey. The lookup key has a copy in the secret store.
    private func loseKeys() async throws -> String { try await Self.loseKeys(of: workspace) }

    private static func loseKeys(of workspace: SampleWorkspace) async throws -> String {
        let keys = workspace.file(SampleWorkspace.keys)
        let lookup = try Data(contentsOf: keys.appending(path: "lookup.key"))
        try FileManager.default.removeItem(at: keys)
        try FileManager.default.createDirectory(
            at: keys, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let made = try await workspace.lethe(
            "audit", "rollover", "--reason", "keys lost", "--root-key-out", workspace.folder.file("next.key").path,
            "--json")
        try #require(made.status == 0, "\(made.everything)")
        let copy = keys.appending(path: "lookup.key")
        try lookup.write(to: copy)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy.path)
        return try #require(made.json?["vkey"] as? String)
    }

    /// Of a request whose records lie on both sides of the loss: answered before it, and once more after it.
    @Test func aCertificateOverALossIsCheckedWithBothKeysAndWithOneAccusesNobody() async throws {
        let vendor = try await SimulatedVendor()
        defer { withExtendedLifetime(vendor) {} }
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        let dry = try await workspace.lethe("erase", "--as", "alex", "--json", input: "+12005550100\n")
        let ids = (dry.json?["items"] as? [[String: Any]] ?? []).compactMap { $0["attachment_id"] as? String }
        let request = (dry.json?["request"] as? [String: Any])?["id"] as? String ?? ""
        let held = try #require(ids.first, "\(dry.everything)")
        let hold = try await workspace.lethe(
            "hold", "place", "--attachment", held, "--as", "kim", "--reason", "matter 7", "--json")
        _ = try await workspace.lethe(
            "erase", "--resume", request, "--apply", "--as", "alex", input: "+12005550100\n")
        let next = try await Self.loseKeys(of: workspace)
        let holds = try await workspace.lethe("hold", "list", "--json").json?["holds"] as? [[String: Any]] ?? []
        let id = try #require(holds.first { ($0["scope"] as? String)?.contains(held) == true }?["id"] as? String)
        _ = try await workspace.lethe("hold", "release", id, "--as", "kim", "--reason", "closed")
        let run = try await workspace.lethe("run", "--apply")
        #expect(hold.status == 0 && run.status == 0, "\(run.everything)")
        let file = workspace.folder.file("certificate.json")
        let made = try await workspace.lethe("requests", "certificate", request, "-o", file.path)
        #expect(made.status == 0, "\(made.everything)")
        func check(_ vkeys: String...) async throws -> LetheProcess.Result {
            try await workspace.lethe.run(
                LetheProcess.binary,
                ["requests", "check-certificate", file.path] + vkeys.flatMap { ["--vkey", $0] })
        }
        let both = try await check(workspace.vkey, next)
        #expect(both.status == 0 && both.output.hasPrefix("INTACT"), "\(both.everything)")
        for key in [workspace.vkey, next] {
            let other = key == next ? workspace.vkey : next
            let half = try await check(key)
            #expect(half.status == 3 && half.output.hasPrefix("NOT CHECKED"), "\(half.everything)")
            #expect(
                half.output.contains(other.split(separator: "+").prefix(2).joined(separator: "+")), "\(half.everything)"
            )
        }
    }

    private func verify(_ vkeys: String...) async throws -> LetheProcess.Result {
        try await workspace.lethe.run(
            LetheProcess.binary, ["audit", "verify"] + vkeys.flatMap { ["--vkey", $0] })
    }

    @Test func aSegmentOfBeforeIsVouchedForByTheNewOneAndThatIsSaid() async throws {
        let next = try await loseKeys()
        let both = try await verify(workspace.vkey, next)
        #expect(both.status == 0 && !both.output.contains("vouched"), "\(both.everything)")
        let new = try await verify(next)
        #expect(new.status == 0 && new.output.contains("not pinned, vouched for by lethe.local/"), "\(new.everything)")
        #expect(new.output.contains("RESULT       VERIFIED (not keyed, not anchored;"), "\(new.everything)")
        #expect(new.output.contains("; its key is not pinned, on the word of lethe.local/"), "\(new.everything)")
        // An old key says nothing of what came after it: anybody can take the keys away and begin anew.
        let old = try await verify(workspace.vkey)
        #expect(old.status == 1 && old.findings.contains("seq=- signature"), "\(old.everything)")
    }

    @Test func theReportSaysWhoVouchesForItAndPinsWhatItIsGiven() async throws {
        _ = try await loseKeys()
        for given in [[], ["--vkey", workspace.vkey]] {
            let report = try await workspace.lethe.run(
                LetheProcess.binary, ["report", "--format", "json", "-o", "-"] + given)
            let logs = report.json?["logs"] as? [[String: Any]] ?? []
            #expect(report.status == 0 && logs.count == 2, "\(report.everything)")
            #expect(logs.allSatisfy { $0["result"] as? String == "verified" }, "\(report.everything)")
            let checks = logs.flatMap { $0["checks"] as? [[String: Any]] ?? [] }
            #expect(checks.contains { $0["name"] as? String == "key" } == given.isEmpty, "\(report.everything)")
        }
    }

    @Test func aBundleHoldsBothSegmentsAndIsCheckedWithBothKeys() async throws {
        let next = try await loseKeys()
        let place = workspace.folder.file("reviewer")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let made = try await workspace.lethe(
            "audit", "bundle", "--from", "2020-01-01", "-o", workspace.folder.file("evidence.tar").path, "--json")
        #expect(made.json?["vkeys"] as? [String] == [next, workspace.vkey], "\(made.everything)")
        #expect(try Shell.run("tar -xf ../evidence.tar", in: place).status == 0)
        for program in ["sh verify.sh", "python3 -I verify.py"] {
            let whole = try Shell.run("\(program) \"$(cat vkey)\"", in: place)
            #expect(whole.status == 0 && whole.text.contains("VERIFIED"), "\(whole.text)")
            for key in [next, workspace.vkey] {
                let half = try Shell.run("\(program) '\(key)'", in: place)
                #expect(half.status == 3, "\(half.text)")
            }
        }
        let other = try await SampleWorkspace()
        for (key, status) in [(next, 0), (workspace.vkey, 0), (other.vkey, 3)] as [(String, Int32)] {
            let again = try await workspace.lethe(
                "audit", "bundle", "--from", "2020-01-01", "-o", workspace.folder.file("again.tar").path, "--vkey", key)
            #expect(again.status == status, "\(again.everything)")
        }
    }

    /// Puts another log of this name there, under a key of whoever made it.
    private func forge(_ path: String) async throws {
        let other = try await SampleWorkspace()
        try await other.placeHold()
        for suffix in ["", "-journal"] { try? FileManager.default.removeItem(at: workspace.file(path + suffix)) }
        try FileManager.default.copyItem(at: other.file("audit.db"), to: workspace.file(path))
    }

    /// The new segment names what it found, and whoever had laid it there has no signature of the key that reviewers hold.
    @Test func whatWasLaidInThePlaceOfTheLogBeforeTheLossIsFoundByTheOldKey() async throws {
        try await forge("audit.db")
        let next = try await loseKeys()
        let both = try await verify(workspace.vkey, next)
        #expect(both.status == 1 && both.findings.contains("seq=- signature"), "\(both.everything)")
        let new = try await verify(next)
        #expect(new.output.contains("not pinned, vouched for by lethe.local/"), "\(new.everything)")
    }

    @Test func whatIsLaidInThePlaceOfAClosedSegmentIsNotVouchedFor() async throws {
        let next = try await loseKeys()
        try await forge("audit/\(workspace.firstSegment).db")
        for keys in [[next], [workspace.vkey, next]] {
            let found = try await workspace.lethe.run(
                LetheProcess.binary, ["audit", "verify"] + keys.flatMap { ["--vkey", $0] })
            #expect(found.status == 1, "\(found.everything)")
        }
    }

    /// Of the right name and with the right number of records, so that the chain finds it by its first record.
    @Test func aSegmentThatWasChangedUnderItsOwnKeyIsNotVouchedFor() async throws {
        let next = try await loseKeys()
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'matter 7', 'matter 8') AS BLOB) WHERE seq = 2",
            in: "audit/\(workspace.firstSegment).db")
        let found = try await verify(next)
        #expect(found.status == 1, "\(found.everything)")
        #expect(found.output.contains("nothing that a pinned key signed names it as it is"), "\(found.everything)")
    }
}
