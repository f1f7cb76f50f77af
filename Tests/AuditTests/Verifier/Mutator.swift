import Domain
import Foundation
import TestSupport

@testable import Audit
@testable import Cryptography

/// A random log in memory, as its bytes and the bytes of its newest checkpoint, with the keys it was made with.
struct RandomLog {
    let origin: String
    let rootKey: RootKey
    let signingKey: Ed25519.SigningKey
    let vkey: VerifierKey
    var lines: [[UInt8]]
    var checkpoint: [UInt8]
    /// Of a size before the last, in other hands.
    let held: [UInt8]

    init(using random: inout SeededGenerator) throws {
        func bytes() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) } }
        origin = "Kelvin.example.org/" + Hex.encode(bytes().prefix(8))
        rootKey = try RootKey(SecretBytes(copying: bytes()))
        signingKey = try Ed25519.SigningKey(seed: SecretBytes(copying: bytes()))
        vkey = try VerifierKey(name: origin, publicKey: signingKey.publicKey)
        let opening = AuditRecord.Opening(
            origin: origin, vkey: vkey.text, kid: try rootKey.kid(), previous: nil, tool: "lethe test")
        var records: [(record: AuditRecord, time: Timestamp, epoch: Int64)] = []
        var time = Timestamp(seconds: 1_767_323_045)
        var epoch: Int64 = 0
        var inEpoch = 0
        func add(_ record: AuditRecord, _ random: inout SeededGenerator) {
            records.append((record, time, epoch))
            time = time.adding(microseconds: Int64.random(in: 1...9_000_000, using: &random))
            inEpoch += 1
        }
        add(.logOpen(opening), &random)
        let digest = TestLog.digest(7)
        let (plan, run) = (SampleLog.plan, SampleLog.run)
        for record: AuditRecord in [
            .planCreated(.init(plan: plan, kind: .retention, digest: digest, items: 3, policy: digest)),
            .planApproved(.init(plan: plan, digest: digest, by: "ops", how: .cli)),
            .runStart(.init(run: run, plan: plan, digest: digest, policy: digest)),
            .requestOpened(
                .init(
                    ErasureRequest(
                        id: RequestID(value: 4), state: .received, received: time, due: time, jurisdiction: .gdpr,
                        scope: .conversation, subjects: [], openedBy: "dpo", coverage: .complete))),
        ] { add(record, &random) }
        for item in 0..<Int.random(in: 1...3, using: &random) {
            for _ in 0..<Int.random(in: 0...5, using: &random) { add(Self.record(&random), &random) }
            let intent = SampleLog.intent(item)
            add(.deleteIntent(intent), &random)
            add(.deleteOutcome(.init(to: intent, .http(204), final: .deleted)), &random)
            add(.epochSeal(.init(records: inEpoch + 1)), &random)
            epoch += 1
            inEpoch = 0
        }
        lines = try Forger(origin: origin, rootKey: rootKey).lines(records, from: 0, after: Digest32())
        checkpoint = try Forger.checkpoint(lines, origin: origin, key: signingKey).note
        let size = Int.random(in: 1..<lines.count, using: &random)
        held = try Forger.checkpoint(Array(lines.prefix(size)), origin: origin, key: signingKey).note
    }

    private static func record(_ random: inout SeededGenerator) -> AuditRecord {
        let run = RunID(value: UInt128(UInt64.random(in: 0...UInt64.max, using: &random)))
        let digest = TestLog.digest(UInt8.random(in: 0...255, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
        case 0: return .config(.init(sha256: digest))
        case 1: return .runStart(.init(run: run, plan: SampleLog.plan, digest: TestLog.digest(7), policy: digest))
        case 2: return .runHalt(.init(run: SampleLog.run, cause: "stop \u{E9} \\ \" \u{1F600}"))
        case 3: return .holdPlaced(.init(hold: HoldID(value: 3), scope: .all, until: nil, by: "ops", reason: nil))
        case 4: return .policyLocked(.init(id: "kyc", sha256: digest))
        case 5:
            return .operatorAct(.init(act: .canarySkip, ref: SampleLog.plan.description, by: "ops", reason: "drill"))
        case 6: return .archiveStored(.init(run: SampleLog.run, attachment: SampleLog.attachments[0], ok: true))
        case 7:
            return .requestUpdated(
                .init(request: RequestID(value: 4), state: .planned, due: nil, by: "dpo", reason: nil))
        default: return .vendorSample(.init(checked: Int.random(in: 0...99, using: &random), present: 0))
        }
    }

    var bytes: [UInt8] { lines.flatMap { $0 + [10] } }
}

