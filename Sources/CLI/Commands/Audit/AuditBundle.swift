import ArgumentParser
import Audit
import Domain
import Engine
import Foundation
import Reports

struct AuditBundle: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "One tar file for a reviewer who has nothing of ours.",
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
        let (file, seqs, blobs) =
            if let request { try await records(of: request, wiring) } else { try await period(wiring) }
        let reader = try LogReader(file)
        let summary = try EvidenceBundle(reader, anchors: wiring.logLocation.anchors).write(
            seqs: seqs, blobs: blobs, to: URL(filePath: output), at: wiring.clock.now())
        return Reply(
            "wrote \(output): \(count(summary.records, "record", "records")) of \(summary.origin), each with its proof at size \(summary.checkpointSize)\nThe reviewer begins with VERIFY.md.",
            json: [
                "file": .string(output), "origin": .string(summary.origin), "records": JSONValue(summary.records),
                "checkpoint_size": JSONValue(summary.checkpointSize),
            ])
    }

    private typealias Content = (file: URL, seqs: [Int64], blobs: [EvidenceBundle.Blob])

    /// The segment with most of the request's records; a request is seldom spread over a rollover.
    private func records(of request: String, _ wiring: Wiring) async throws -> Content {
        let id = try RequestID(request)
        let statement = try await wiring.work(vendor: false) { bench in
            try IssueCertificate(inventory: bench.inventory, log: bench.log).run(id)
        }
        let certificate = try statement.certificate(wiring)
        let byOrigin = Dictionary(grouping: statement.records, by: \.origin)
        let most = byOrigin.max { $0.value.count < $1.value.count }
        let segment = try AuditLog.segments(wiring.logLocation).first { $0.origin == most?.key }
        if byOrigin.count > 1 {
            wiring.console.warn(
                "the records lie in \(byOrigin.count) segments; the bundle has those of \(most?.key ?? "")")
        }
        return (
            segment?.file ?? wiring.workspace.auditLog, (most?.value ?? []).map(\.seq),
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
        let reader = try LogReader(wiring.workspace.auditLog)
        let seqs = try EvidenceBundle(reader).seqs(of: [], times: start..<end)
        return (
            wiring.workspace.auditLog, seqs,
            [.init(name: "report.html", bytes: Array(try ReportHTML.render(report).utf8))]
        )
    }
}
