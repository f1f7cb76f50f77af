import Foundation
import TestSupport
import Testing

/// `lethe ingest` on every fixture of the vendor's wire format: signed, trusted, twice, in any order, and responses.
@Suite struct IngestTests {
    static let folder = Paths.linq.appending(path: "webhooks")

    /// Body, headers on one line, and the second in which it was signed.
    struct Fixture: Sendable, CustomTestStringConvertible {
        let name: String
        let headers: String
        let signedAt: Int
        var body: URL { IngestTests.folder.appending(path: name + ".json") }
        var testDescription: String { name }
        var receivedAt: String { ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(signedAt))) }
    }

    static let fixtures: [Fixture] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".headers.json") }.sorted().compactMap { file in
            guard let data = try? Data(contentsOf: folder.appending(path: file)),
                let json = try? JSONSerialization.jsonObject(with: data) as? [String: String],
                let second = json["webhook-timestamp"].flatMap(Int.init),
                let line = try? JSONSerialization.data(withJSONObject: json)
            else { return nil }
            return Fixture(
                name: String(file.dropLast(".headers.json".count)),
                headers: String(decoding: line, as: UTF8.self) + "\n",
                signedAt: second)
        }
    }()

    /// A word that is no signing secret would reject each delivery as if somebody had forged it.
    @Test(arguments: ["hunter2x", "whsec_", "whsec_n*t", "whsec_c2hvcnQ="])
    func aSecretThatIsNoneIsNamedAndStopsEverything(secret: String) async throws {
        let workspace = try await SampleWorkspace()
        let fixture = try #require(Self.fixtures.first)
        var lethe = workspace.lethe
        lethe.environment["LINQ_WEBHOOK_SECRET"] = secret
        let headers = workspace.folder.file("headers")
        try fixture.headers.write(to: headers, atomically: true, encoding: .utf8)
        let result = try await lethe("ingest", fixture.body.path, "--headers", headers.path)
        #expect(result.status == 78 && result.errors.contains("LINQ_WEBHOOK_SECRET: "), "\(result.everything)")
        let doctor = try await lethe("doctor")
        #expect(doctor.output.contains("fail webhooks      LINQ_WEBHOOK_SECRET: "), "\(doctor.everything)")
        #expect(secret.count < 7 || !(result.everything + doctor.everything).contains(secret))
    }

    @Test func everySignedFixtureIsTakenAtTheTimeItWasSigned() async throws {
        let workspace = try await SampleWorkspace()
        #expect(Self.fixtures.count == 27)
        for fixture in Self.fixtures {
            let result = try await ingest(fixture, workspace, at: fixture.receivedAt)
            #expect(result.status == 0 && result.json?["read"] as? Int == 1, "\(fixture.name): \(result.everything)")
            #expect(result.json?["rejected"] as? Int == 0, "\(fixture.name): \(result.everything)")
        }
        let trusted = try await SampleWorkspace()
        let bodies = Self.fixtures.reversed().map(\.body.path)
        let all = try await trusted.lethe.run(LetheProcess.binary, ["ingest", "--trusted", "--json"] + bodies)
        #expect(all.status == 0 && all.json?["read"] as? Int == 27, "\(all.everything)")
        #expect(
            try await workspace.rows() == trusted.rows(),
            "signed or trusted, in either order, the inventory is the same")
    }

    @Test func aSignatureIsGoodForFiveMinutesEitherWay() async throws {
        let workspace = try await SampleWorkspace()
        let fixture = try #require(Self.fixtures.first { $0.name.contains("2026-02-03--message.received--persistent") })
        for (seconds, status) in [(-301, Int32(2)), (301, 2), (-300, 0), (300, 0)] {
            let time = ISO8601DateFormatter().string(
                from: Date(timeIntervalSince1970: Double(fixture.signedAt + seconds)))
            let result = try await ingest(fixture, workspace, at: time)
            #expect(result.status == status, "\(seconds): \(result.everything)")
            let code = (result.json?["rejections"] as? [[String: Any]])?.first?["code"] as? String
            #expect((code == nil) == (status == 0), "\(seconds): \(result.everything)")
        }
    }

    /// As a receiver appends it: one file of a whole year here, each line with its own time.
    @Test func aLineOfHeadersMayHaveItsOwnTimeOfReceipt() async throws {
        let workspace = try await SampleWorkspace()
        let headers = workspace.folder.file("headers.ndjson")
        func lines(_ time: (Fixture) -> String) throws {
            let text = Self.fixtures.map { $0.headers.replacing("}\n", with: ",\(time($0))}\n") }.joined()
            try text.write(to: headers, atomically: true, encoding: .utf8)
        }
        func ingest() async throws -> (rejected: Int, codes: Set<String>) {
            let words = ["ingest"] + Self.fixtures.map(\.body.path) + ["--headers", headers.path, "--json"]
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            let rejections = try #require(result.json?["rejections"] as? [[String: Any]], "\(result.everything)")
            #expect(result.status == (rejections.isEmpty ? 0 : 2), "\(result.everything)")
            return (rejections.count, Set(rejections.compactMap { $0["code"] as? String }))
        }
        let all = Self.fixtures.count
        try lines { _ in "\"other\":1" }
        #expect(try await ingest() == (all, ["signature-too-old"]))
        try lines { _ in "\"received_at\":\"2026-01-01T00:00:00Z\"" }
        #expect(try await ingest().rejected > 20)
        for bad in ["\"2026-02-03\"", "1", "null", "[\"2026-02-03T00:00:00Z\"]"] {
            try lines { _ in "\"received_at\":\(bad)" }
            #expect(try await ingest() == (all, ["invalid-headers"]), "\(bad)")
        }
        try lines { "\"received_at\":\"\($0.receivedAt)\",\"Received_At\":\"\($0.receivedAt)\"" }
        #expect(try await ingest() == (all, ["invalid-headers"]))
        try lines { "\"received_at\":\"\($0.receivedAt)\"" }
        #expect(try await ingest() == (0, []))
    }

    @Test func aChangedBodyIsRejectedAndTheSecretIsNotTold() async throws {
        let workspace = try await SampleWorkspace()
        let fixture = try #require(Self.fixtures.first { $0.name.contains("2026-02-03--message.received--persistent") })
        let body = workspace.folder.file("body.json")
        let text = try String(contentsOf: fixture.body, encoding: .utf8)
        try text.replacing("2841907", with: "2841908").write(to: body, atomically: true, encoding: .utf8)
        let headers = workspace.folder.file("headers.json")
        try fixture.headers.write(to: headers, atomically: true, encoding: .utf8)
        let result = try await workspace.lethe(
            "ingest", body.path, "--headers", headers.path, "--received-at", fixture.receivedAt, "--verbose")
        #expect(result.status == 2 && result.output.contains("1 rejected"), "\(result.everything)")
        #expect(!result.everything.contains("bGV0aGUt"))
        #expect(try await workspace.rows().isEmpty)
        var without = workspace.lethe
        without.environment["LINQ_WEBHOOK_SECRET"] = nil
        let refused = try await without("ingest", body.path, "--headers", headers.path)
        #expect(refused.status == 78 && refused.errors.contains("LINQ_WEBHOOK_SECRET"), "\(refused.everything)")
    }

    /// While one subscription takes over from another, deliveries of both come in one file.
    @Test func eachOfSeveralSecretsVerifies() async throws {
        let workspace = try await SampleWorkspace()
        let fixture = try #require(Self.fixtures.first { $0.name.contains("2026-02-03--message.received--persistent") })
        let headers = workspace.folder.file("headers.json")
        try fixture.headers.write(to: headers, atomically: true, encoding: .utf8)
        let secrets = workspace.folder.file("secrets")
        let old = "whsec_YW5vdGhlci1zZWNyZXQtYWZ0ZXItcm90YXRpb24tMzI="
        try "\(old)\n\(SampleWorkspace.secret)\n".write(to: secrets, atomically: true, encoding: .utf8)
        for (value, status) in [("\(old), \(SampleWorkspace.secret)", 0), (old, 2)] {
            var lethe = workspace.lethe
            lethe.environment["LINQ_WEBHOOK_SECRET"] = value
            let result = try await lethe(
                "ingest", fixture.body.path, "--headers", headers.path, "--received-at", fixture.receivedAt)
            #expect(result.status == status, "\(result.everything)")
        }
        var lethe = workspace.lethe
        lethe.environment["LINQ_WEBHOOK_SECRET"] = nil
        lethe.environment["LINQ_WEBHOOK_SECRET_FILE"] = secrets.path
        let result = try await lethe(
            "ingest", fixture.body.path, "--headers", headers.path, "--received-at", fixture.receivedAt)
        #expect(result.status == 0, "\(result.everything)")
    }

    @Test func ingestingTwiceChangesNothing() async throws {
        let workspace = try await SampleWorkspace()
        let bodies = Self.fixtures.map(\.body.path)
        let arguments = ["ingest", "--trusted", "--json"] + bodies
        let first = try await workspace.lethe.run(LetheProcess.binary, arguments)
        let rows = try await workspace.rows()
        let second = try await workspace.lethe.run(LetheProcess.binary, arguments)
        #expect(second.status == 0, "\(second.everything)")
        #expect(second.json?["accepted"] as? Int == 0, "\(second.everything)")
        #expect(second.json?["attachments_new"] as? Int == 0, "\(second.everything)")
        let accepted = (first.json?["accepted"] as? Int ?? 0) + (first.json?["duplicates"] as? Int ?? 0)
        #expect(second.json?["duplicates"] as? Int == accepted, "\(first.everything)\(second.everything)")
        #expect(try await workspace.rows() == rows)
    }

    @Test(arguments: ["message-send--response", "voicememo-send--response", "attachment-post--response"])
    func anAnswerOfTheVendorIsTakenIn(name: String) async throws {
        let workspace = try await SampleWorkspace()
        let file = Paths.linq.appending(path: "api/\(name).json").path
        let result = try await workspace.lethe("ingest", file, "--kind", "response", "--trusted", "--json")
        #expect(result.status == 0 && result.json?["attachments_new"] as? Int == 1, "\(result.everything)")
        let mistaken = try await workspace.lethe("ingest", file, "--trusted", "--json")
        #expect(mistaken.status == 2, "an answer is not a webhook: \(mistaken.everything)")
    }

    @Test func aSizeThatCannotBeOneIsCountedAndUnknown() async throws {
        let workspace = try await SampleWorkspace()
        let fixture = try #require(Self.fixtures.first { $0.name.contains("2026-02-03--message.received--persistent") })
        let text = try String(contentsOf: fixture.body, encoding: .utf8)
        let size = try #require(text.firstMatch(of: /"size_bytes": ?[0-9]+/)?.output)
        let body = workspace.folder.file("body.json")
        try text.replacing(size, with: #""size_bytes": 9223372036854775807"#)
            .write(to: body, atomically: true, encoding: .utf8)
        let taken = try await workspace.lethe("ingest", body.path, "--trusted", "--json")
        #expect(taken.status == 0 && taken.json?["doubtful_sizes"] as? Int == 1, "\(taken.everything)")
        let stats = try await workspace.lethe("inventory", "stats", "--json")
        #expect((stats.json?["total"] as? [String: Any])?["unknown_size"] as? Int == 1, "\(stats.everything)")
    }

    /// A program that has no time writes the year 1; the fresh file would be long due.
    @Test func aMessageWithAZeroForItsTimeIsCountedAndKept() async throws {
        let workspace = try await SampleWorkspace()
        let fixture = try #require(Self.fixtures.first { $0.name.contains("2026-02-03--message.received--persistent") })
        let text = try String(contentsOf: fixture.body, encoding: .utf8)
        let sent = try #require(text.firstMatch(of: /"sent_at": ?"[^"]*"/)?.output)
        let body = workspace.folder.file("body.json")
        try text.replacing(sent, with: #""sent_at": "0001-01-01T00:00:00Z", "reconciled_at": "0001-01-01T00:00:00Z""#)
            .write(to: body, atomically: true, encoding: .utf8)
        let doctor = try await workspace.lethe("doctor")
        #expect(!doctor.output.contains("message times"), "said only where there are some: \(doctor.output)")
        let taken = try await workspace.lethe("ingest", body.path, "--trusted")
        #expect(taken.output.contains("1 message with a time that is not believed"), "\(taken.everything)")
        let again = try await workspace.lethe("ingest", body.path, "--trusted", "--json")
        #expect(again.json?["doubtful_times"] as? Int == 0, "a duplicate tells nothing: \(again.everything)")
        let warned = try await workspace.lethe("doctor")
        #expect(warned.output.contains("warn message times 1 attachment came with no time"), "\(warned.output)")
        #expect(warned.output.contains("Try: lethe sync"), "\(warned.output)")
        #expect(try await workspace.rows().allSatisfy { $0.contains("\"created\":null") })
    }

    private func ingest(_ fixture: Fixture, _ workspace: SampleWorkspace, at time: String) async throws
        -> LetheProcess.Result
    {
        let headers = workspace.folder.file("headers.ndjson")
        try fixture.headers.write(to: headers, atomically: true, encoding: .utf8)
        return try await workspace.lethe(
            "ingest", fixture.body.path, "--headers", headers.path, "--received-at", time, "--json")
    }
}

extension SampleWorkspace {
    /// The inventory as its own list shows it.
    func rows() async throws -> [String] {
        let list = try await lethe("inventory", "list", "--limit", "10000", "--json")
        let rows = try #require(list.json?["attachments"] as? [[String: Any]], "\(list.everything)")
        return try rows.map {
            String(decoding: try JSONSerialization.data(withJSONObject: $0, options: .sortedKeys), as: UTF8.self)
        }
    }
}