/// One random attack on a log.
enum Attack: CaseIterable {
    case flipBit, replaceByte, deleteByte, insertByte, deleteLine, duplicateLine, swapLines, cutTail, cutBytes, splice
    case editField, dropMacs, rewriteUnsigned, checkpointByte, appendLine, rewriteWithHostKeys
    // Signed anew with the log's own signing key.
    case replaceKid, yearZero, lookalikeOrigin, clockBack, skipEpoch, miscountSeal
    // Of the checkpoint's text only.
    case lookalikeCheckpoint, witnessSignature, combiningSignature

    /// Found only with the root key or a checkpoint in other hands.
    var needsMore: Bool { self == .rewriteWithHostKeys || self == .replaceKid }

    /// What must come of a log that this was done to.
    var expected: Set<Domain.ExitStatus> {
        switch self {
        // A name that is not the log's is no signature of it: exit 3.
        case .checkpointByte, .lookalikeCheckpoint: [.failed, .notVerified]
        // Lines of other names are nobody's business.
        case .witnessSignature, .combiningSignature: [.done]
        default: [.failed]
        }
    }

    func perform(
        on log: RandomLog, other: RandomLog, using random: inout SeededGenerator
    ) throws -> (bytes: [UInt8], checkpoint: [UInt8]) {
        var bytes = log.bytes
        var lines = log.lines
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let line = Int.random(in: 0..<lines.count, using: &random)
        let byte = UInt8.random(in: 0...255, using: &random)
        switch self {
        case .flipBit: bytes[at] ^= 1 << (byte & 7)
        case .replaceByte: bytes[at] = byte
        case .deleteByte: bytes.remove(at: at)
        case .insertByte: bytes.insert(byte, at: at)
        case .cutBytes: bytes.removeLast(bytes.count - at)
        case .checkpointByte:
            var checkpoint = log.checkpoint
            checkpoint[at % checkpoint.count] ^= 1 << (byte & 7)
            return (bytes, checkpoint)
        case .deleteLine: lines.remove(at: line)
        case .duplicateLine: lines.insert(lines[line], at: Int.random(in: 0...lines.count, using: &random))
        case .swapLines: lines.swapAt(line, Int.random(in: 0..<lines.count, using: &random))
        case .cutTail: lines.removeLast(lines.count - line)
        case .splice: lines[line] = other.lines[line % other.lines.count]
        case .editField: Self.editDigit(&lines[line], using: &random)
        case .dropMacs: lines = lines.map { $0.dropLast(74) + [UInt8(ascii: "}")] }
        case .appendLine: lines.append(lines[line])
        case .rewriteUnsigned, .rewriteWithHostKeys:
            lines = try rewritten(log)
            let checkpoint =
                self == .rewriteUnsigned
                ? log.checkpoint : try Forger.checkpoint(lines, origin: log.origin, key: log.signingKey).note
            return (lines.flatMap { $0 + [10] }, checkpoint)
        case .lookalikeCheckpoint, .witnessSignature, .combiningSignature:
            return (bytes, respelt(log.checkpoint, using: &random))
        case .replaceKid, .yearZero, .lookalikeOrigin, .clockBack, .skipEpoch, .miscountSeal:
            lines = try changed(log, at: line, using: &random)
            return (
                lines.flatMap { $0 + [10] },
                try Forger.checkpoint(lines, origin: log.origin, key: log.signingKey).note
            )
        }
        switch self {
        case .flipBit, .replaceByte, .deleteByte, .insertByte, .cutBytes: return (bytes, log.checkpoint)
        default: return (lines.flatMap { $0 + [10] }, log.checkpoint)
        }
    }

