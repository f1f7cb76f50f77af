import ArgumentParser
import Audit
import Domain
import Engine
import Foundation
import Reports

struct AuditBundle: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Writes one tar file for an outside reviewer.",
        discussion: """
            Records, the signed checkpoint, a proof for each record, the report, and VERIFY.md with commands that need only \
            openssl, sha256sum and a shell. For one erasure request, or for a period.

            Example: lethe audit bundle --request 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 -o evidence.tar
            """)

    @Option(help: ArgumentHelp("The records of this erasure request.", valueName: "id")) var request: String?
    @Option(help: ArgumentHelp("The records from this day on.", valueName: "date")) var from: String?
    @Option(help: ArgumentHelp("… to the day before this one (default: now).", valueName: "date")) var to: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to.", valueName: "file")) var output: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard (request != nil) != (from != nil) else {
            throw LetheError("bundle-scope", .usage, "say what goes in: exactly one of --request ID and --from DATE")
        }
        let wiring = try Wiring.open(global, console)
        let file = try OutputFile(output, wiring)
        let (parts, blobs) =
            if let request { try await records(of: request, wiring) } else { try await period(wiring) }
        let bundle = try EvidenceBundle.make(parts, blobs: blobs, log: wiring.auditLog(), at: wiring.clock.now())
        try file.write(Data(bundle.bytes))
        let lines = bundle.summaries.map {
            "\(counted($0.records, "record", "records")) of \($0.origin), each with its proof at size \($0.checkpointSize)"
        }
        return Reply(
            (["wrote \(output)"] + lines + ["The reviewer begins with VERIFY.md."]).joined(separator: "\n"),
            json: [
                "file": .string(output), "origin": JSONValue(bundle.summaries.last?.origin),
                "records": JSONValue(bundle.summaries.map(\.records).reduce(0, +)),
                "checkpoint_size": JSONValue(bundle.summaries.last?.checkpointSize),
                "segments": .array(
                    bundle.summaries.map {
                        [
                            "origin": .string($0.origin), "records": JSONValue($0.records),
                            "checkpoint_size": JSONValue($0.checkpointSize),
                        ]
                    }),
            ])
    }

    private typealias Content = (parts: [EvidenceBundle.Part], blobs: [EvidenceBundle.Blob])

    /// What the statement cites and what was announced for it, in whichever segments that lies, and how these were opened.
    private func records(of request: String, _ wiring: Wiring) async throws -> Content {
        let id = try RequestID(request)
        let statement = try await wiring.work(vendor: false) { context in
            try IssueCertificate(inventory: context.inventory, log: context.log).run(id)
        }
        let certificate = try statement.certificate(wiring)
        let cited = Dictionary(grouping: statement.records, by: \.origin).mapValues { Set($0.map(\.seq)) }
        let rule = "erasure:\(id)"
        var parts: [EvidenceBundle.Part] = []
        for reader in try readers(wiring) {
            var seqs: [Int64] = []
            try reader.forEachEntry { entry in
                var belongs = cited[reader.origin]?.contains(entry.seq) == true
                if case .deleteIntent(let intent) = entry.record { belongs = intent.rule == rule }
                if belongs { seqs.append(entry.seq) }
            }
            if !seqs.isEmpty { parts.append(.init(reader, seqs: [0] + seqs.filter { $0 > 0 })) }
        }
        return (
            parts,
            [
                .init(name: "statement.html", bytes: Array(try CertificateHTML.render(certificate).utf8)),
                .init(name: "statement.json", bytes: Array(try CertificateJSON.render(certificate).utf8)),
            ]
        )
    }

    private func period(_ wiring: Wiring) async throws -> Content {
        let start = try time(from ?? "", "--from")
        let end = try to.map { try time($0, "--to") } ?? wiring.clock.now()
        guard start < end else { throw LetheError("invalid-period", .usage, "--from must be before --to") }
        let report = try await wiring.report(from: start, to: end)
        _ = try wiring.followedLog().sealIfNeeded()
        var parts: [EvidenceBundle.Part] = []
        for reader in try readers(wiring) {
            var seqs: [Int64] = []
            try reader.forEachEntry { entry in
                if start <= entry.time, entry.time < end { seqs.append(entry.seq) }
            }
            if !seqs.isEmpty { parts.append(.init(reader, seqs: seqs)) }
        }
        guard !parts.isEmpty else {
            throw LetheError(
                "no-records", .usage, "the audit log has no records between \(start.brief) and \(end.brief)",
                hint: "lethe audit show")
        }
        return (parts, [.init(name: "report.html", bytes: Array(try ReportHTML.render(report).utf8))])
    }

    /// Every segment that is still there, oldest first.
    private func readers(_ wiring: Wiring) throws -> [LogReader] {
        try AuditLog.named(wiring.logLocation).compactMap(\.file).map { try LogReader($0) }
    }
}
