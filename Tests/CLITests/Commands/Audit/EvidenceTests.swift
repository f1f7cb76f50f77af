import Foundation
import TestSupport
import Testing

/// What the commands leave for others: drills, reports, statements, proofs, confirmations.
@Suite struct EvidenceTests {
    private func world() async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        return (vendor, workspace)
    }

    @Test func theSimulatorSaysWhereItListens() async throws {
        let folder = try TemporaryDirectory()
        let running = try LetheProcess(in: folder.url).start(arguments: ["simulate", "--seed", "4"])
        defer { running.process.terminate() }
        let line = try #require(await running.firstLine())
        #expect(line.wholeMatch(of: /listening on http:\/\/127\.0\.0\.1:[0-9]+\/api\/partner/) != nil, "\(line)")
    }

    @Test func theDoctorChecksAndItsDrillTouchesOnlyItsOwn() async throws {
        let (vendor, workspace) = try await world()
        let before = try await vendor.attachments("live")
        let doctor = try await workspace.lethe("doctor", "--json")
        #expect(doctor.status == 0, "\(doctor.everything)")
        let checks = doctor.json?["checks"] as? [[String: Any]] ?? []
        let names = checks.compactMap { $0["name"] as? String }
        for name in ["configuration", "policies", "inventory", "audit log", "keys", "disk", "vendor", "clock"] {
            #expect(names.contains(name), "\(names)")
        }
        #expect(checks.allSatisfy { $0["status"] as? String == "ok" || $0["fix"] is String }, "each with its fix")
        #expect(try await vendor.deletes().isEmpty)
        let drill = try await workspace.lethe("doctor", "--drill")
        #expect(drill.status == 0 && drill.output.contains("grade A"), "\(drill.everything)")
        #expect(try await vendor.attachments("live") == before)
        #expect(try await vendor.deletes().count == 1)
        #expect(try await workspace.verifyLog().status == 0)
    }

    /// What fails here is no fault of the vendor's.
    @Test func theDoctorFilesWhatFailsWhereItBelongs() async throws {
        let (vendor, workspace) = try await world()
        try FileManager.default.removeItem(at: workspace.directory.appending(path: ".lethe/keys/lookup.key"))
        let doctor = try await workspace.lethe("doctor", "--drill", "--json")
        let checks = doctor.json?["checks"] as? [[String: Any]] ?? []
        func status(_ name: String) -> String? { checks.first { $0["name"] as? String == name }?["status"] as? String }
        #expect(status("inventory") == "fail" && status("vendor") == "ok", "\(doctor.everything)")
        let told = checks.filter { ($0["detail"] as? String)?.contains("lookup.key") == true }
        #expect(told.map { $0["name"] as? String } == ["inventory"], "said once: \(doctor.everything)")
        #expect(status("drill") == "fail", "\(doctor.everything)")
        #expect(try await vendor.deletes().isEmpty)
    }

    @Test func theReportComesInEveryFormat() async throws {
        let (vendor, workspace) = try await world()
        _ = try await workspace.lethe("run", "--apply")
        let deleted = try await vendor.deletes().filter(\.tookEffect).count
        for (format, sign) in [("html", "<!doctype html>"), ("md", "# "), ("json", "{"), ("csv", "")] {
            let file = workspace.folder.file("report.\(format)")
            let result = try await workspace.lethe("report", "-o", file.path)
            #expect(result.status == 0 && result.output.contains("wrote \(file.path)"), "\(result.everything)")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.lowercased().hasPrefix(sign), "\(format): \(text.prefix(80))")
            #expect(text.contains("\(deleted)"), "\(format)")
            let stdout = try await workspace.lethe("report", "-o", "-", "--format", format)
            #expect(
                stdout.status == 0 && stdout.output.lowercased().hasPrefix(sign), "\(stdout.everything.prefix(200))")
        }
        let standard = try await workspace.lethe("report", "--from", "2026-01-01", "--to", "2026-02-01")
        #expect(standard.status == 0, "\(standard.everything)")
        let path = workspace.directory.appending(path: "reports/lethe-report-2026-01-01-2026-02-01.html").path
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func aStatementOfErasureComesAsAPageAndAsJSON() async throws {
        let (vendor, workspace) = try await world()
        let erase = try await workspace.lethe(
            "erase", "--apply", "--as", "alex", "--json", input: "+12005550100\n")
        #expect(erase.status == 0, "\(erase.everything)")
        let request = (erase.json?["request"] as? [String: Any])?["id"] as? String ?? ""
        let items = erase.json?["items"] as? [[String: Any]] ?? []
        #expect(!items.isEmpty && items.allSatisfy { $0["outcome"] as? String == "deleted" }, "\(erase.everything)")
        #expect(items.allSatisfy { $0["grade"] as? String == "A" }, "\(erase.everything)")
        let json = try await workspace.lethe("requests", "certificate", request)
        #expect(
            json.json?["items"] != nil, "without -o the statement itself is the answer: \(json.everything.prefix(200))")
        let page = workspace.folder.file("statement.html")
        let html = try await workspace.lethe("requests", "certificate", request, "--format", "html", "-o", page.path)
        #expect(html.status == 0, "\(html.everything)")
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(text.lowercased().hasPrefix("<!doctype html>"))
        for item in items { #expect(text.contains(item["attachment_id"] as? String ?? "?")) }
        #expect(try await Set(vendor.deletes().map(\.id)) == Set(items.compactMap { $0["attachment_id"] as? String }))
        let none = try await workspace.lethe("requests", "certificate", String(repeating: "0", count: 32))
        #expect(none.status != 0 && none.errors.contains("Try: lethe requests list"), "\(none.everything)")
    }

    @Test func anApprovalThatTheLogDoesNotHaveBreaksACertificate() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let erase = try await workspace.lethe("erase", "--apply", "--as", "alex", "--json", input: "+12005550100\n")
        let request = (erase.json?["request"] as? [String: Any])?["id"] as? String ?? ""
        let file = workspace.folder.file("statement.json")
        _ = try await workspace.lethe("requests", "certificate", request, "-o", file.path)
        let good = try await workspace.lethe("requests", "check-certificate", file.path, "--vkey", workspace.vkey)
        #expect(good.status == 0, "\(good.everything)")
        let text = try String(contentsOf: file, encoding: .utf8)
        let forged = text.replacing("\"by\" : \"alex\"", with: "\"by\" : \"blake\"", maxReplacements: 1)
            .replacing("\"by\": \"alex\"", with: "\"by\": \"blake\"", maxReplacements: 1)
        #expect(forged != text)
        try forged.write(to: file, atomically: true, encoding: .utf8)
        let bad = try await workspace.lethe("requests", "check-certificate", file.path, "--vkey", workspace.vkey)
        #expect(bad.status == 1 && bad.output.contains("approvals[0].by"), "\(bad.everything)")
    }

    @Test func confirmationsGoOnWhereTheCursorStands() async throws {
        let (vendor, workspace) = try await world()
        _ = try await workspace.lethe("run", "--apply")
        let deleted = try await Set(vendor.deletes().filter(\.tookEffect).map(\.id))
        var cursor = "0"
        var seen: [String] = []
        for _ in 0..<100 {
            let page = try await workspace.lethe("confirmations", "--since", cursor, "--limit", "4", "--json")
            let rows = page.json?["confirmations"] as? [[String: Any]] ?? []
            let next = try #require(page.json?["next_cursor"] as? String, "\(page.everything)")
            #expect(rows.allSatisfy { $0["http"] as? Int == 204 })
            seen += rows.compactMap { $0["attachment_id"] as? String }
            if rows.isEmpty {
                #expect(next == cursor)
                break
            }
            cursor = next
        }
        #expect(seen.count == deleted.count && Set(seen) == deleted)
        let last = try #require(Int(cursor))
        for ahead in [last + 1, Int.max] {
            let result = try await workspace.lethe("confirmations", "--since", "\(ahead)", "--json")
            #expect(result.status == 64 && result.output.contains("unknown-cursor"), "\(result.everything)")
        }
    }

    @Test func oneDeletionIsProvedWithNothingButThePublicKey() async throws {
        let (vendor, workspace) = try await world()
        _ = try await workspace.lethe("run", "--apply")
        let id = try #require(try await vendor.deletes().first?.id)
        let proof = workspace.folder.file("one.tlog-proof")
        let made = try await workspace.lethe("audit", "proof", id, "-o", proof.path)
        #expect(made.status == 0, "\(made.everything)")
        let elsewhere = LetheProcess(in: workspace.folder.url)
        let good = try await elsewhere("audit", "check-proof", proof.path, "--vkey", workspace.vkey)
        #expect(good.status == 0 && good.output.contains(id), "\(good.everything)")
        let text = try String(contentsOf: proof, encoding: .utf8)
        try text.replacing("index 1", with: "index 2").write(to: proof, atomically: true, encoding: .utf8)
        let bad = try await elsewhere("audit", "check-proof", proof.path, "--vkey", workspace.vkey)
        #expect([0, 1].contains(bad.status))
        let other = try await elsewhere("audit", "check-proof", proof.path)
        #expect(other.status == 3, "\(other.everything)")
    }

    @Test func anExportVerifiesFarFromTheWorkspace() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        _ = try await workspace.lethe("run", "--apply")
        let export = workspace.folder.file("export")
        _ = try await workspace.lethe("audit", "export", "-o", export.path)
        let elsewhere = LetheProcess(in: export)
        let good = try await elsewhere("audit", "verify", "--log", "log.jsonl", "--vkey", workspace.vkey)
        #expect(good.status == 0 && good.output.contains("RESULT       VERIFIED"), "\(good.everything)")
        let unpinned = try await elsewhere("audit", "verify", "--log", "log.jsonl")
        #expect(unpinned.status == 3 && unpinned.errors.contains("--vkey"), "\(unpinned.everything)")
        let log = export.appending(path: "log.jsonl")
        let text = try String(contentsOf: log, encoding: .utf8)
        try text.replacing("\"http\":204", with: "\"http\":404", maxReplacements: 1)
            .write(to: log, atomically: true, encoding: .utf8)
        let bad = try await elsewhere("audit", "verify", "--log", "log.jsonl", "--vkey", workspace.vkey)
        #expect(bad.status == 1 && bad.output.contains("FAIL\tseq="), "\(bad.everything)")
    }
}
