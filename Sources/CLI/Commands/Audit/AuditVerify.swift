import ArgumentParser
import Audit
import Domain
import Foundation
import Rules

struct AuditVerify: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verifies a whole log, which may be hostile.",
        discussion: """
            Without --log it checks the workspace's own segments and the chain between them; with it, a database or an export, \
            anywhere and offline, and with several --log the chain between those. \
            Exit 0 verified, 1 evidence of tampering, 3 could not be verified as asked.

            Example: lethe audit verify --log log.jsonl --vkey "$VKEY" --root-key-file root.key
            """)

    @Option(help: ArgumentHelp("A segment's database or exported log.jsonl; several: all segments.", valueName: "file"))
    var log: [String] = []
    @OptionGroup var pinned: PinnedKeys
    @Option(
        help: ArgumentHelp("The root key, 64 hex digits: checks every MAC; several after rollovers.", valueName: "file")
    )
    var rootKeyFile: [String] = []
    @Option(help: ArgumentHelp("A checkpoint that you held; may be repeated.", valueName: "file"))
    var checkpoint: [String] = []
    @Option(help: ArgumentHelp("Maximum age of the newest checkpoint: 2d.", valueName: "period"))
    var maxAge: String?
    @Option(help: ArgumentHelp("Checks that must not be missing: mac, anchor, closed, ledger.", valueName: "list"))
    var require: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let now = SystemClock().now()
        for file in log { try FileKind.refuseInPlaceOfLog(file) }
        if !log.isEmpty {
            let verifier = LogVerifier(try options(console, anchors: [], now: now))
            let files = log.map { URL(filePath: $0) }
            guard log.count > 1 else {
                let report = try verifier.verify(files[0])
                if report.exit != .done, files[0].lastPathComponent == "extract.jsonl" {
                    console.note(
                        "Try: lethe audit export without --since and --until: an extract cannot be verified alone")
                }
                return reply(report.lines, JSONValue(report), report.exit, hint: report.hint, console)
            }
            let report = try verifier.verify(files)
            return reply(report.lines, JSONValue(report), report.exit, hint: report.hint, console)
        }
        let wiring = try Wiring.open(global, console)
        let options = try options(console, anchors: wiring.logLocation.anchors.directories, now: now)
        let report = try LogVerifier(options).verify(wiring.logLocation)
        return reply(report.lines, JSONValue(report), report.exit, hint: report.hint, console)
    }

    private func reply(
        _ lines: [String], _ json: JSONValue, _ exit: ExitStatus, hint: String?, _ console: Console
    ) -> Reply {
        if exit == .notVerified, let hint { console.note("Try: \(hint)") }
        return Reply(lines.joined(separator: "\n"), json: json, status: exit)
    }

    private func options(_ console: Console, anchors: [URL], now: Timestamp) throws -> LogVerifier.Options {
        LogVerifier.Options(
            vkeys: try pinned.all(), rootKeys: try rootKeyFile.map { try rootKey($0, console) },
            checkpoints: checkpoint.map { URL(filePath: $0) }, notBefore: try maxAge.map { try Self.before(now, $0) },
            require: try requirements(), anchors: anchors, now: now)
    }

    private func requirements() throws -> Set<LogVerifier.Requirement> {
        try Set(
            (require ?? "").split(whereSeparator: { ", ".contains($0) }).map { word in
                guard let requirement = LogVerifier.Requirement(rawValue: String(word)) else {
                    throw LetheError(
                        "invalid-value", .usage, "--require takes mac, anchor, closed and ledger, separated by commas")
                }
                return requirement
            })
    }

    private static func before(_ now: Timestamp, _ text: String) throws -> Timestamp {
        guard case .success(let period) = Period.parse(text) else {
            throw LetheError("invalid-period", .usage, "--max-age is not a period", hint: "write 36h, 2d or 1mo")
        }
        return period.before(now)
    }
}

/// Reads a root key file of any mode, and says so if others can read it.
func rootKey(_ path: String, _ console: Console) throws -> RootKey {
    let key = try RootKey(text: ReadInput.secret(path))
    let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? NSNumber
    if let mode, mode.intValue & 0o077 != 0 { console.warn("others can read \(path): chmod 600 \(path)") }
    return key
}
