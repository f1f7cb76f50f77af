import Foundation
import TestSupport
import Testing

/// Whoever edits a certificate is found: it is made again from the records and plans that it carries.
@Suite struct EditedCertificateTests {
    /// One of each kind: withheld by a hold, deleted, and deleted by a second plan after the hold was released.
    private func certificate() async throws -> (json: [String: Any], workspace: SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        defer { withExtendedLifetime(vendor) {} }
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        let dry = try await workspace.lethe("erase", "--as", "alex", "--json", input: "+12005550100\n")
        let ids = (dry.json?["items"] as? [[String: Any]] ?? []).compactMap { $0["attachment_id"] as? String }
        let request = (dry.json?["request"] as? [String: Any])?["id"] as? String ?? ""
        try #require(ids.count > 2, "\(dry.everything)")
        for id in ids.prefix(2) {
            let held = try await workspace.lethe(
                "hold", "place", "--attachment", id, "--as", "kim", "--reason", "matter 7")
            #expect(held.status == 0, "\(held.everything)")
        }
        // So that some are asked for more than once.
        try await vendor.setFaults(["500:0.4"], seed: 7)
        let first = try await workspace.lethe(
            "erase", "--resume", request, "--apply", "--as", "alex", "--json", input: "+12005550100\n")
        #expect(first.status == 0 || first.status == 2, "\(first.everything)")
        try await vendor.setFaults([], seed: 7)
        let holds = try await workspace.lethe("hold", "list", "--json").json?["holds"] as? [[String: Any]] ?? []
        let hold = try #require(holds.first { ($0["scope"] as? String)?.contains(ids[0]) == true }?["id"] as? String)
        _ = try await workspace.lethe("hold", "release", hold, "--as", "kim", "--reason", "closed")
        let second = try await workspace.lethe("run", "--apply")
        #expect(second.status == 0, "\(second.everything)")
        let json = try await workspace.lethe("requests", "certificate", request).json ?? [:]
        let outcomes = Set((json["items"] as? [[String: Any]] ?? []).compactMap { $0["outcome"] as? String })
        try #require(outcomes == ["deleted", "withheld_hold"], "\(outcomes)")
        try #require(
            CertificateEdit.items(json).contains { $0["attempts"] as? Int ?? 0 > 1 }, "somebody was asked twice")
        return (json, workspace)
    }

    private func check(_ json: Any, _ workspace: SampleWorkspace) async throws -> LetheProcess.Result {
        let file = workspace.folder.file("edited.json")
        try JSONSerialization.data(withJSONObject: json).write(to: file)
        return try await workspace.lethe("requests", "check-certificate", file.path, "--vkey", workspace.vkey, "--json")
    }

    /// What nobody can derive, as the check itself lists it.
    private static func isStated(_ path: [String]) -> Bool {
        let place = path.filter { Int($0) == nil }.joined(separator: ".")
        return [
            "issued", "tool", "controller", "request.channel", "request.identity_check", "items.media_type",
            "coverage.extent", "coverage.gone_before", "coverage.recipient_unknown", "coverage.unaddressable",
            "coverage.unreadable", "coverage.unseen",
        ].contains { place == $0 || place.hasPrefix($0 + ".") }
    }

    @Test func noRandomEditPassesAndWhatIsAsItWasMadeDoes() async throws {
        let (json, workspace) = try await certificate()
        let good = try await check(json, workspace)
        #expect(good.status == 0 && good.json?["result"] as? String == "intact", "\(good.everything)")
        let rounds = ProcessInfo.processInfo.environment["LETHE_CERTIFICATE_EDITS"].flatMap { Int($0) } ?? 40
        let paths = Self.paths(json).filter { !Self.isStated($0) }
        var random = SeededGenerator(seed: 17)
        for round in 0..<rounds {
            let (edited, name): ([String: Any], String)
            if round.isMultiple(of: 2) {
                (edited, name) = CertificateEdit.dropping(from: json, using: &random)
            } else {
                let path = try #require(paths.randomElement(using: &random))
                edited = Self.edit(json, at: path[...], kind: Int.random(in: 0..<4, using: &random))
                name = path.joined(separator: ".")
            }
            guard !NSDictionary(dictionary: json).isEqual(edited) else { continue }
            let result = try await check(edited, workspace)
            #expect([1, 3].contains(result.status), "round \(round), \(name): \(result.everything)")
        }
    }

    @Test func noRecordIsDroppedUnnoticedAloneOrWithTheFigureThatItBears() async throws {
        let (json, workspace) = try await certificate()
        for index in CertificateEdit.records(json).indices {
            for isWithFigure in [false, true] {
                let (edited, name) = CertificateEdit.withoutRecord(index, of: json, isWithFigure: isWithFigure)
                let result = try await check(edited, workspace)
                #expect([1, 3].contains(result.status), "\(name): \(result.everything)")
            }
        }
    }

    @Test func withoutItsCheckpointNothingSaysHowFarTheLogHadCome() async throws {
        var (json, workspace) = try await certificate()
        json["proof"] = CertificateEdit.proof(json).filter { $0.key != "checkpoint" }
        let result = try await check(json, workspace)
        #expect(result.status == 3 && result.output.contains("proof.checkpoint is not there"), "\(result.everything)")
    }

    /// Those of before: nothing can be made again from them, and nobody is accused.
    @Test func oneThatCarriesNoPlansIsNotChecked() async throws {
        var (json, workspace) = try await certificate()
        var proof = json["proof"] as? [String: Any] ?? [:]
        proof["plans"] = nil
        (json["proof"], json["coverage"]) = (proof, ["extent": "complete"])
        let result = try await check(json, workspace)
        #expect(result.status == 3 && result.output.contains("carries no plans"), "\(result.everything)")
    }

    /// Edits that leave everything in agreement with itself.
    @Test func noSmootherEditPasses() async throws {
        let (json, workspace) = try await certificate()
        let items = json["items"] as? [[String: Any]] ?? []
        let held = try #require(items.first { $0["outcome"] as? String == "withheld_hold" }?["attachment"] as? String)
        let proof = json["proof"] as? [String: Any] ?? [:]
        let records = proof["records"] as? [[String: Any]] ?? []
        func without(_ word: String) -> [[String: Any]] {
            records.filter { !($0["line"] as? String ?? "").contains(word) }
        }
        var edits: [(String, [String: Any])] = []
        func add(_ name: String, _ change: (inout [String: Any]) -> Void) {
            var edited = json
            change(&edited)
            edits.append((name, edited))
        }
        func put(_ records: [[String: Any]], into json: inout [String: Any], plans: Any? = nil) {
            var changed = proof
            changed["records"] = records
            if let plans { changed["plans"] = plans }
            json["proof"] = changed
        }
        add("it was issued before what it cites") { $0["issued"] = "2020-01-01T00:00:00.000000Z" }
        add("a count is below nothing") {
            var coverage = $0["coverage"] as? [String: Any] ?? [:]
            coverage["unaddressable"] = -5
            $0["coverage"] = coverage
        }
        add("a withheld item and its records are dropped") {
            $0["items"] = items.filter { $0["attachment"] as? String != held }
            put(without(held), into: &$0)
        }
        add("a withheld item is called deleted, without its records") {
            $0["items"] = items.map { item in
                guard item["attachment"] as? String == held else { return item }
                return item.merging(["outcome": "deleted", "grade": "A"]) { $1 }
            }
            put(without(held), into: &$0)
        }
        add("nobody approved") {
            $0["approvals"] = [Any]()
            put(without("plan.approved"), into: &$0)
        }
        add("nothing was found") {
            $0["items"] = [Any]()
            put([], into: &$0, plans: [String]())
        }
        add("the opening is dropped, and the dates are others") {
            var request = $0["request"] as? [String: Any] ?? [:]
            request["received"] = "2020-01-01T00:00:00.000000Z"
            $0["request"] = request
            put(without("request.opened"), into: &$0)
        }
        add("the last answer is dropped") { put(records.dropLast(), into: &$0) }
        add("a plan is dropped, and its records stay") {
            put(records, into: &$0, plans: Array((proof["plans"] as? [String] ?? []).dropLast()))
        }
        for (name, edited) in edits {
            let result = try await check(edited, workspace)
            #expect([1, 3].contains(result.status), "\(name): \(result.everything)")
        }
    }

    /// Of every value that is neither an object nor a list.
    private static func paths(_ value: Any, _ path: [String] = []) -> [[String]] {
        switch value {
        case let object as [String: Any]: object.keys.sorted().flatMap { paths(object[$0] ?? 0, path + [$0]) }
        case let list as [Any]: list.enumerated().flatMap { paths($1, path + [String($0)]) }
        default: [path]
        }
    }

    /// 0 changes the value, 1 removes it, 2 removes and 3 doubles what it is in, where that is an element of a list.
    private static func edit(_ value: [String: Any], at path: ArraySlice<String>, kind: Int) -> [String: Any] {
        edited(value, path, kind) as? [String: Any] ?? value
    }

    private static func edited(_ value: Any, _ path: ArraySlice<String>, _ kind: Int) -> Any {
        guard let key = path.first else { return changed(value) }
        let rest = path.dropFirst()
        if var object = value as? [String: Any], let inner = object[key] {
            if kind == 1, rest.isEmpty { object[key] = nil } else { object[key] = edited(inner, rest, kind) }
            return object
        }
        guard var list = value as? [Any], let index = Int(key), list.indices.contains(index) else { return value }
        switch kind {
        case 2: list.remove(at: index)
        case 3: list.append(list[index])
        default: list[index] = edited(list[index], rest, kind)
        }
        return list
    }

    private static func changed(_ value: Any) -> Any {
        if let text = value as? String {
            let middle = text.index(text.startIndex, offsetBy: text.count / 2)
            guard middle < text.endIndex else { return "x" }
            return text.replacingCharacters(in: middle...middle, with: text[middle] == "1" ? "2" : "1")
        }
        return value as? Bool == nil || "\(type(of: value))".contains("Number") ? ((value as? Int) ?? 0) + 1 : 0
    }
}
