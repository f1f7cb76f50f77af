import ArgumentParser
import Audit
import Domain
import Engine
import Foundation
import Inventory
import Reports
import Rules

struct ReportCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes the reviewer's report of a period.",
        discussion: """
            What is held, what was deleted under which policy, what failed or is open, requests, holds, the log's verification, \
            and the vendor's compliance checklist as six controls. One self-contained HTML page, or Markdown, JSON, CSV.

            Example: lethe report --from 2026-11-01 --to 2026-12-01 -o november.html
            """)

    @Option(help: ArgumentHelp("The period's first day (default: 30 days ago).", valueName: "date")) var from: String?
    @Option(help: ArgumentHelp("The day after its last (default: now).", valueName: "date")) var to: String?
    @Option(help: "html, md, json or csv.") var format: String?
    @Option(help: ArgumentHelp("A key to pin beside this host's own: one of before a loss.", valueName: "vkey"))
    var vkey: [String] = []
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to; - is stdout.", valueName: "file")) var output: String?
    @OptionGroup var global: GlobalOptions

    static let formats = ["html", "md", "json", "csv"]

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        if let output, output != "-" { _ = try OutputFile(output, wiring) }
        let format = try OutputFile.format(format, for: output, of: Self.formats)
        let now = wiring.clock.now()
        let end = try to.map { try time($0, "--to") } ?? now
        let start = try from.map { try time($0, "--from") } ?? end.adding(seconds: -30 * 86_400)
        guard start < end else {
            throw LetheError("invalid-period", .usage, "--from must be before --to")
        }
        let path =
            output
            ?? wiring.workspace.reports.appending(path: "lethe-report-\(start.date)-\(end.date).\(format)").path
        let file = path == "-" ? nil : try OutputFile(path, wiring)
        let report = try await wiring.report(from: start, to: end, vkeys: vkey.map { try VerifierKey($0) })
        try file?.stream { write throws(LetheError) in try Self.write(report, as: format, to: Self.sink(write)) }
        var reply = Reply(
            "\(report.verdict.headline)\nwrote \(path)", json: nil, status: report.isContradicted ? .failed : .done)
        if let file, !report.showsAllItems, ["html", "md"].contains(format) {
            let list = try OutputFile(Self.listPath(beside: file.path), wiring)
            try list.stream { write throws(LetheError) in try ReportCSV.writeItemList(report, to: Self.sink(write)) }
            reply.text += "\nwrote \(list.path), all \(grouped(Int64(report.itemCount))) items"
        }
        if console.isJSON {
            reply.body = { sink throws(LetheError) in try ReportJSON.write(report, to: sink) }
        } else if path == "-" {
            reply.body = { sink throws(LetheError) in try Self.write(report, as: format, to: sink) }
        }
        return reply
    }

    /// `november.items.csv` for `november.html`.
    private static func listPath(beside path: String) -> String {
        let url = URL(filePath: path)
        let name =
            formats.contains(url.pathExtension) ? url.deletingPathExtension().lastPathComponent : url.lastPathComponent
        let folder = path.dropLast(url.lastPathComponent.utf8.count)
        return folder + name + ".items.csv"
    }

    private static func sink(
        _ write: @escaping (UnsafeRawBufferPointer) throws(LetheError) -> Void
    ) -> TextSink {
        { text throws(LetheError) in
            try Array(text.utf8).withUnsafeBufferPointer { bytes throws(LetheError) in
                try write(UnsafeRawBufferPointer(bytes))
            }
        }
    }

    private static func write(_ report: Report, as format: String, to sink: TextSink) throws(LetheError) {
        switch format {
        case "md": try sink(ReportMarkdown.render(report))
        case "json": try ReportJSON.write(report, to: sink)
        case "csv": try ReportCSV.write(report, to: sink)
        default: try sink(ReportHTML.render(report))
        }
    }
}

extension Wiring {
    /// Verifies the log with this host's own public key and `vkeys`, then reads the values of the period from what was verified.
    func report(from: Timestamp, to: Timestamp, vkeys: [VerifierKey]) async throws -> Report {
        try await work(vendor: false, on: .segments) { context in
            try CatchUp(inventory: context.inventory, log: context.log).run()
            try context.log.sealIfNeeded()
            let now = context.time.now()
            let files = try AuditLog.segments(logLocation).compactMap(\.file)
            let verified = try verified(context.log, besides: vkeys, now: now).segments
            guard verified.count == files.count else { throw Self.segmentsChanged }
            let logs = try zip(files, verified).map { (pair) throws(LetheError) in
                ReportSources.VerifiedLog(reader: try LogReader(pair.0), verification: pair.1)
            }
            var sources = ReportSources(
                inventory: context.inventory, logs: logs, policies: try loadPolicies().set, tiers: settings.tiers,
                tiersStated: settings.lines.contains { $0.key.hasPrefix("tiers.") && $0.origin != .standard },
                partner: settings.partner, tool: "lethe \(Lethe.version)")
            sources.tiersWritten = workspace.configured
            sources.lastCompleteSync = try context.inventory.bookmark(Self.syncBookmark).flatMap { Timestamp($0) }
            sources.differences = try RecordedTruth(context.log).everyDifference(in: context.inventory, .all, at: now)
                .map { .init($0.id, $0.message) }
            let report = try ReportDraft.gather(sources, period: .init(from: from, to: to), now: now).checked()
            return report
        }
    }

    private static let segmentsChanged = LetheError(
        "segments-changed", .notVerified, "a segment of the audit log began or went while the report was made",
        hint: "run it again")

    /// When every line was last walked whole, RFC 3339.
    static let syncBookmark = "last_complete_sync"
}