    /// Another byte in place of one between the type and the mac.
    private static func editDigit(_ line: inout [UInt8], using random: inout SeededGenerator) {
        let index = Int.random(in: 150..<line.count - 75, using: &random)
        line[index] = line[index] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
    }

    /// The whole log again with the key that a thief of the host finds: the one after the last seal.
    private func rewritten(_ log: RandomLog) throws -> [[UInt8]] {
        let last = try LogEntry(line: log.lines[log.lines.count - 1]).epoch
        return try Forger(origin: log.origin, rootKey: log.rootKey).rewrite(log.lines, keyEpoch: last + 1) { entries in
            for index in entries.indices {
                if case .deleteOutcome(let answer) = entries[index].record {
                    entries[index].record = .deleteOutcome(
                        .init(
                            operation: answer.operation, attempt: answer.attempt, attachment: answer.attachment,
                            answer: .absent, http: 404, final: .alreadyAbsent))
                }
            }
        }
    }
}

extension Attack {
    /// The lines as somebody leaves them who has all keys and makes one thing wrong; each must be found by the text alone.
    private func changed(
        _ log: RandomLog, at line: Int, using random: inout SeededGenerator
    ) throws -> [[UInt8]] {
        var lines = log.lines
        let seals = try lines.indices.filter { try LogEntry(line: lines[$0]).record.type == .epochSeal }
        let seal = seals[Int.random(in: 0..<seals.count, using: &random)]
        let back = Int64.random(in: 1...9_000_000, using: &random)
        let isBoth = Bool.random(using: &random)
        switch self {
        case .yearZero: replace("\"t\":\"2026", "\"t\":\"0000", in: &lines[line])
        case .lookalikeOrigin:
            // KELVIN SIGN, which is K to whoever compares characters.
            replace("\"origin\":\"K", "\"origin\":\"\\u212a", in: &lines[0])
            if isBoth { replace("\"vkey\":\"K", "\"vkey\":\"\\u212a", in: &lines[0]) }
        default:
            let forger = Forger(origin: log.origin, rootKey: log.rootKey)
            return try forger.rewrite(lines) { entries in
                switch (self, entries[0].record) {
                case (.replaceKid, .logOpen(let opening)):
                    entries[0].record = .logOpen(
                        .init(
                            origin: opening.origin, vkey: opening.vkey, kid: String(opening.kid.reversed()),
                            previous: nil, tool: opening.tool))
                case (.clockBack, _):
                    let at = max(1, line)
                    entries[at].time = entries[at - 1].time.adding(microseconds: -back)
                case (.skipEpoch, _):
                    let from = seal + 1 < entries.count ? seal + 1 : 0
                    for index in from..<entries.count { entries[index].epoch += 1 }
                default:
                    guard case .epochSeal(let epoch) = entries[seal].record else { return }
                    entries[seal].record = .epochSeal(.init(records: isBoth ? epoch.records + 1 : epoch.records - 1))
                }
            }
        }
        return lines
    }

    /// The checkpoint with names in it that look like others, or lines of other signers.
    private func respelt(_ note: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        let text = String(decoding: note, as: UTF8.self)
        let signature = Data((0..<68).map { _ in UInt8.random(in: 0...255, using: &random) }).base64EncodedString()
        let names = [
            "witness.example.org/w", "t\u{E9}moin", "te\u{301}moin", "\u{212A}elvin.example.org/0123456789abcdef",
        ]
        let witness = "\u{2014} \(names[Int.random(in: 0..<names.count, using: &random)]) \(signature)\n"
        let isFirst = Bool.random(using: &random)
        switch self {
        case .lookalikeCheckpoint:
            let everywhere = text.replacing("Kelvin", with: "\u{212A}elvin")
            let inSignature = text.replacing("\u{2014} Kelvin", with: "\u{2014} \u{212A}elvin")
            return Array((isFirst ? everywhere : inSignature).utf8)
        case .witnessSignature:
            let own = Array(text.utf8)
            let start = (own.firstRange(of: Array("\n\n".utf8))?.upperBound) ?? own.endIndex
            return isFirst ? own[..<start] + Array(witness.utf8) + own[start...] : own + Array(witness.utf8)
        default: return note + Array("\u{2014} \u{301}x \(signature)\n".utf8)
        }
    }
}
