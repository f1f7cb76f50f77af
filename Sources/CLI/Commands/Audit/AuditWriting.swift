import ArgumentParser
import Audit
import Cryptography
import Domain
import Engine
import Foundation

struct AuditSeal: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Ends the epoch: signs a checkpoint and evolves the key.",
        discussion:
            "Every command that records something seals before it ends; a daily one is the heartbeat.\n\nExample: lethe audit seal"
    )

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let log = try wiring.followedLog()
        // A heartbeat notices what was changed.
        try log.verifyHead()
        let checkpoint = try log.seal()
        for status in log.anchorStatus {
            if let problem = status.problem { console.warn("anchor \(status.directory.path): \(problem)") }
        }
        let root = Base64.encode(checkpoint.root.bytes)
        return Reply(
            "Sealed \(log.origin) at size \(checkpoint.size), root \(root)\nvkey    \(log.vkey)",
            json: [
                "origin": .string(log.origin), "size": JSONValue(checkpoint.size), "root": .string(root),
                "vkey": .string(log.vkey),
            ])
    }
}

struct AuditInit: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Begins a log in a workspace that has none.",
        discussion: """
            `lethe init` does this for a new workspace. A log that was lost is not begun anew but continued in a new \
            segment: lethe audit rollover.

            Example: lethe audit init --root-key-out root.key
            """)

    @Option(help: ArgumentHelp("Writes the root key there, for you alone, instead of showing it.", valueName: "file"))
    var rootKeyOut: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        try wiring.binding.check()
        try RootKeyOutput.check(rootKeyOut, OwnFiles(wiring))
        let made = try RootKeyOutput.handing(rootKeyOut, console) { key in
            try AuditLog.create(
                wiring.logLocation, name: wiring.settings.audit.name, tool: "lethe \(Lethe.version)",
                time: wiring.clock, rootKey: key)
        }
        return Reply(
            "Began \(made.origin)\nvkey    \(made.vkey)",
            json: ["origin": .string(made.origin), "vkey": .string(made.vkey), "kid": .string(made.kid)])
    }
}

struct AuditRollover: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollover",
        abstract: "Closes the segment and begins the next one.",
        discussion: """
            Needs the root key, or makes a new one and hands it out once. After a restore from a backup it begins a segment \
            that names what was lost.

            Example: lethe audit rollover --reason "yearly rotation" --root-key-file root.key
            """)

    @Option(help: "Why; it stays in the log.") var reason: String
    @Option(help: ArgumentHelp("The root key to go on with.", valueName: "file")) var rootKeyFile: String?
    @Option(help: ArgumentHelp("Writes a new root key there instead of showing it.", valueName: "file"))
    var rootKeyOut: String?
    @Flag(help: "Sets records aside that were not written with the log's key, and goes on after the last one that was.")
    var fromAuthenticated = false
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let given = try rootKeyFile.map { try rootKey($0, console) }
        let wiring = try Wiring.open(global, console)
        var rejected: AuditLog.RejectedTail?
        let made = try await wiring.rollOver(
            given, keyOut: rootKeyOut, reason: reason, console
        ) {
            if fromAuthenticated { rejected = try AuditLog.rejectTail(wiring.logLocation, time: wiring.clock) }
        }
        let lost = made.lost == 0 ? "" : "\nlost    \(made.lost) records that a checkpoint of the segment before counts"
        let aside =
            rejected.map {
                "\nrejected  \(counted(Int($0.records), "record")) from seq \($0.seq) on; the file as it was: \($0.file.path)"
            } ?? ""
        return Reply(
            "Began \(made.origin)\nvkey    \(made.vkey)" + lost + aside,
            json: [
                "origin": .string(made.origin), "vkey": .string(made.vkey), "kid": .string(made.kid),
                "lost": JSONValue(made.lost), "rejected": JSONValue(rejected?.records ?? 0),
            ])
    }
}

extension Wiring {
    /// Goes on in a new segment under `given`, or under a new key that is handed out. `first`: what is done before, under the same
    /// lease. `partner`: of the first segment of v2.
    func rollOver(
        _ given: RootKey?, keyOut: String?, reason: String, partner: String? = nil, _ console: Console,
        first: () async throws -> Void
    ) async throws -> AuditLog.Created {
        // Of keys and a log that were moved both, `audit rebind` needs one that goes on.
        try binding.check(partnerOnly: true)
        if given == nil { try RootKeyOutput.check(keyOut, OwnFiles(self), goesOn: true) }
        let reason = try OperatorText.reason(reason)
        // The answers of a run that is going on belong in the segment of its intents.
        let lease = try RunLease(workspace.directory)
        defer { lease.release() }
        if let given { try AuditLog.refuseOther(given, than: logLocation) }
        try await first()
        func rollOver(_ key: RootKey) throws -> AuditLog.Created {
            try AuditLog.rollover(
                logLocation, reason: reason, by: Wiring.systemUser, partner: partner, rootKey: key,
                tool: "lethe \(Lethe.version)", time: clock)
        }
        return try given.map(rollOver) ?? RootKeyOutput.handing(keyOut, console, rollOver)
    }
}

/// A root key is seen once: on a terminal, or in a file that its owner alone can read.
enum RootKeyOutput {
    /// Before anything is made: somebody must be there to take the key, and it is no file that the workspace lives from, where it
    /// would be overwritten, or read and shown as something else.
    static func check(_ path: String?, _ own: OwnFiles, goesOn: Bool = false) throws {
        if let path {
            try own.refuse(path)
            guard !FileManager.default.fileExists(atPath: path) else {
                throw LetheError(
                    "file-exists", .usage, "\(path) exists already", hint: "choose a new file for --root-key-out")
            }
        } else if isatty(STDERR_FILENO) != 1 || isatty(STDOUT_FILENO) != 1 {
            throw LetheError(
                "root-key-unseen", .usage, "the root key is shown once, and nobody would see it here",
                hint: goesOn
                    ? "go on with this log's root key: --root-key-file FILE, or name a new file for a new one: "
                        + "--root-key-out FILE"
                    : "name a file for it: --root-key-out root.key")
        }
    }

    /// Hands out a new key and only then makes what it is for: a log whose key nobody has cannot be verified. If that fails,
    /// the file is removed again, unless the next start goes on with what was begun.
    static func handing<Made>(
        _ path: String?, _ console: Console, _ make: (RootKey) throws -> Made
    ) throws -> Made {
        let key = try RootKey.generate()
        try hand(key, to: path, console)
        do {
            return try make(key)
        } catch let error as LetheError where error.code == "rollover-unfinished" {
            throw error
        } catch {
            if let path { unlink(path) }
            throw error
        }
    }

    static func hand(_ key: RootKey, to path: String?, _ console: Console) throws {
        guard let path else {
            Console.write("root key, shown this once: ", to: STDERR_FILENO)
            key.hex.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
            Console.write("\nKeep it in a vault, off this host.\n\n", to: STDERR_FILENO)
            return
        }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        let text = SecretBytes(joining: key.hex, SecretBytes(copying: [UInt8(ascii: "\n")]))
        let isWritten = text.withUnsafeBytes { write(file, $0.baseAddress, $0.count) == $0.count }
        guard file >= 0, isWritten, fsync(file) == 0 else {
            throw LetheError(
                "unwritable", .failed, "\(path) cannot be written", hint: "check the folder and its permissions")
        }
        close(file)
    }
}
