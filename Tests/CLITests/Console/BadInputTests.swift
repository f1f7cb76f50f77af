import Foundation
import TestSupport
import Testing

/// Bad input ends with a clear message, a next step and the exit code of the contract, and does nothing.
@Suite struct BadInputTests {
    @Test func withoutAWorkspaceEveryCommandSaysWhatToType() async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        for words in [
            ["config"], ["run"], ["inventory", "stats"], ["audit", "seal"], ["erase", "--subject", "+14155550117"],
        ] {
            let result = try await lethe.run(LetheProcess.binary, words)
            #expect(result.status == 78, "\(words): \(result.everything)")
            #expect(
                result.errors == """
                    Error: no lethe.yaml here or in any folder above
                    Try: lethe init --partner ID, or name a workspace with --workspace DIR

                    """)
        }
        let named = try await lethe("config", "--workspace", "nowhere")
        #expect(named.status == 78)
        #expect(
            named.errors.hasPrefix(
                "Error: there is no lethe.yaml in nowhere (from --workspace)\nTry: lethe init nowhere"))
    }

    #if os(Linux)
        /// The limit is inherited, so it must be the binary's own; and what the registers point to may be a key.
        @Test func aCrashLeavesNoCoreAndPrintsNoMemory() async throws {
            let folder = try TemporaryDirectory()
            let running = try LetheProcess(in: folder.url).start(
                URL(filePath: "/usr/bin/env"),
                arguments: ["-u", "SWIFT_BACKTRACE", LetheProcess.binary.path, "simulate", "--port", "0"])
            _ = await running.firstLine()
            func coreLimits(of process: String) throws -> [Substring] {
                let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
                let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
                return (line?.split(separator: " ").dropFirst(4).prefix(2)).map { Array($0) } ?? []
            }
            let process = running.process.processIdentifier
            let limits = try coreLimits(of: "\(process)")
            kill(process, SIGSEGV)
            // Who is allowed none may not raise it.
            let mayRaise = try geteuid() == 0 || coreLimits(of: "self").last != "0"
            #expect(limits == (mayRaise ? ["1", "1"] : ["0", "0"]))
            // A backtracer would look at the dead process for minutes.
            for _ in 0..<1000 where running.process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            kill(process, SIGKILL)
            let ended = try await running.result()
            #expect(ended.status == SIGSEGV && !ended.errors.contains("***"), "\(ended.everything)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
        }
    #endif

    @Test func aFileThatCannotBeReadIs66() async throws {
        let workspace = try await SampleWorkspace()
        let folder = workspace.folder.url.path
        for words in [
            ["ingest", "no-such-file.json", "--trusted"], ["ingest", folder, "--trusted"],
            ["ingest", "no-such-file.json", "--headers", "no-such-headers.json"],
            ["erase", "--subject-file", "no-such-file"], ["inventory", "list", "--subject-file", folder],
            ["audit", "verify", "--vkey", workspace.vkey, "--root-key-file", "no-such-file"],
            ["audit", "verify", "--vkey", workspace.vkey, "--log", "no-such-log.jsonl"],
            ["audit", "check-proof", "no-such-proof", "--vkey", workspace.vkey],
            ["hold", "place", "--as", "alex", "--reason", "matter 7", "--subject-file", "no-such-file"],
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 66, "\(words): \(result.everything)")
            #expect(
                result.errors.contains("Error: ") && result.errors.contains("\nTry: "), "\(words): \(result.errors)")
            #expect(result.output == "", "\(words)")
        }
    }

    #if os(Linux)
        /// Whoever reads the exit status alone must not take half an answer for one.
        @Test(arguments: ["plan list", "--help", "config --json"])
        func anAnswerThatCannotBeWrittenIsAFailure(words: String) async throws {
            let workspace = try await SampleWorkspace()
            let result = try await workspace.lethe.run(
                URL(filePath: "/bin/sh"), ["-c", "'\(LetheProcess.binary.path)' \(words) > /dev/full"])
            #expect(result.status == 1, "\(words): \(result.everything)")
            #expect(result.errors.contains("Error: the answer cannot be written") && result.errors.contains("\nTry: "))
            let piped = "'\(LetheProcess.binary.path)' \(words) | true; echo ${PIPESTATUS[0]}"
            let closed = try await workspace.lethe.run(URL(filePath: "/bin/bash"), ["-c", piped])
            #expect(closed.output == "0\n" && closed.errors.isEmpty, "\(words): \(closed.everything)")
        }
    #endif

    /// What a request was opened with stays as it is on record.
    @Test(arguments: [
        ["--scope", "conversation"], ["--jurisdiction", "ccpa"], ["--received", "2026-01-01"], ["--channel", "letter"],
        ["--identity", "call back"],
    ])
    func whatOpensARequestIsRefusedWithResume(option: [String]) async throws {
        let workspace = try await SampleWorkspace()
        let id = String(repeating: "a", count: 32)
        let result = try await workspace.lethe.run(
            LetheProcess.binary, ["erase", "--resume", id, "--offline", "--json"] + option)
        let error = result.json?["error"] as? [String: Any]
        #expect(result.status == 64 && error?["code"] as? String == "opening-only", "\(result.everything)")
        #expect((error?["message"] as? String)?.hasPrefix(option[0]) == true, "\(result.everything)")
    }

    @Test func aCertificateWithANameTwiceIsMalformed() async throws {
        let workspace = try await SampleWorkspace()
        let file = workspace.folder.file("certificate.json")
        let items = #""items": [], "proof": {"records": []}"#
        for (twice, message) in [
            (#""plan": {"id": "a", "digest": "b"}, "pl\u0061n": {}"#, "a name is given twice"),
            (#""items": 1"#, "a name is given twice"), (#""proof": {"plans": []}"#, "a name is given twice"),
        ] {
            try "{\(twice), \(items)}".write(to: file, atomically: true, encoding: .utf8)
            let result = try await workspace.lethe(
                "requests", "check-certificate", file.path, "--vkey", workspace.vkey)
            #expect(result.status == 1 && result.errors.contains(message), "\(result.everything)")
        }
        for text in [
            "{}", #"{"items": [], "proof": {"plans": [], "records": []}}"#, #"{"items": 1, "proof": {"records": []}}"#,
        ] {
            try text.write(to: file, atomically: true, encoding: .utf8)
            let result = try await workspace.lethe("requests", "check-certificate", file.path, "--vkey", workspace.vkey)
            #expect(
                result.status == 1 && result.errors.contains("not an erasure certificate"), "\(result.everything)")
        }
    }

    @Test func aBrokenLineIsRejectedWithItsNumberAndTheRestGoesOn() async throws {
        let workspace = try await SampleWorkspace()
        let good = Paths.linq.appending(path: "webhooks/2026-02-03--message.received--persistent-image.json")
        let body = try JSONSerialization.jsonObject(with: Data(contentsOf: good))
        let line = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let foreign = line.replacing(SampleWorkspace.partner, with: "00000000-0000-4000-8000-000000000000")
        let lines = [String(line.dropLast(40)), line, "", "not json", foreign]
        let result = try await workspace.lethe(
            "ingest", "-", "--trusted", "--json", input: lines.joined(separator: "\n"))
        #expect(result.status == 2, "\(result.everything)")
        #expect(result.json?["accepted"] as? Int == 1)
        #expect(result.json?["attachments_new"] as? Int == 1)
        #expect(result.json?["rejected"] as? Int == 3)
        let rejections = result.json?["rejections"] as? [[String: Any]] ?? []
        #expect(rejections.map { $0["line"] as? Int } == [1, 4, 5], "\(rejections)")
        #expect(rejections.map { $0["code"] as? String } == ["invalid-json", "invalid-json", "foreign_partner"])
        let text = try await workspace.lethe("ingest", "-", "--trusted", input: "{\"cut\": ")
        #expect(text.status == 2 && text.output.contains(":1: [invalid-json] "), "\(text.everything)")
    }

    @Test func fiveMistakesInAPolicyAreAllShown() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.write(
            """
            version: 1
            policies:
              - id: identity-documents
                titel: Identity documents
                why: Kept for disputes.
                scope: {lines: [+12025550143]}
                retain: 90d
                delete_after: 30d
              - id: identity-documents
                title: Voice
                why: Kept two weeks.
                match: {tier: permanent}
                delete_after: 1fortnight

            """, to: "policies/retention.yaml")
        let codes = ["unknown-key", "missing-key", "duplicate-id", "unknown-unit"]
        for words in [["policy", "check"], ["run"], ["run", "--apply"], ["erase", "--subject", "+14155550117"]] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            let shown = result.output + result.errors
            #expect(result.status == 78, "\(words): \(shown)")
            for code in codes { #expect(shown.contains("error[\(code)]"), "\(words): \(code) is missing in\n\(shown)") }
            #expect(shown.contains("policies/retention.yaml:4:5: error[unknown-key]"), "\(shown)")
            #expect(shown.contains("did you mean \"title\"?"))
            #expect(shown.components(separatedBy: ": error[").count - 1 >= 5, "\(words): \(shown)")
        }
    }

    @Test func anUnknownKeyOfTheConfigurationHasItsPlaceAndASuggestion() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.configure("max_in_flight: 8", "max_in_fligth: 8")
        try workspace.configure("approval: {people: 1", "approval: {people: 3")
        let result = try await workspace.lethe("config")
        #expect(result.status == 78)
        #expect(result.errors.contains("lethe.yaml has 2 errors"), "\(result.errors)")
        #expect(result.errors.contains("lethe.yaml:8:3: error[unknown-key]"), "\(result.errors)")
        #expect(result.errors.contains("did you mean \"max_in_flight\"?"), "\(result.errors)")
        #expect(result.errors.contains("lethe.yaml:25:20: error["), "\(result.errors)")
        let json = try await workspace.lethe("run", "--apply", "--json")
        #expect(json.status == 78 && json.error?.code == "bad-configuration", "\(json.everything)")
    }

    @Test func aDatabaseOfANewerVersionIsLeftAlone() async throws {
        let workspace = try await SampleWorkspace()
        let file = workspace.directory.appending(path: "inventory.db")
        var bytes = try Data(contentsOf: file)
        // `user_version`, big-endian, in the header of every SQLite file.
        bytes.replaceSubrange(60..<64, with: [0, 0, 0, 99])
        try bytes.write(to: file)
        for words in [["inventory", "stats"], ["run"], ["run", "--apply"], ["sync"]] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 78, "\(words): \(result.everything)")
            #expect(result.errors.contains("newer") && result.errors.contains("\nTry: "), "\(words): \(result.errors)")
        }
    }

    @Test(arguments: ["mac.state", "sign.key", "lookup.key", ""])
    func keysThatOthersCanReadStopEverything(name: String) async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        let path = workspace.directory.appending(path: ".lethe/keys/" + name).path
        try FileManager.default.setAttributes([.posixPermissions: name.isEmpty ? 0o755 : 0o644], ofItemAtPath: path)
        let size = try workspace.logSize()
        for words in [
            ["run", "--apply"], ["audit", "seal"], ["erase", "--subject", "+12005550100", "--apply", "--as", "alex"],
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 78, "\(name), \(words): \(result.everything)")
            #expect(result.errors.contains("Try: chmod "), "\(name), \(words): \(result.errors)")
        }
        #expect(try await vendor.deletes().isEmpty)
        #expect(try workspace.logSize() == size, "nothing was recorded")
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.status == 1 && doctor.output.contains("fail"), "\(doctor.everything)")
    }

    @Test func aLogWithOneByteChangedIsFoundAndNothingIsDeleted() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        _ = try await workspace.lethe("run", "--save")
        let file = workspace.directory.appending(path: "audit.db")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data("\"type\":\"plan.created\"".utf8)))
        bytes[place.upperBound - 2] = UInt8(ascii: "D")
        try bytes.write(to: file)
        let verify = try await workspace.verifyLog()
        #expect(verify.status == 1 && verify.output.contains("FAIL\t"), "\(verify.everything)")
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 1, "\(run.everything)")
        #expect(run.errors.contains("lethe audit verify"), "\(run.errors)")
        #expect(try await vendor.deletes().isEmpty)
        let report = try await workspace.lethe("report", "-o", "-", "--format", "md")
        #expect(!report.output.contains("Log records | 59 | verified"), "\(report.everything)")
    }

    /// A record from the middle of the segment, which no writer reads again.
    @Test func aReportOverALogThatWasTamperedWithSaysSoAndEndsWithOne() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        _ = try await workspace.lethe("run", "--apply")
        #expect(try await workspace.lethe("report").status == 0)
        let file = workspace.directory.appending(path: "audit.db")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data("\"trace\":\"".utf8)))
        bytes[place.upperBound] = bytes[place.upperBound] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        try bytes.write(to: file)
        let report = try await workspace.lethe("report")
        #expect(report.status == 1, "\(report.everything)")
        #expect(report.output.hasPrefix("TAMPERED: "), "\(report.everything)")
    }

    @Test(
        "A wrong use is 64 and says what would be right",
        arguments: [
            ["run", "--at", "2027-01-01", "--apply"], ["erase", "--subject", "+14155550117", "--apply"],
            ["erase", "--subject", "not a handle"], ["erase"], ["ingest", "-"], ["run", "--at", "tomorrow"],
            ["hold", "place", "--as", "alex", "--reason", "call +1 415 555 0117", "--all"],
            ["hold", "place", "--as", "alex", "--reason", "mail dana@example.com", "--all"],
            ["hold", "place", "--as", "dana@example.com", "--reason", "matter 7", "--all"],
            ["hold", "place", "--as", "alex", "--reason", "matter 7"],
            ["erase", "--subject", "+14155550117", "--channel", "phone 415-555-0117"],
            ["erase", "--subject", "+14155550117", "--received", "2999-01-01"],
            ["erase", "--subject", "+14155550117", "--jurisdiction", "mars"], ["inventory", "show", "not-an-id"],
            ["plan", "show", "not-an-id"], ["inventory", "list", "--limit", "0"],
            ["inventory", "list", "--older-than", "5 parsecs"], ["verify", "--all", "--sample", "5"],
            ["report", "--format", "pdf"], ["report", "--from", "2026-02-02", "--to", "2026-02-01"],
            ["confirmations", "--limit", "0"], ["simulate", "--fault", "gremlins:1"],
            ["ingest", "-", "--trusted", "--kind", "gossip"], ["audit", "verify", "--require", "luck"],
            ["audit", "verify", "--vkey", "nonsense"], ["audit", "export", "--format", "pdf"],
            ["audit", "rollover", "--reason", "call 4155550117"], ["run", "--allow-deletes", "many"],
            ["policy", "forecast", "--days", "0"], ["plan", "show", String(repeating: "0", count: 32)],
            ["requests", "show", String(repeating: "0", count: 32)],
            ["inventory", "show", "00000000-0000-4000-8000-000000000000"],
            ["policy", "explain", "00000000-0000-4000-8000-000000000000"],
        ])
    func wrongUse(words: [String]) async throws {
        let workspace = try await SampleWorkspace()
        let result = try await workspace.lethe.run(LetheProcess.binary, words)
        #expect(result.status == 64, "\(words): \(result.everything)")
        #expect(result.errors.hasPrefix("Error: "), "\(words): \(result.errors)")
        #expect(result.output == "", "\(words)")
        #expect(!(result.errors + result.output).contains("4155550117"), "\(words): \(result.errors)")
        let json = try await workspace.lethe.run(LetheProcess.binary, words + ["--json"])
        #expect(json.status == 64 && json.error != nil, "\(words): \(json.everything)")
    }
}

extension SampleWorkspace {
    /// Bytes of the log's database, which grows with every record.
    func logSize() throws -> Int {
        try Data(contentsOf: directory.appending(path: "audit.db")).count
    }
}
