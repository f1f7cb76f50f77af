import ArgumentParser
import Domain
import Foundation
import Simulator

struct SimulateCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Serves a simulated Linq attachments API on loopback, with faults on demand.",
        discussion: """
            It starts with three lines (+12025550143 persistent, +12025550188 ephemeral, +12025550120 zero retention) and \
            prints its base URL. Faults meet DELETEs unless a scope says otherwise: 500:0.2, 429:0.1:2 (Retry-After 2 s), \
            lost:0.05 (effect, no answer), reset:0.05, cut:0.02, 502html:0.02, hang:0.01, get.503:0.1, all.latency:200ms. \
            Its clock, its faults and the truth it holds are at /admin on the same port.

            Example: lethe simulate --port 8080 --attachments 200 --fault 500:0.2 --fault lost:0.05
            """)

    @Option(help: "The port on 127.0.0.1; 0 takes any that is free.")
    var port: Int = 0

    @Option(help: "The API key that it accepts.")
    var key: String = "sim-key"

    @Option(help: "Decides ids, people, files and which requests meet faults.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("A fault; may be repeated.", valueName: "spec"))
    var fault: [String] = []

    @Option(help: ArgumentHelp("Where its clock starts; it runs on from there (default: now).", valueName: "time"))
    var clock: String?

    @Option(help: "Makes up messages with this many attachments over the last 120 days.")
    var attachments: Int = 0

    @Option(help: ArgumentHelp("Where signed webhooks are posted, an http URL on loopback.", valueName: "url"))
    var webhooks: String?

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard (0...65_535).contains(port) else {
            throw LetheError("invalid-value", .usage, "--port must be 0 to 65535")
        }
        let faults = try fault.map { try FaultSpec($0) }
        let system = SystemClock()
        let simulated = SimulatedClock { system.now() }
        if let clock {
            guard let start = Timestamp(clock) else {
                throw LetheError(
                    "invalid-time", .usage, "--clock is not a time", hint: "write it as 2026-11-18T12:00:00Z")
            }
            simulated.set(start)
        }
        let account = SimulatedAccount.standard(seed: seed, key: key, clock: simulated)
        if attachments > 0 {
            let lines = try ["+12025550143", "+12025550188"].map { try PhoneLine($0) }
            try account.populate(
                Population(
                    lines: lines, attachments: attachments, from: simulated.now.adding(seconds: -120 * 86_400),
                    to: simulated.now, seed: seed))
        }
        let server = try SimulatorServer(
            account, SimulatorConfiguration(port: port, faults: faults, seed: seed, webhookTarget: webhooks))
        let quiet = global.quiet
        try await server.run { url in
            Console.write("listening on \(url)\n", to: STDOUT_FILENO)
            if !quiet { console.note("webhook secret \(account.webhookSecret); stop with Ctrl-C") }
        }
        return Reply("", json: .null)
    }
}
