import ArgumentParser
import Domain
import Engine
import Rules

struct StatusCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows on one screen how things stand and what waits for a person.",
        discussion: """
            What is due, plans, requests, holds, the last run, verification and seal, each with the command that goes on where \
            something waits. Asks nobody, changes nothing and needs no API key. Exit 0 when all is calm, 2 when something waits, \
            1 when something is wrong.

            Example: lethe status --json
            """)

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let overview = await Overview.read(try Wiring.open(global, console))
        let rows = overview.rows.filter { !global.quiet || $0.state != .ok }
        let text = rows.flatMap { $0.lines(console) } + [overview.closing]
        let status: ExitStatus =
            switch overview.state {
            case .ok: .done
            case .waits: .incomplete
            case .wrong: .failed
            }
        return Reply(text.joined(separator: "\n"), json: overview.json, status: status)
    }
}

struct CheckCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "The same as lethe status in one line, for Nagios and its kin.",
        discussion: """
            Prints OK, WARNING, CRITICAL or UNKNOWN, why, and figures behind a bar, and exits with 0, 1, 2 or 3 as those programs \
            expect, which is not what other commands mean by these. Something that waits is a WARNING; something wrong, a request \
            past its day, or no finished run for longer than --max-age is CRITICAL.

            Example: lethe check --max-age 25h
            """)

    @Option(
        help: ArgumentHelp(
            "How long ago the last lethe run --apply may have finished.", valueName: "period"))
    var maxAge = "25h"
    @Flag(help: "Call what on_failure lists for overdue and silence.") var notify = false
    @OptionGroup var global: GlobalOptions

    /// What monitors take an exit status for: https://nagios-plugins.org/doc/guidelines.html, "Plugin Return Codes".
    enum Verdict: Int32 {
        case ok, warning, critical, unknown

        var name: String { "\(self)".uppercased() }
        /// Other commands mean something else by the same numbers.
        var status: ExitStatus { ExitStatus(rawValue: rawValue) ?? .failed }
    }

    func perform(_ console: Console) async throws -> Reply {
        guard case .success(let period) = Period.parse(maxAge), let micros = period.fixedMicroseconds else {
            throw LetheError(
                "invalid-period", .usage, "--max-age is not a period of hours, days or weeks", hint: "write 25h or 2d")
        }
        let patience = micros / 1_000_000
        let wiring: Wiring
        do {
            wiring = try Wiring.open(global, console)
        } catch let error as LetheError {
            return Self.reply(.unknown, [error.message], nil)
        }
        let overview = await Overview.read(wiring)
        let now = wiring.clock.now()
        let silence = overview.lateness?.silenceMessage(at: now, for: patience)
        let verdict: Verdict =
            switch overview.state {
            case .wrong: .critical
            case .ok where silence == nil: .ok
            case .waits where silence == nil: .warning
            case .ok, .waits: .critical
            }
        if notify, let lateness = overview.lateness {
            await OnFailure(wiring).call(ofLate: lateness, verdict.status, patience: patience)
        }
        let reasons = [silence].compactMap { $0 } + overview.reasons
        return Self.reply(verdict, reasons, overview, figures: overview.figures(at: now, patience: patience))
    }

    private static let mostReasons = 3

    private static func reply(
        _ verdict: Verdict, _ reasons: [String], _ overview: Overview?, figures: String? = nil
    ) -> Reply {
        var shown = reasons.isEmpty ? ["nothing waits"] : Array(reasons.prefix(mostReasons))
        if reasons.count > shown.count, !reasons.isEmpty {
            shown.append("\(reasons.count - shown.count) more: lethe status")
        }
        // A bar begins the figures, and a second line is a long text.
        let reason = shown.joined(separator: "; ").replacing("|", with: "/").replacing("\n", with: " ")
        var members: [String: JSONValue] = [
            "verdict": .string(verdict.name), "reasons": .array(reasons.map { .string($0) }),
        ]
        members["status"] = overview?.json ?? .null
        return Reply(
            "\(verdict.name): \(reason)" + (figures.map { " | \($0)" } ?? ""), json: .object(members),
            status: verdict.status)
    }
}
