import Foundation
import TestSupport
import Testing

/// Attacks of section 7 of the format against the binary: what the process says on stdout, in JSON, and by its exit status.
@Suite struct AttackTests {
    /// What is verified: an export of the log, or the database itself.
    enum Place: CaseIterable { case export, database }

    /// On lines without their LF, from the log of `world`: 0 log.open, 1 epoch.seal, 2 hold.placed, 3 epoch.seal.
    struct Attack: CustomTestStringConvertible {
        let testDescription: String
        let status: Int32
        /// `seq code`; a `root` without a seq is in doubt from the last checkpoint before it that is good: there is none beside
        /// an export, and one of size 2 in the database.
        let findings: [String]
        /// In an export and in the database; `nil` where no record is in doubt.
        let lastGood: (export: Int?, database: Int?)
        let perform: @Sendable (inout [String]) -> Void

        init(
            _ name: String, exit status: Int32 = 1, _ findings: [String], lastGood: (Int?, Int?),
            _ perform: @escaping @Sendable (inout [String]) -> Void
        ) {
            testDescription = name
            (self.status, self.findings, self.lastGood, self.perform) = (status, findings, lastGood, perform)
        }
    }

    static let attacks = [
        Attack("untouched", exit: 0, [], lastGood: (nil, nil)) { _ in },
        Attack("an edited field", ["2 mac", "root"], lastGood: (-1, 1)) { $0[2].replace("matter 7", with: "matter 8") },
        Attack("the first record deleted", ["0 seq", "1 origin", "3 shorter-than-checkpoint"], lastGood: (-1, -1)) {
            $0.removeFirst()
        },
        Attack("a record in the middle deleted", ["2 seq", "3 epoch", "3 shorter-than-checkpoint"], lastGood: (1, 1)) {
            $0.remove(at: 2)
        },
        Attack("two records swapped", ["1 seq"], lastGood: (-1, -1)) { $0.swapAt(1, 2) },
        Attack("a record twice", ["3 seq"], lastGood: (-1, 1)) { $0.insert($0[2], at: 3) },
        Attack("a mac stripped", ["2 format", "root"], lastGood: (-1, 1)) { $0[2] = $0[2].dropLast(74) + "}" },
        Attack("the tail cut", ["3 shorter-than-checkpoint"], lastGood: (2, 2)) { $0.removeLast() },
        Attack("another escape", ["2 format", "root"], lastGood: (-1, 1)) {
            $0[2].replace("matter", with: "\\u006datter")
        },
        Attack("an unknown type", ["2 schema", "root"], lastGood: (-1, 1)) {
            $0[2].replace("hold.placed", with: "hold.moved")
        },
        Attack("no JSON", ["2 json", "root"], lastGood: (-1, 1)) { $0[2] = "matter 7" },
    ]

    private func world() async throws -> (SampleWorkspace, [String]) {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        let export = workspace.folder.file("export")
        _ = try await workspace.lethe("audit", "export", "-o", export.path)
        let text = try String(contentsOf: export.appending(path: "log.jsonl"), encoding: .utf8)
        return (workspace, text.split(separator: "\n").map(String.init))
    }

    private func place(_ lines: [String], _ place: Place, _ workspace: SampleWorkspace) throws -> String {
        guard place == .database else {
            let file = workspace.folder.file("export/log.jsonl")
            try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
            return file.path
        }
        let rows = lines.enumerated().map { seq, line in
            "INSERT INTO entry VALUES (\(seq), CAST('\(line.replacing("'", with: "''"))' AS BLOB));"
        }
        try workspace.tamper("DELETE FROM entry;\n" + rows.joined(separator: "\n"))
        return workspace.file("audit.db").path
    }

    /// The findings that are about where a row lies differ between a table and a file, the exit status never.
    @Test(arguments: attacks, Place.allCases)
    func theBinarySaysWhatItFindsAndExitsWithIt(_ attack: Attack, _ place: Place) async throws {
        var (workspace, lines) = try await world()
        attack.perform(&lines)
        let log = try self.place(lines, place, workspace)
        let elsewhere = LetheProcess(in: workspace.folder.url)
        let arguments = [
            "audit", "verify", "--log", log, "--vkey", workspace.vkey, "--root-key-file", workspace.rootKey,
        ]
        let text = try await elsewhere.run(LetheProcess.binary, arguments)
        let json = try await elsewhere.run(LetheProcess.binary, arguments + ["--json"])
        #expect(text.status == attack.status && json.status == attack.status, "\(text.everything)")
        let failures = json.json?["failures"] as? [[String: Any]] ?? []
        let found = failures.map { "\($0["seq"] as? Int ?? -1) \($0["code"] as? String ?? "?")" }
        for finding in attack.findings {
            let full = finding == "root" ? (place == .export ? "0 root" : "2 root") : finding
            #expect(found.contains(full), "\(found)\n\(text.everything)")
        }
        if attack.findings.isEmpty { #expect(found.isEmpty, "\(text.everything)") }
        // Line by line the same, tab separated.
        let printed = text.output.split(separator: "\n").filter { $0.hasPrefix("FAIL\t") }
        let stated = failures.map { failure in
            let seq = (failure["seq"] as? Int).map(String.init) ?? "-"
            return "FAIL\tseq=\(seq)\t\(failure["code"] as? String ?? "")\t\(failure["message"] as? String ?? "")"
        }
        #expect(printed.map(String.init) == stated, "\(text.everything)")
        let lastGood = place == .export ? attack.lastGood.export : attack.lastGood.database
        #expect(json.json?["exit"] as? Int == Int(attack.status))
        #expect(json.json?["result"] as? String == (attack.status == 0 ? "verified" : "tampered"))
        #expect(json.json?["last_good_seq"] as? Int == lastGood, "\(text.everything)")
        let word = attack.status == 0 ? "RESULT       VERIFIED" : "RESULT       TAMPERED"
        #expect(text.output.contains(word), "\(text.everything)")
    }

    /// What cannot be verified is never called tampering, and says what to type.
    @Test func whatCouldNotBeVerifiedIsExitThreeAndNoTampering() async throws {
        let (workspace, _) = try await world()
        let other = workspace.folder.file("other.key")
        try (String(repeating: "5a", count: 32) + "\n").write(to: other, atomically: true, encoding: .utf8)
        let log = workspace.folder.file("export/log.jsonl").path
        let elsewhere = LetheProcess(in: workspace.folder.url)
        let cases: [(arguments: [String], finding: String?, hint: String?)] = [
            ([], nil, "--vkey"),
            (["--vkey", workspace.vkey, "--root-key-file", other.path], "FAIL\tseq=-\twrong-key\t", "--root-key-file"),
            (["--vkey", workspace.vkey, "--require", "mac"], nil, nil),
            (["--vkey", workspace.vkey, "--require", "anchor"], nil, nil),
            (["--vkey", workspace.vkey, "--require", "closed"], nil, nil),
        ]
        for (arguments, finding, hint) in cases {
            let result = try await elsewhere.run(LetheProcess.binary, ["audit", "verify", "--log", log] + arguments)
            #expect(result.status == 3, "\(arguments): \(result.everything)")
            #expect(result.output.contains("RESULT       NOT VERIFIED"), "\(result.everything)")
            #expect(!result.output.lowercased().contains("tamper"), "\(result.everything)")
            if let finding { #expect(result.output.contains(finding), "\(result.everything)") }
            if let hint { #expect(result.errors.contains(hint), "\(result.everything)") }
        }
    }
}
