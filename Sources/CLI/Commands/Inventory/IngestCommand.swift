import ArgumentParser
import Domain
import Engine
import Foundation
import LinqClient

struct IngestCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Takes webhook deliveries into the inventory.",
        discussion: """
            A file is one JSON body, an array, or one body per line; - is standard input. Signatures are checked when the \
            headers are given, one JSON object per line, with received_at where they are older than five minutes; otherwise say \
            --trusted. Ingesting twice changes nothing. Handles, file \
            names and URLs are not stored.

            Example: lethe ingest webhooks.ndjson --headers headers.ndjson
            """)

    @Argument(help: ArgumentHelp("Files of deliveries, or -.", valueName: "file"))
    var files: [String]
    @Option(help: ArgumentHelp("Request headers, one JSON object per delivery.", valueName: "file"))
    var headers: String?
    @Flag(help: "The deliveries were verified before they were stored.")
    var trusted = false
    @Option(help: ArgumentHelp("When they arrived, for the 300 s of a signature (default: now).", valueName: "time"))
    var receivedAt: String?
    @Option(
        help: ArgumentHelp("webhook, or response for answers of sends, uploads and voice memos.", valueName: "kind"))
    var kind: String = "webhook"
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard let kind = IngestWebhooks.Kind(rawValue: kind) else {
            throw LetheError("invalid-value", .usage, "--kind must be webhook or response")
        }
        guard (headers != nil) != trusted else {
            throw LetheError(
                "trust-unclear", .usage,
                "say who vouches for the deliveries: exactly one of --headers FILE and --trusted",
                hint: "lethe ingest FILE --headers HEADERS, or --trusted if they were verified before")
        }
        guard !files.isEmpty else {
            throw LetheError(
                "no-file", .usage, "no file was named", hint: "lethe ingest FILE --trusted, or - for stdin")
        }
        let wiring = try Wiring.open(global, console)
        let trust = try trust(wiring)
        let deliveries = try files.map { try open($0) }
        let headerFile = try headers.map { try open($0) }
        let report = try await wiring.work(vendor: false, on: .segments) { context in
            try IngestWebhooks(
                inventory: context.inventory, log: context.log, partner: context.partner, kind: kind, trust: trust
            ).run(deliveries, headers: headerFile, now: context.time.now()) {
                console.progress("ingesting", done: $0, of: nil)
            }
        }
        return Reply(text(report), json: json(report), status: report.status)
    }

    private func open(_ path: String) throws -> DeliveryFile {
        do {
            return try DeliveryFile(path: path)
        } catch {
            throw ReadInput.unreadable(path)
        }
    }

    private func trust(_ wiring: Wiring) throws -> IngestWebhooks.Trust {
        guard headers != nil else { return .operatorSaysSo }
        let signature = try wiring.webhookSignature()
        let received = try receivedAt.map { try time($0, "--received-at") } ?? wiring.clock.now()
        return .signatures(signature, receivedAt: received)
    }

    private func text(_ report: IngestReport) -> String {
        var lines = [
            "read \(report.read): \(report.accepted) accepted, \(report.duplicates) duplicates, "
                + "\(report.ignored) ignored, \(report.rejected) rejected",
            "attachments: \(report.attachmentsNew) new, \(report.attachmentsSeen) seen before"
                + (report.suppressed > 0 ? ", \(report.suppressed) deleted and staying so" : ""),
        ]
        if report.zeroRetention > 0 {
            lines.append("\(report.zeroRetention) messages under zero retention: nothing was stored")
        }
        if report.unknownParts > 0 {
            lines.append("\(counted(report.unknownParts, "part", "parts")) of a kind that is not known")
        }
        if report.unreadableParts > 0 {
            lines.append(
                "\(counted(report.unreadableParts, "part")) could not be read; the rest of their deliveries was taken")
        }
        if report.doubtfulSizes > 0 {
            lines.append(
                "\(counted(report.doubtfulSizes, "part")) with a size over 100 MiB, more than the vendor stores: "
                    + "taken for unknown")
        }
        if report.doubtfulTimes > 0 {
            lines.append(
                "\(counted(report.doubtfulTimes, "message")) with a time that is not believed; "
                    + "lethe sync asks for the files' own")
        }
        for request in report.reopened { lines.append("request \(request) is open again: its person had more") }
        for rejection in report.rejections.prefix(10) {
            lines.append("\(files[rejection.file]):\(rejection.line): [\(rejection.code)] \(rejection.message)")
        }
        if report.rejected > 10 { lines.append("… and \(report.rejected - 10) more; --json lists them") }
        return lines.joined(separator: "\n")
    }

    private func json(_ report: IngestReport) -> JSONValue {
        let rejections = report.rejections.map { rejection -> JSONValue in
            [
                "file": .string(files[rejection.file]), "line": JSONValue(rejection.line),
                "code": .string(rejection.code), "message": .string(rejection.message),
            ]
        }
        return [
            "read": JSONValue(report.read), "accepted": JSONValue(report.accepted),
            "duplicates": JSONValue(report.duplicates), "ignored": JSONValue(report.ignored),
            "rejected": JSONValue(report.rejected), "attachments_new": JSONValue(report.attachmentsNew),
            "attachments_seen": JSONValue(report.attachmentsSeen), "suppressed": JSONValue(report.suppressed),
            "zero_retention": JSONValue(report.zeroRetention), "unknown_parts": JSONValue(report.unknownParts),
            "unreadable_parts": JSONValue(report.unreadableParts),
            "doubtful_times": JSONValue(report.doubtfulTimes),
            "doubtful_sizes": JSONValue(report.doubtfulSizes),
            "reopened": .array(report.reopened.map { JSONValue($0) }), "rejections": .array(rejections),
        ]
    }
}
