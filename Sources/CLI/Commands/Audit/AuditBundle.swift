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
            Records, the signed checkpoints and what proves the records, the report, and VERIFY.md with commands that need \
            only openssl and a shell, or Python. For one erasure request, or for a period. The key and the SHA-256 of verify.sh \
            and verify.py, which are printed, must reach the reviewer by another way than the file.

            Example: lethe audit bundle --request 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 -o evidence.tar
            """)

    @Option(help: ArgumentHelp("The records of this erasure request.", valueName: "id")) var request: String?
    @Option(help: ArgumentHelp("The records from this day on.", valueName: "date")) var from: String?
    @Option(help: ArgumentHelp("… to the day before this one (default: now).", valueName: "date")) var to: String?
    @Option(help: ArgumentHelp("A key to pin beside this host's own: one of before a loss.", valueName: "vkey"))
    var vkey: [String] = []
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
        let log = try wiring.auditLog()
        let bundle = try file.stream { write throws(LetheError) in
            try EvidenceBundle.write(parts, blobs: blobs, log: log, at: wiring.clock.now(), to: write)
        }
        for anchor in bundle.strangeAnchors { console.warn("left out: \(anchor)") }
        // Those of before a loss are shown whole: the reviewer has them already, or gets them now.
        let keys = bundle.keys.count == 1 ? "the key" : "the keys \(bundle.keys.map(\.text).joined(separator: " "))"
        let lines = bundle.segments.map {
            "\(counted(Int($0.records), "record", "records")) of \($0.origin), proved at size \($0.checkpointSize)"
        }
        return Reply(
            (["wrote \(output)"] + lines + ["To reach the reviewer by another way: \(keys), and the SHA-256 of"]
                + bundle.programs.map { "  \($0.name)  \($0.digest)" } + ["The reviewer begins with VERIFY.md."])
                .joined(separator: "\n"),
            json: [
                "file": .string(output), "origin": JSONValue(bundle.segments.last?.origin),
                "records": JSONValue(bundle.segments.map(\.records).reduce(0, +)),
                "checkpoint_size": JSONValue(bundle.segments.last?.checkpointSize),
                "segments": .array(
                    bundle.segments.map {
                        [
                            "origin": .string($0.origin), "records": JSONValue($0.records),
                            "checkpoint_size": JSONValue($0.checkpointSize),
                        ]
                    }),
                "vkeys": .array(bundle.keys.map { .string($0.text) }),
                "programs": .array(bundle.programs.map { ["file": .string($0.name), "sha256": .string($0.digest)] }),
                "left_out": .array(bundle.strangeAnchors.map { .string($0) }),
            ])
    }

    private typealias Content = (parts: [EvidenceBundle.Part], blobs: [EvidenceBundle.Blob])

    /// What the statement cites and what was announced for it, in whichever segments that lies.
    private func records(of request: String, _ wiring: Wiring) async throws -> Content {
        let id: RequestID = try wiring.id(request)
        let statement = try await wiring.work(vendor: false, on: .segments) { context in
            try IssueCertificate(inventory: context.inventory, log: context.log, tiers: wiring.settings.tiers).run(id)
        }
        let certificate = try statement.certificate(wiring)
        let cited = Dictionary(grouping: statement.records, by: \.origin).mapValues { Set($0.map(\.seq)) }
        let rule = "erasure:\(id)"
        let parts = try parts(wiring) { reader in
            let cited = cited[reader.origin] ?? []
            return try reader.select { entry in
                if case .deleteIntent(let intent) = entry.record { return intent.rule == rule }
                return cited.contains(entry.seq)
            }
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
        let report = try await wiring.report(from: start, to: end, vkeys: vkeys())
        _ = try wiring.followedLog().sealIfNeeded()
        let parts = try parts(wiring) { try $0.select(from: start, to: end) }
        guard !parts.isEmpty else {
            throw LetheError(
                "no-records", .usage, "the audit log has no records between \(start.brief) and \(end.brief)",
                hint: "lethe audit show")
        }
        return (parts, [.init(name: "report.html", bytes: Array(try ReportHTML.render(report).utf8))])
    }

    /// Every segment from the first that has a record in it to the last: those between chain them.
    private func parts(
        _ wiring: Wiring, _ select: (LogReader) throws -> RecordSelection
    ) throws -> [EvidenceBundle.Part] {
        let all = try readers(wiring).map { reader, key in
            EvidenceBundle.Part(reader, try select(reader), key: key)
        }
        let concerned = all.indices.filter { all[$0].selection.count > 0 }
        guard let first = concerned.first, let last = concerned.last else { return [] }
        return Array(all[first...last])
    }

    private func vkeys() throws -> [VerifierKey] { try vkey.map { try VerifierKey($0) } }

    /// Every segment that is still there, oldest first, each as the one after it names it, with the key that its own first record
    /// states: one of before a loss, where it is not the log's. Throws where a key that is pinned is none of them.
    private func readers(_ wiring: Wiring) throws -> [(LogReader, VerifierKey)] {
        let readers = try wiring.auditLog().segments().compactMap(\.file).map { file in
            let reader = try LogReader(file)
            return (reader, try VerifierKey(reader.opening().vkey))
        }
        for key in try vkeys() where !readers.contains(where: { $0.1.publicKey == key.publicKey }) {
            throw LetheError(
                "other-vkey", .notVerified, "no segment of the audit log is signed by \(key.text)",
                hint: "lethe audit verify --vkey \(key.text)")
        }
        return readers
    }
}
