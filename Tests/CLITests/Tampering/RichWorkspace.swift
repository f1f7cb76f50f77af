import Foundation
import TestSupport
import Testing

/// A workspace in which everything has happened that a person orders: holds placed and released, requests answered, refused,
/// withdrawn, extended, approved and open, plans in every state, three segments, a locked policy, an anchor folder, certificates.
/// Made once through the binary, with the keys outside; every edit is of a copy.
struct RichWorkspace: Sendable {
    static let made = Task { try await RichWorkspace() }
    static let lines = ["+12025550143", "+12025550177"]
    static let policies = """
        version: 1
        policies:
          - id: default
            title: Everything else
            why: Nothing is kept longer than 47 days without a reason.
            scope: {lines: ["+12025550143"]}
            delete_after: 47d
          - id: kyc
            title: Identity documents
            why: The law asks for it.
            scope: {lines: ["+12025550177"]}
            match: {mime: ["application/pdf"]}
            retain: 10y
            legal_ground: gdpr.17.3.b
            locked: true

        """

    let sample: SampleWorkspace
    /// What the vendor has deleted by then.
    private(set) var gone: Set<String> = []
    private let span: (from: String, to: String)
    private var named: [String: String] = [:]

    /// The id of `hold.held`, `hold.released`, `request.done`, `.withdrawn`, `.refused`, `.open`, `.approved`, `.revoked` (withdrawn after
    /// its plan was approved), `plan.open`, `.approved`, `.revoked` or `.due` (of retention, proposed).
    func id(_ name: String) -> String { named[name] ?? "there is no \(name)" }

    /// The id as SQL has it.
    func blob(_ name: String) -> String { "X'\(id(name))'" }

    static func handle(_ person: Int) -> String { "+120055501\(person / 10)\(person % 10)" }

    /// A vendor in the state in which this workspace left its own.
    func vendor() async throws -> SimulatedVendor {
        let vendor = try await SimulatedVendor()
        try await Self.populate(vendor, span)
        for id in gone { try await vendor.delete(id) }
        return vendor
    }

    private static func populate(_ vendor: SimulatedVendor, _ span: (from: String, to: String)) async throws {
        try await vendor.addLine(lines[1], regime: "persistent")
        try await vendor.populate(140, lines: lines, from: span.from, to: span.to, people: 14)
    }

    private init() async throws {
        let format = ISO8601DateFormatter()
        span = (
            format.string(from: .now.addingTimeInterval(-120 * 86_400)),
            format.string(from: .now.addingTimeInterval(-3600))
        )
        let vendor = try await SimulatedVendor()
        try await Self.populate(vendor, span)
        sample = try await SampleWorkspace(vendor: vendor, keys: "../keys")
        try sample.configure("anchors: []", "anchors: [../anchors]")
        try FileManager.default.createDirectory(at: sample.folder.file("anchors"), withIntermediateDirectories: true)
        try sample.configure("max_deletes: 1000, max_percent: 10", "max_deletes: 100000, max_percent: 100")
        try sample.configure("max_requests_per_second: 10", "max_requests_per_second: 1000")
        try sample.write(Self.policies, to: "policies/retention.yaml")
        try await sample.takeIn(vendor)
        let (people, due) = try await retain()
        try await answer(people)
        try FileManager.default.copyItem(at: sample.directory, to: sample.folder.file("older"))
        try await open(people, due)
        named = named.merging(try await plans()) { $1 }
        gone = Set(try await vendor.deletes().filter(\.tookEffect).map(\.id))
    }

    @discardableResult
    private func order(
        _ arguments: String..., input: String = "", status: Set<Int32> = [0]
    ) async throws -> LetheProcess.Result {
        let result = try await sample.lethe.run(LetheProcess.binary, arguments + ["--json"], input: Data(input.utf8))
        try #require(status.contains(result.status), "\(arguments): \(result.everything)")
        return result
    }

    private func hold(_ scope: String...) async throws -> String {
        let arguments = ["hold", "place"] + scope + ["--as", "counsel", "--reason", "matter 7", "--json"]
        let placed = try await sample.lethe.run(LetheProcess.binary, arguments)
        return try #require((placed.json?["hold"] as? [String: Any])?["id"] as? String, "\(placed.everything)")
    }

