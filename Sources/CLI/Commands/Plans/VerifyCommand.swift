import ArgumentParser
import Domain
import Engine

struct VerifyCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Asks the vendor for what was called gone, and grades the evidence.",
        discussion: """
            Exit 1 when something that was confirmed as deleted is still there, 3 when the vendor gave no clear answer.

            --expired asks instead for ephemeral attachments past their 24 hours. What is still there after 48 is a breach of \
            the vendor's promise (exit 1): it counts as persistent from then on, and is deleted under the policies.

            Example: lethe verify --sample 100
            """)

    @Option(help: ArgumentHelp("Only what was deleted at this time or later.", valueName: "time")) var since: String?
    @Option(help: "How many to ask for, chosen at random.") var sample: Int?
    @Flag(help: "Ask for everything that was called gone.") var all = false
    @Option(
        help: ArgumentHelp(
            "How many ephemeral attachments past their 24 hours to ask for, chosen at random.", valueName: "n"))
    var expired: Int?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        if let expired { return try await askForExpired(expired, console) }
        guard !all || sample == nil, sample ?? 1 > 0 else {
            throw LetheError("invalid-value", .usage, "--sample N (at least 1) and --all do not go together")
        }
        let wiring = try Wiring.open(global, console)
        let from = try since.map { try time($0, "--since") }
        let stop = StopSignal(console: console)
        let report = try await wiring.work(vendor: true, stop: stop) { context in
            try await VerifyDeletions(
                context, tiers: wiring.settings.tiers, requestsPerSecond: wiring.settings.linq.maxRequestsPerSecond
            ).run(sample: all ? nil : sample ?? 1000, since: from) {
                console.progress("asking the vendor", done: $0.checked, of: nil)
            }
        }
        var lines = [
            "\(report.checked) checked: \(report.gone) gone, \(report.stillThere.count) still there, \(report.unknown) without a clear answer"
        ]
        if report.isInterrupted { lines.append(Self.interrupted) }
        lines += report.stillThere.map { "still there  \($0): due again at the next run" }
        return Reply(
            lines.joined(separator: "\n"),
            json: [
                "checked": JSONValue(report.checked), "gone": JSONValue(report.gone),
                "still_there": .array(report.stillThere.map { JSONValue($0) }), "unknown": JSONValue(report.unknown),
                "interrupted": .bool(report.isInterrupted),
            ], status: report.status)
    }

    private static let interrupted = "Interrupted: what was found is on record; the rest was not asked for."

    private func askForExpired(_ sample: Int, _ console: Console) async throws -> Reply {
        guard sample > 0, self.sample == nil, since == nil, !all else {
            throw LetheError(
                "invalid-value", .usage, "--expired N (at least 1) goes with none of --sample, --since and --all")
        }
        let wiring = try Wiring.open(global, console)
        let stop = StopSignal(console: console)
        let report = try await wiring.work(vendor: true, stop: stop) { context in
            try await VerifyExpired(
                context, tiers: wiring.settings.tiers,
                requestsPerSecond: wiring.settings.linq.maxRequestsPerSecond
            ).run(sample: sample) { console.progress("asking the vendor", done: $0.checked, of: sample) }
        }
        var lines = [
            "\(report.checked) checked: \(report.gone) gone, \(report.notYet) not yet, \(report.breaches.count) still there after 48 h, \(report.unknown) without a clear answer"
        ]
        if report.undated > 0 {
            lines.append(
                "\(report.undated) of these still there: the vendor's answers tell no time, so nothing says that 48 h are over"
            )
        }
        if report.isInterrupted { lines.append(Self.interrupted) }
        lines += report.breaches.map { "tier drift   \($0): persistent from now on, deleted under the policies" }
        return Reply(
            lines.joined(separator: "\n"),
            json: [
                "checked": JSONValue(report.checked), "gone": JSONValue(report.gone),
                "not_yet": JSONValue(report.notYet), "breaches": .array(report.breaches.map { JSONValue($0) }),
                "unknown": JSONValue(report.unknown), "undated": JSONValue(report.undated),
                "interrupted": .bool(report.isInterrupted),
            ], status: report.status)
    }
}
