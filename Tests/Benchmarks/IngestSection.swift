import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Simulator

/// A file of webhooks becomes rows, beside the `sqlite3` shell importing the same rows from CSV: it parses no JSON,
/// verifies nothing, looks nothing up, and writes in one transaction.
struct IngestSection {
    let folder: URL
    let sizes: Sizes

    func run(_ table: Table) throws {
        let what = "ingest of \(grouped(sizes.webhooks)) webhooks"
        let (bodies, headers) = (folder.appending(path: "bodies.ndjson"), folder.appending(path: "headers.ndjson"))
        let signedAt = try write(bodies, headers)
        let workspace = BenchWorkspace(folder: folder.appending(path: "workspace"))
        func ingest(_ more: [String]) throws -> Child.Answer {
            try workspace.create()
            return try Child.ask(["ingest", workspace.folder.path, bodies.path] + more, in: folder)
        }
        var answers = try [ingest([])]
        guard let importer = try CSVImport(of: workspace.database, in: folder) else {
            return table.skip(what, "no sqlite3")
        }
        let (lethe, reference) = try inTurns(sizes.runs) {
            answers.append(try ingest([]))
            return answers[answers.count - 1].seconds
        } _: {
            try importer.seconds()
        }
        guard answers.allSatisfy({ $0.count == sizes.webhooks }) else { throw BenchFailure("webhooks were lost") }
        let imported = reference.rate(of: sizes.webhooks)
        table.add(what, .perSecond, lethe.rate(of: sizes.webhooks), (".import", imported))
        let signed = try (0..<sizes.runs).map { _ in try ingest([headers.path, signedAt.description]).seconds }
        table.add(
            "the same, each signature verified", .perSecond, Samples(signed).rate(of: sizes.webhooks),
            (".import", imported))
        table.add("most memory while ingesting", .megabytes, Samples(answers.map(\.peakMegabytes)))
    }

    /// As many messages as are wanted; some carry two files.
    private func write(_ bodies: URL, _ headers: URL) throws -> Timestamp {
        let now = BenchClock().now()
        let account = SimulatedAccount(clock: SimulatedClock { now })
        let lines = try BenchWorkspace.lines.map { try PhoneLine($0) }
        for line in lines { account.addLine(line) }
        try account.populate(
            Population(
                lines: lines, attachments: sizes.webhooks * 5 / 4, from: now.adding(seconds: -200 * 86_400), to: now))
        for file in [bodies, headers] { try Data().write(to: file) }
        let (body, header) = (try FileHandle(forWritingTo: bodies), try FileHandle(forWritingTo: headers))
        var left = sizes.webhooks
        while left > 0 {
            let batch = try account.takeDeliveries(min(left, 1000), signedAt: now)
            guard !batch.isEmpty else { throw BenchFailure("too few webhooks") }
            left -= batch.count
            try body.write(contentsOf: Data(batch.flatMap { $0.body + [UInt8(ascii: "\n")] }))
            try header.write(contentsOf: Data(batch.flatMap { $0.headersLine + [UInt8(ascii: "\n")] }))
        }
        return now
    }

    /// Workspace and bodies; to verify signatures also headers and when they were made.
    static func child(_ files: [URL]) throws -> Child.Answer {
        let workspace = BenchWorkspace(folder: files[0])
        let (inventory, log) = (try workspace.inventory(), try workspace.auditLog())
        var trust = IngestWebhooks.Trust.operatorSaysSo
        var headers: DeliveryFile?
        if files.count > 2, let receivedAt = Timestamp(files[3].lastPathComponent) {
            let secrets = try WebhookSignature(secrets: [SimulatedAccount.standardWebhookSecret])
            trust = .signatures(secrets, receivedAt: receivedAt)
            headers = try DeliveryFile(path: files[2].path)
        }
        let ingest = IngestWebhooks(
            inventory: inventory, log: log, partner: BenchWorkspace.partner, kind: .webhook, trust: trust)
        let start = ContinuousClock.now
        let report = try ingest.run([DeliveryFile(path: files[1].path)], headers: headers, now: BenchClock().now())
        let seconds = start.secondsUntilNow
        guard report.rejected == 0 else { throw BenchFailure("\(report.rejections[0])") }
        return Child.Answer(seconds: seconds, count: report.accepted)
    }
}

/// The rows of an inventory as CSV, and their import into the same tables with the same indexes, triggers and pragmas.
///
/// CSV has no bytes, so ids are 32 hex digits here, and the tables are not strict.
struct CSVImport {
    private static let tables = ["subject", "identity", "delivery", "chat", "chat_member", "attachment", "sighting"]
    private let shell: SQLiteShell
    private let schema: String
    private let files: [(table: String, path: String)]

    /// `nil` = no `sqlite3` here.
    init?(of database: URL, in folder: URL) throws {
        guard let source = SQLiteShell(database, folder: folder),
            let target = SQLiteShell(folder.appending(path: "imported.db"), folder: folder)
        else { return nil }
        shell = target
        schema = try source.run(
            """
            .mode list
            .separator "" ";\\n"
            SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
            ORDER BY type = 'trigger', type = 'index';
            """
        )
        .replacing("STRICT, WITHOUT", with: "WITHOUT").replacing(") STRICT", with: ")")
        .replacing("= 32)", with: "= 64)").replacing("= 16)", with: "= 32)")
        files = try Self.tables.map { table in
            let path = folder.appending(path: table + ".csv").path
            let columns = try source.run(
                """
                SELECT group_concat('iif(typeof(' || name || ') = ''blob'', hex(' || name || '), ' || name || ')', ', ')
                FROM pragma_table_info('\(table)');
                """)
            try source.run(".mode csv\n.output \(path)\nSELECT \(columns) FROM \(table);\n")
            return (table, path)
        }
    }

    func seconds() throws -> Double {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: shell.database.path + suffix)
        }
        try shell.run("PRAGMA journal_mode = WAL;\n" + schema + "INSERT INTO live VALUES (1, 0);\n")
        let imports = files.map { ".import --csv \($0.path) \($0.table)\n" }.joined()
        let start = ContinuousClock.now
        try shell.run(SQLiteShell.pragmas + "BEGIN;\n" + imports + "COMMIT;\n")
        return start.secondsUntilNow
    }
}
