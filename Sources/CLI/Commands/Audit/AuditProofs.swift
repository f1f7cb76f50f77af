import ArgumentParser
import Audit
import Domain
import Foundation

struct AuditProof: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof",
        abstract: "Writes one file that proves the deletion of one attachment.",
        discussion: """
            A C2SP tlog-proof: the outcome's record, its path to the signed checkpoint, and the checkpoint. It shows nothing of \
            other records.

            Example: lethe audit proof bc639f8b-1c5d-4dcc-bb7f-93edc4ff3cba -o proof.tlog-proof
            """)

    @Argument(help: "The attachment's id.") var id: String
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to (else stdout).", valueName: "file")) var output: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let file = try output.map { try OutputFile($0, wiring) }
        let proof = try Self.proof(of: wiring.id(id), wiring)
        try file?.write(Data(proof.bytes))
        let text = String(decoding: proof.bytes, as: UTF8.self)
        return Reply(
            output.map { "wrote \($0): record \(proof.index) at size \(proof.checkpoint.size)" }
                ?? String(text.reversed().drop { $0 == "\n" }.reversed()),
            json: [
                "index": JSONValue(proof.index), "size": JSONValue(proof.checkpoint.size), "proof": .string(text),
                "file": JSONValue(output),
            ])
    }
}

extension AuditProof {
    /// The newest segment that has the outcome gives the proof.
    private static func proof(of id: AttachmentID, _ wiring: Wiring) throws -> InclusionProof {
        let files = try AuditLog.named(wiring.logLocation).reversed().compactMap(\.file)
        for file in files.dropLast() {
            if let proof = try? LogReader(file).inclusionProof(of: id) { return proof }
        }
        return try LogReader(files.last ?? wiring.workspace.auditLog).inclusionProof(of: id)
    }
}

struct AuditConsistency: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "consistency",
        abstract: "Writes one file that proves that the log only grew.",
        discussion: """
            Between an older checkpoint, such as one that a reviewer holds, and a newer one (else the newest): the records of \
            the older are the first of the newer. The file is what C2SP tlog-witness sends to witnesses; it shows no record.

            Example: lethe audit consistency held.note -o grew.proof
            """)

    @Argument(help: ArgumentHelp("The older checkpoint.", valueName: "older.note")) var older: String
    @Argument(help: ArgumentHelp("The newer one (else the newest of the log).", valueName: "newer.note"))
    var newer: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to (else stdout).", valueName: "file")) var output: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let older = try readCheckpoint(older)
        let newer = try newer.map(readCheckpoint)
        let wiring = try Wiring.open(global, console)
        let place = try output.map { try OutputFile($0, wiring) }
        guard let file = try AuditLog.named(wiring.logLocation).first(where: { $0.origin == older.origin })?.file
        else {
            throw LetheError(
                "other-log", .usage, "the checkpoint is of \(older.origin), which is no segment of this log",
                hint: "lethe audit show --type log.open")
        }
        let proof = try LogProofs(LogReader(file), at: newer).consistency(since: older)
        try place?.write(Data(proof.bytes))
        let text = String(decoding: proof.bytes, as: UTF8.self)
        return Reply(
            output.map { "wrote \($0): from size \(older.size) to size \(proof.newer.size)" }
                ?? text.withoutFinalNewline,
            json: [
                "origin": .string(older.origin), "older_size": JSONValue(older.size),
                "newer_size": JSONValue(proof.newer.size), "proof": .string(text), "file": JSONValue(output),
            ])
    }
}

struct AuditCheckProof: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-proof",
        abstract: "Checks a proof with the public key alone.",
        discussion: """
            A proof that a log goes on is checked against the older checkpoint, in your own hands: --checkpoint.

            Example: lethe audit check-proof proof.tlog-proof --vkey "$VKEY"
            """)

    @Argument(help: ArgumentHelp("What `audit proof` or `audit consistency` wrote.", valueName: "file")) var file:
        String
    @Option(help: ArgumentHelp("The log's public key, which came to you out of band.", valueName: "vkey"))
    var vkey: String?
    @Option(help: ArgumentHelp("The older checkpoint, for a proof that a log goes on.", valueName: "file"))
    var checkpoint: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let bytes = [UInt8](try ReadInput.bytes(file))
        guard let vkey else {
            throw LetheError(
                "no-vkey", .notVerified, "without --vkey nothing can be verified",
                hint: "pass the key that came with the log out of band: --vkey V")
        }
        let key = try VerifierKey(vkey)
        do {
            return ConsistencyProof.isOne(bytes)
                ? try checkGrowth(ConsistencyProof(bytes), key) : try checkRecord(InclusionProof(bytes), key)
        } catch let error as LetheError where error.code == "malformed-proof" {
            return answer("BROKEN", "broken", error.message, .failed)
        }
    }

    private func checkRecord(_ proof: InclusionProof, _ key: VerifierKey) throws -> Reply {
        let verdict = try proof.check(key)
        switch verdict {
        case .good(let entry):
            let line = String(decoding: entry.line, as: UTF8.self)
            return Reply(
                "INTACT: record \(entry.seq) of \(entry.time.brief) is in the log of \(proof.checkpoint.origin) at size \(proof.checkpoint.size)\n\(line)",
                json: ["result": "intact", "seq": JSONValue(entry.seq), "record": .string(line)])
        case .broken(let reason): return answer("BROKEN", "broken", reason, verdict.exit)
        case .otherLog(let reason): return answer("NOT CHECKED", "other_log", reason, verdict.exit)
        }
    }

    private func checkGrowth(_ proof: ConsistencyProof, _ key: VerifierKey) throws -> Reply {
        guard let file = checkpoint else {
            throw LetheError(
                "no-checkpoint", .notVerified, "a proof that a log goes on is checked against the older checkpoint",
                hint: "pass the one you hold: --checkpoint FILE")
        }
        let older = try readCheckpoint(file)
        let verdict = try proof.check(since: older, key)
        switch verdict {
        case .good:
            return Reply(
                "CONSISTENT: the log of \(older.origin) at size \(proof.newer.size) goes on from its size \(older.size)",
                json: [
                    "result": "consistent", "older_size": JSONValue(older.size),
                    "newer_size": JSONValue(proof.newer.size),
                ])
        case .broken(let reason): return answer("BROKEN", "broken", reason, verdict.exit)
        case .otherLog(let reason): return answer("NOT CHECKED", "other_log", reason, verdict.exit)
        }
    }

    private func answer(_ word: String, _ result: String, _ reason: String, _ status: ExitStatus) -> Reply {
        Reply("\(word): \(reason)", json: ["result": .string(result), "reason": .string(reason)], status: status)
    }
}

private func readCheckpoint(_ path: String) throws -> Checkpoint {
    do {
        return try Checkpoint(note: [UInt8](ReadInput.bytes(path)))
    } catch let error as LetheError where error.code.hasPrefix("malformed") {
        throw LetheError("malformed-checkpoint", .unreadable, "\(path) is not a signed checkpoint")
    }
}
