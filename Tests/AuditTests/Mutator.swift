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
        origin = "lethe.example.org/" + Hex.encode(bytes().prefix(8))
        rootKey = try RootKey(bytes: bytes())
        signingKey = try Ed25519.SigningKey(seed: bytes())
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
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            for _ in 0..<Int.random(in: 0...5, using: &random) { add(Self.record(&random), &random) }
            let intent = SampleLog.intent(Int.random(in: 0...2, using: &random))
            add(.deleteIntent(intent), &random)
            add(.deleteOutcome(.init(to: intent, .http(204), final: .deleted)), &random)
            add(.epochSeal(records: inEpoch + 1), &random)
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
        case 0: return .config(sha256: digest)
        case 1: return .runStart(run: run, plan: PlanID(value: 5), digest: digest, policy: digest)
        case 2: return .runHalt(run: run, cause: "stop \u{E9} \\ \" \u{1F600}")
        case 3: return .holdPlaced(hold: HoldID(value: 3), scope: .all, until: nil, by: "ops", reason: nil)
        case 4: return .policyLocked(id: "kyc", sha256: digest)
        case 5: return .operatorAct(act: .canarySkip, ref: run.description, by: "ops", reason: "drill")
        case 6: return .archiveStored(run: run, attachment: SampleLog.attachments[0], ok: true)
        case 7:
            return .requestUpdated(request: RequestID(value: 4), state: .approved, due: nil, by: "dpo", reason: nil)
        default: return .vendorSample(checked: Int.random(in: 0...99, using: &random), present: 0)
        }
    }

    var bytes: [UInt8] { lines.flatMap { $0 + [10] } }
}

/// One random attack on a log.
enum Attack: CaseIterable {
    case flipBit, replaceByte, deleteByte, insertByte, deleteLine, duplicateLine, swapLines, cutTail, cutBytes, splice
    case editField, dropMacs, rewriteUnsigned, checkpointByte, appendLine, rewriteWithHostKeys

    /// Found only with the root key or a checkpoint in other hands.
    var needsMore: Bool { self == .rewriteWithHostKeys }

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