    private func erase(_ person: Int, _ more: String..., status: Set<Int32> = [0]) async throws -> String {
        let erased = try await sample.lethe.run(
            LetheProcess.binary, ["erase", "--as", "alex", "--json"] + more,
            input: Data((Self.handle(person) + "\n").utf8))
        try #require(status.contains(erased.status), "\(erased.everything)")
        return try #require((erased.json?["request"] as? [String: Any])?["id"] as? String)
    }

    private func subjects(_ person: Int) throws -> String {
        let file = sample.folder.file("person")
        try (Self.handle(person) + "\n").write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    private func live(_ person: Int) async throws -> [String] {
        let list = try await order("inventory", "list", "--subject-file", try subjects(person), "--state", "live")
        return (list.json?["attachments"] as? [[String: Any]] ?? []).compactMap { $0["attachment_id"] as? String }
    }

    private func plan(of request: String) async throws -> String {
        let plans = try await order("plan", "list").json?["plans"] as? [[String: Any]] ?? []
        return try #require(plans.first { $0["request"] as? String == request }?["id"] as? String)
    }

    /// Holds, and the first deletions. Gives the people with the most files, and what was due.
    private mutating func retain() async throws -> (people: [Int], due: [String]) {
        let (_, found) = try await sample.due()
        let due = found.sorted()
        named["hold.held"] = try await hold("--attachment", due[0])
        named["hold.released"] = try await hold("--attachment", due[1])
        named["hold.dated"] = try await hold("--attachment", due[2], "--until", "2090-01-01")
        named["hold.subject"] = try await hold("--subject-file", try subjects(2))
        try await order("run", "--apply")
        var counts: [Int: Int] = [:]
        for person in 0..<14 where person != 2 && person % 10 != 9 { counts[person] = try await live(person).count }
        let people = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key).prefix(6)
        return (Array(people), due)
    }

    /// One request answered with an exception, one withdrawn, one refused, and the first segment closed.
    private mutating func answer(_ people: [Int]) async throws {
        let held = try #require(try await live(people[0]).first)
        named["hold.other"] = try await hold("--attachment", held)
        let done = try await erase(people[0], "--apply", status: [0, 2])
        let withdrawn = try await erase(people[1])
        try await order("requests", "withdraw", withdrawn, "--as", "alex", "--reason", "a change of mind")
        let refused = try await erase(people[2])
        try await order("requests", "refuse", refused, "--as", "alex", "--reason", "not the person")
        (named["request.done"], named["request.withdrawn"], named["request.refused"]) = (done, withdrawn, refused)
        try await order("audit", "rollover", "--reason", "yearly", "--root-key-file", sample.rootKey)
        try await order("verify", "--all")
    }

    /// One request open, one approved, one withdrawn although its plan was approved; the second segment closed; a plan of what is due.
    private mutating func open(_ people: [Int], _ due: [String]) async throws {
        let open = try await erase(people[3])
        try await order("requests", "extend", open, "--as", "alex", "--reason", "complex")
        named["request.open"] = open
        for (name, person) in [("approved", people[4]), ("revoked", people[5])] {
            let request = try await erase(person)
            named["request." + name] = request
            try await order("plan", "approve", try await plan(of: request), "--as", "robin")
        }
        try await order("requests", "withdraw", id("request.revoked"), "--as", "alex", "--reason", "a change of mind")
        try await order("audit", "rollover", "--reason", "again", "--root-key-file", sample.rootKey)
        try await order("hold", "release", id("hold.released"), "--as", "counsel", "--reason", "closed")
        try await order("requests", "certificate", id("request.done"), "-o", sample.folder.file("made.json").path)
        try await order("run", "--save")
    }

    private func plans() async throws -> [String: String] {
        var found: [String: String] = [:]
        for name in ["open", "approved", "revoked"] {
            found["plan." + name] = try await plan(of: id("request." + name))
        }
        let plans = try await order("plan", "list").json?["plans"] as? [[String: Any]] ?? []
        let due = plans.first { $0["state"] as? String == "proposed" && $0["kind"] as? String == "retention" }
        found["plan.due"] = try #require(due?["id"] as? String)
        return found
    }
}
