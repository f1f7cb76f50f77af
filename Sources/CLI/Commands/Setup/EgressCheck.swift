import ArgumentParser
import Audit
import Cryptography
import Domain
import Engine
import LinqClient

/// The root key of the segment that begins where one must: the log's own, or a new one that is handed out once.
struct RollOverKey: ParsableArguments {
    @Option(help: ArgumentHelp("If a new segment begins: the root key to go on with.", valueName: "file"))
    var rootKeyFile: String?
    @Option(
        help: ArgumentHelp(
            "If a new segment begins: writes a new root key there instead of showing it.", valueName: "file"))
    var rootKeyOut: String?
}

extension Checkup {
    /// Tries the one host that downloads come from, and `other`, which must not be reached; puts both on record.
    mutating func runEgress(_ other: String, _ key: RollOverKey, _ console: Console) async {
        do {
            let vendor = try wiring.vendor()
            let host = vendor.downloadHost
            guard other != host else {
                throw LetheError(
                    "invalid-value", .usage, "\(host) is the host of downloads itself",
                    hint: "another one: --other-host HOST")
            }
            async let isReached = vendor.reaches(host)
            async let isOtherReached = vendor.reaches(other)
            let (reached, blocked) = await (isReached, !isOtherReached)
            await vendor.shutdown()
            try await wiring.beginVersion2(key, console)
            let check = AuditRecord.EgressCheck(
                host: host, reached: reached, other: other, blocked: blocked, by: Wiring.systemUser)
            let seqs = try await wiring.work(vendor: false) { context in
                try context.log.append([.egressCheck(check)])
            }
            let place = seqs.first.map { " (record \($0))" } ?? ""
            add(
                "egress", reached && blocked ? .ok : .fail,
                "\(host) is \(reached ? "" : "not ")reached, \(other) is \(blocked ? "not " : "")reached\(place)",
                fix: reached && blocked
                    ? nil
                    : !blocked
                        ? "let this machine reach \(host) for downloads and no other host"
                        : "let this machine reach \(host)")
        } catch let error as LetheError {
            add("egress", .fail, error.message, fix: error.hint)
        } catch {
            add("egress", .fail, "\(type(of: error))")
        }
    }
}

extension Wiring {
    /// Before the first record that only a segment of v2 can hold: open intents are settled, the segment is closed, and the first of
    /// v2 begins. Does nothing where the log is of v2 already.
    func beginVersion2(_ key: RollOverKey, _ console: Console) async throws {
        let log = try followedLog()
        guard log.version < 2 else { return }
        // Over what was changed no segment is begun by the way.
        try log.verifyHead(whole: true)
        let given = try key.rootKeyFile.map { try rootKey($0, console) }
        let made = try await rollOver(
            given, keyOut: key.rootKeyOut, reason: "records of version 2", partner: settings.partner, console
        ) {
            try await work(vendor: settings.apiKey != nil) { context in
                try await SettleIntents(context, rules: undecided).run()
            }
        }
        console.warn("the audit log goes on in a new segment, \(made.origin); its vkey is \(made.vkey)")
    }
}
