import Foundation
import TestSupport
import Testing

/// The commands around policies and holds, as a person meets them.
@Suite struct PolicyCommandTests {
    private static let mistakes = "version: 1\npolicies:\n  - id: A\n    title: t\n    wy: x\n    delete_after: 9days\n"

    private static func policy(_ period: String, id: String = "default") -> String {
        SampleWorkspace.policy.replacing("default", with: id).replacing("47d", with: period)
    }

    private func world() async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 25, seed: 3)
        return (vendor, workspace)
    }

    @Test func aFolderThatIsNotLiveIsCheckedLikeTheLiveOneAndDiffShowsAllItsMistakes() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.write(Self.policy("47d"), to: "policies/retention.yaml")
        try workspace.write(Self.mistakes, to: "next/a.yaml")
        let live = workspace.directory.appending(path: "policies").path
        let next = workspace.directory.appending(path: "next").path
        #expect(try await workspace.lethe("policy", "check").status == 0)
        let check = try await workspace.lethe("policy", "check", next)
        #expect(check.status == 78 && check.output.contains("4 errors"), "\(check.everything)")
        let diff = try await workspace.lethe("policy", "diff", live, next)
        #expect(diff.status == 78)
        for piece in [
            "\(next)/a.yaml:3:9: error[bad-id]", "error[unknown-key]", "error[unknown-unit]: unknown unit \"days\"",
            "    delete_after: 9days\n", "Try: repair the files; check them with: lethe policy check \(next)",
        ] {
            #expect(diff.errors.contains(piece), "\(piece) in \(diff.errors)")
        }
        let json = try await workspace.lethe("policy", "diff", live, next, "--json")
        let error = try #require(json.json?["error"] as? [String: Any])
        let diagnostics = try #require(error["diagnostics"] as? [[String: Any]])
        let checked = try await workspace.lethe("policy", "check", next, "--json").json?["diagnostics"]
        #expect(NSArray(array: diagnostics) == NSArray(array: try #require(checked as? [Any])))
    }

    @Test func aDiffLooksAheadAndNeverCutsAnID() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let ids = ["a", "b"].map { String(repeating: "x", count: 62) + $0 }
        for (folder, periods) in [("old", ["200d", "300d"]), ("new", ["125d", "130d"])] {
            for (id, period) in zip(ids, periods) {
                let text = Self.policy(period, id: id).replacing(
                    "delete_after",
                    with: "match: {direction: \(id == ids[0] ? "inbound" : "outbound")}\n    delete_after")
                try workspace.write(text, to: "\(folder)/\(id).yaml")
            }
        }
        let folders = ["old", "new"].map { workspace.directory.appending(path: $0).path }
        let diff = try await workspace.lethe("policy", "diff", folders[0], folders[1])
        #expect(diff.status == 0 && diff.output.contains("today: 0 newly deletable (0 B)"), "\(diff.everything)")
        #expect(diff.output.contains("within 90 days: ") && diff.output.contains("in 90 d"))
        for id in ids { #expect(diff.output.contains(" \(id)\n"), "\(id) in \(diff.output)") }
        #expect(diff.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(diff.output)")
        let widest = try await forecastOfLongIDs(workspace)
        #expect(widest <= 80, "\(widest)")
        let json = try #require(try await workspace.lethe("policy", "diff", folders[0], folders[1], "--json").json)
        #expect(json["days"] as? Int == 90 && json["newly_deletable"] as? Int == 0)
        #expect(try #require(json["newly_deletable_within"] as? Int) > 0)
        for name in ["earlier", "later"] {
            let number = try #require(json[name] as? Int)
            #expect((try #require(json["\(name)_bytes"] as? Int) > 0) == (number > 0), "\(name)")
        }
        let short = try await workspace.lethe("policy", "diff", folders[0], folders[1], "--days", "1")
        #expect(short.output == "No decision changes today or within 1 day, of 25 attachments.\n")
        #expect(try await workspace.lethe("policy", "diff", folders[0], folders[1], "--days", "0").status == 64)
    }

    /// The widest line of it.
    private func forecastOfLongIDs(_ workspace: SampleWorkspace) async throws -> Int {
        let id = String(repeating: "y", count: 63)
        try workspace.write(Self.policy("47d", id: id), to: "policies/retention.yaml")
        let forecast = try await workspace.lethe("policy", "forecast")
        #expect(forecast.output.contains("  \(id)\n"), "\(forecast.everything)")
        return forecast.output.split(separator: "\n").map(\.count).max() ?? 0
    }

    @Test func aDiffTellsBytesPerRowAndOfWhatGoesAtAnotherInstant() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        try workspace.write(Self.policy("100d"), to: "old/a.yaml")
        try workspace.write(Self.policy("60d"), to: "new/a.yaml")
        let folders = ["old", "new"].map { workspace.directory.appending(path: $0).path }
        let json = try #require(try await workspace.lethe("policy", "diff", folders[0], folders[1], "--json").json)
        #expect(try #require(json["earlier"] as? Int) > 0 && #require(json["earlier_bytes"] as? Int) > 0)
        #expect(json["later"] as? Int == 0 && json["later_bytes"] as? Int == 0)
        let text = try await workspace.lethe("policy", "diff", folders[0], folders[1]).output
        #expect(text.contains(/default +now +[0-9]+ +[0-9.]+ [kMG]?B +0 +0 B\n/), "\(text)")
        #expect(
            text.contains(/of those that go under both: [0-9]+ earlier \([0-9.]+ [kMG]?B\), 0 later \(0 B\)/), "\(text)"
        )
    }

    @Test func aFreshWorkspaceHasNoTestsYet() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.write(Self.policy("47d"), to: "policies/retention.yaml")
        let result = try await workspace.lethe("policy", "test")
        #expect(result.status == 1, "\(result.everything)")
        #expect(result.output.contains("there are no tests yet") && !result.output.contains("permissions"))
        #expect(result.output.contains("policies/tests/NAME.yaml"), "\(result.everything)")
    }

    @Test func tierDriftIsSaidEverywhereAsSoonAsItIsSeen() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        try workspace.configure(
            "  ephemeral_lines: []", "  ephemeral_lines: [{number: \"+12025550143\", since: \"2020-01-01\"}]")
        let list = try await workspace.lethe("inventory", "list", "--json")
        let attachments = try #require(list.json?["attachments"] as? [[String: Any]])
        let drifted = attachments.filter { $0["tier_drift"] as? Bool == true }
        let id = try #require(drifted.first?["attachment_id"] as? String, "\(list.everything)")
        let shown = try await workspace.lethe("inventory", "show", id)
        #expect(shown.output.contains("(tier drift found)"), "\(shown.everything)")
        let told = try await workspace.lethe("policy", "explain", id, "--json")
        #expect((told.json?["facts"] as? [String: Any])?["tier_drift"] as? Bool == true, "\(told.everything)")
        let doctor = try await workspace.lethe("doctor")
        #expect(
            doctor.output.contains("\(drifted.count) attachments that tiers calls ephemeral are kept by the vendor"))
        let page = try await workspace.lethe("report", "--format", "md", "-o", "-")
        #expect(page.output.contains("persistent URL seen") && !page.output.contains("| Found |"), "\(page.everything)")
    }

    @Test func oneIsCountedAsOne() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 1)
        try workspace.write(Self.policy("1h"), to: "policies/retention.yaml")
        let run = try await workspace.lethe("run")
        #expect(run.output.hasPrefix("Due: 1 attachment, "), "\(run.everything)")
        try workspace.configure(
            "  ephemeral_lines: []", "  ephemeral_lines: [{number: \"+12025550143\", since: \"2020-01-01\"}]")
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.output.contains("1 attachment that tiers calls ephemeral is kept"), "\(doctor.everything)")
        try workspace.write(Self.mistakes, to: "policies/mistakes.yaml")
        #expect(try await workspace.lethe("run").errors.contains("the folder policies has 4 errors:"))
    }

    @Test func whatACallFoundExpiredIsExplainedAsGone() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let list = try await workspace.lethe("inventory", "list", "--limit", "1", "--json")
        let id = try #require((list.json?["attachments"] as? [[String: Any]])?.first?["attachment_id"] as? String)
        func explain(_ columns: String) async throws -> String {
            try workspace.sql(
                "inventory.db",
                "UPDATE attachment SET \(columns) WHERE lower(hex(id)) = '\(id.replacing("-", with: ""))';")
            return try await workspace.lethe("policy", "explain", id).output
        }
        let believed = try await explain("state = 2")
        #expect(believed.contains(", expired\n") && !believed.contains("gone"), "\(believed)")
        let found = try await explain("outcome = 'expired_by_vendor', outcome_at = 1900000000000000")
        #expect(found.contains("  gone since 2030-03-17 17:46 UTC: expired_by_vendor\n"), "\(found)")
        #expect(found.contains("  nothing: it is gone"))
        let seen = try await explain("api_seen = 1900000000000001")
        #expect(!seen.contains("gone since"), "\(seen)")
    }

    @Test func whatIsLikelyAMistakeIsSaidOnceByEveryCommandThatDecides() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        try workspace.write(
            Self.policy("47d").replacing("delete_after", with: "match: {direction: inbound}\n    delete_after"),
            to: "policies/retention.yaml")
        let list = try await workspace.lethe("inventory", "list", "--limit", "1", "--json")
        let id = try #require((list.json?["attachments"] as? [[String: Any]])?.first?["attachment_id"] as? String)
        for words in [
            ["run"], ["policy", "explain", id], ["policy", "forecast"], ["policy", "test"], ["doctor", "--drill"],
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            let warnings = result.errors.split(separator: "\n").filter { $0.contains("warning[no-default]") }
            #expect(
                warnings.count == 1 && warnings.first?.hasPrefix("policies/") == true, "\(words): \(result.everything)")
            #expect(warnings.allSatisfy { $0.count <= 100 }, "\(warnings)")
            let quiet = try await workspace.lethe.run(LetheProcess.binary, words + ["--quiet"])
            #expect(!quiet.errors.contains("no-default"), "\(words): \(quiet.everything)")
        }
    }

    @Test func aWeakenedLockIsSeenByCheckAndDoctorWhichWriteNothing() async throws {
        let workspace = try await SampleWorkspace()
        let locked = Self.policy("1d").replacing(
            "delete_after", with: "legal_ground: other\n    locked: true\n    retain: 10d #")
        try workspace.write(locked, to: "policies/retention.yaml")
        #expect(try await workspace.lethe("run", "--save").status == 0)
        let before = try await workspace.lethe("audit", "show", "--json").json
        #expect(try await !workspace.lethe("policy", "check").output.contains("locked-weakened"))
        try workspace.write(locked.replacing("10d", with: "9d"), to: "policies/retention.yaml")
        let check = try await workspace.lethe("policy", "check")
        #expect(check.status == 0, "\(check.everything)")
        #expect(
            check.output.contains(
                """
                policies/retention.yaml:3:9: warning[locked-weakened]: locked policy "default" is weaker than it was: retain 10d -> 9d
                """), "\(check.output)")
        #expect(try await workspace.lethe("policy", "check", "--strict").status == 78)
        let elsewhere = workspace.directory.appending(path: "policies").path
        #expect(try await !workspace.lethe("policy", "check", elsewhere).output.contains("locked-weakened"))
        let doctor = try await workspace.lethe("doctor", "--json")
        let checks = try #require(doctor.json?["checks"] as? [[String: Any]])
        let lock = try #require(checks.first { $0["name"] as? String == "locked policy" })
        #expect(
            lock["status"] as? String == "warn" && (lock["fix"] as? String)?.contains("policy unlock default") == true)
        let after = try await workspace.lethe("audit", "show", "--json").json
        #expect(NSDictionary(dictionary: before ?? [:]) == NSDictionary(dictionary: after ?? [:]))
    }

    @Test func explainTellsOfAGoneOneFirstAndOfAHoldAsItStood() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let due = try await workspace.due()
        let id = try #require(due.attachments.sorted().first)
        #expect(try await workspace.lethe("run", "--apply").status == 0)
        let gone = try await workspace.lethe("policy", "explain", id)
        let lines = gone.output.split(separator: "\n")
        #expect(lines[0] == "\(id)  persistent, gone", "\(gone.everything)")
        #expect(lines[1].hasPrefix("  gone since ") && lines[1].contains(": deleted; record "), "\(lines[1])")
        #expect(gone.output.contains("the policies would say: delete (policy)"))
        let json = try #require(try await workspace.lethe("policy", "explain", id, "--json").json)
        let ending = try #require(json["gone"] as? [String: Any])
        #expect(ending["outcome"] as? String == "deleted" && ending["seq"] is Int && ending["origin"] is String)
        let early = try await workspace.lethe("policy", "explain", id, "--at", "2020-01-01")
        #expect(early.output.contains("it did not exist then: it was created"), "\(early.everything)")
    }

    @Test func aHoldSaysWhatItCoversAndATypoIsWarnedOf() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        func place(_ words: String...) async throws -> LetheProcess.Result {
            try await workspace.lethe.run(
                LetheProcess.binary, ["hold", "place", "--as", "alex", "--reason", "matter 7"] + words)
        }
        let line = try await place("--line", "+12025550143")
        #expect(
            line.output.contains(" is in force\ncovers 25 attachments now\n") && line.errors.isEmpty,
            "\(line.everything)")
        let all = try await place("--all", "--json")
        #expect(all.json?["covers"] as? Int == 25, "\(all.everything)")
        for (words, doubt) in [
            (["--line", "+12025550144"], "no attachment was ever seen on line +12025550144"),
            (["--chat", "00000000-0000-4000-8000-000000000000"], "no attachment was ever seen in chat 00000000-0000"),
            (
                ["--attachment", "00000000-0000-4000-8000-000000000000"],
                "attachment 00000000-0000-4000-8000-000000000000 was never"
            ),
        ] {
            let typo = try await workspace.lethe.run(
                LetheProcess.binary,
                ["hold", "place", "--as", "alex", "--reason", "matter 7", "--until", "2099-06-30"] + words)
            #expect(typo.status == 0 && typo.output.contains("covers 0 attachments now"), "\(typo.everything)")
            #expect(
                typo.errors.hasPrefix("Warning: \(doubt)") && typo.errors.contains("lethe hold release "),
                "\(typo.errors)")
        }
        let file = workspace.folder.file("subject")
        try "+14155550199\n".write(to: file, atomically: true, encoding: .utf8)
        let subject = try await place("--subject-file", file.path)
        #expect(subject.errors.contains("1 of 1 handles are of nobody who was ever seen"), "\(subject.everything)")
        let list = try await workspace.lethe("hold", "list")
        for piece in [
            "active, until 2099-06-30 00:00 UTC\n", "active, until it is released\n",
            "  holds   chat:00000000-0000-4000-8000-000000000000\n", "  holds   all\n", " by alex: matter 7",
        ] {
            #expect(list.output.contains(piece), "\(piece) in \(list.output)")
        }
        for row in list.output.split(separator: "\n") { #expect(row.count <= 80, "\(row)") }
    }
}
