import ArgumentParser
import Domain
import Engine
import Inventory

struct SyncCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Walks chats and messages through the API into the inventory.",
        discussion: """
            For a company that starts today, and after an outage of its webhook receiver. It sees what the vendor still lists: \
            uploads that no message used and messages past the vendor's own retention are not listed. A walk that was \
            interrupted goes on where it was.

            Example: lethe sync --line +12025550143
            """)

    @Option(help: ArgumentHelp("Only this phone line of the account; may be repeated.", valueName: "number"))
    var line: [String] = []
    @Option(help: ArgumentHelp("Only chats with the people whose handles are in this file.", valueName: "file"))
    var subjectFile: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard line.isEmpty || subjectFile == nil else {
            throw LetheError("invalid-value", .usage, "--line and --subject-file do not go together")
        }
        let wiring = try Wiring.open(global, console)
        let lines = try line.map { try PhoneLine($0) }
        let handles = try subjectFile.map {
            try HandleList.read(String(decoding: ReadInput.bytes($0), as: UTF8.self))
        }
        let stop = StopSignal(console: console)
        let report = try await wiring.work(vendor: true, on: .segments, stop: stop) { context in
            let sync = SyncFromAPI(context, requestsPerSecond: wiring.settings.linq.maxRequestsPerSecond)
            let show: @Sendable (SyncFromAPI.Report) -> Void = { report in
                console.progress("walking chats, messages so far", done: report.messages, of: nil)
            }
            if let handles { return try await sync.run(of: handles, progress: show) }
            let report = try await sync.run(lines: lines, progress: show)
            if lines.isEmpty, report.coverage == .complete {
                try context.inventory.setBookmark(Wiring.syncBookmark, to: context.time.now().description)
            }
            return report
        }
        for warning in report.warnings { console.warn(warning) }
        var text = [
            "\(report.chats) chats, \(report.messages) messages",
            "attachments: \(report.attachmentsNew) new, \(report.attachmentsSeen) seen before",
            "coverage: \(report.coverage.rawValue)",
        ]
        if report.unaddressable > report.unreadableParts {
            text.append(
                "\(report.unaddressable - report.unreadableParts) media items have a URL and no attachment id: the API cannot "
                    + "delete them")
        }
        if report.unreadableParts > 0 { text.append("\(counted(report.unreadableParts, "part")) could not be read") }
        for request in report.reopened { text.append("request \(request) is open again: its person had more") }
        if report.isInterrupted {
            text.append("Interrupted: what was read is in the inventory. Run it again: it goes on where it stopped.")
        } else if report.coverage == .partial {
            text.append("Not everything could be read. Run it again: it goes on where it stopped.")
        }
        return Reply(
            text.joined(separator: "\n"),
            json: [
                "chats": JSONValue(report.chats), "messages": JSONValue(report.messages),
                "attachments_new": JSONValue(report.attachmentsNew),
                "attachments_seen": JSONValue(report.attachmentsSeen), "suppressed": JSONValue(report.suppressed),
                "revived": JSONValue(report.revived), "reopened": .array(report.reopened.map { JSONValue($0) }),
                "without_id": JSONValue(report.unaddressable), "unknown_parts": JSONValue(report.unknownParts),
                "unreadable_parts": JSONValue(report.unreadableParts),
                "coverage": .string(report.coverage.rawValue), "interrupted": .bool(report.isInterrupted),
            ], status: report.status)
    }
}
