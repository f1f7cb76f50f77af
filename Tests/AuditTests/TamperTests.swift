import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Random logs, random attacks, random bytes: nothing may pass. `LETHE_TAMPER_ROUNDS` says how many attacks (200,000 for
/// `make tamper`), `LETHE_TAMPER_SEED` repeats a run.
struct TamperTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["LETHE_TAMPER_ROUNDS"].flatMap(Int.init) ?? 400
    private static let seed = environment["LETHE_TAMPER_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)

    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var heldFile: URL { folder.file("held.note") }

    private func write(_ bytes: [UInt8], _ checkpoint: [UInt8], to folder: URL) throws {
        try Data(bytes).write(to: folder.appending(path: "log.jsonl"))
        try Data(checkpoint).write(to: folder.appending(path: "checkpoint"))
    }

    private func options(_ log: RandomLog, keyed: Bool, held: [URL]) -> LogVerifier.Options {
        LogVerifier.Options(
            vkey: log.vkey, rootKey: keyed ? log.rootKey : nil, checkpoints: held,
            now: Timestamp(seconds: 1_767_400_000))
    }

    @Test func noRandomAttackPasses() throws {
        var random = SeededGenerator(seed: Self.seed)
        var logs: [RandomLog] = []
        var counts: [String: Int] = [:]
        for round in 0..<Self.rounds {
            if round % 500 == 0 { logs = try (0..<4).map { _ in try RandomLog(using: &random) } }
            let log = logs[round % 4]
            let attack = Attack.allCases[round % Attack.allCases.count]
            let (bytes, checkpoint) = try attack.perform(on: log, other: logs[(round + 1) % 4], using: &random)
            let isUntouched = bytes == log.bytes && checkpoint == log.checkpoint
            let keyed = attack.needsMore || Bool.random(using: &random)
            try write(bytes, checkpoint, to: folder.url)
            let report = try LogVerifier(options(log, keyed: keyed, held: [])).verify(folder.file("log.jsonl"))
            counts[isUntouched ? "control" : "\(attack)", default: 0] += 1
            let isRight =
                isUntouched
                ? report.exit == .done
                : attack == .checkpointByte ? report.exit != .done : report.exit == .failed
            guard isRight else {
                Issue.record("seed \(Self.seed), round \(round), \(attack), keyed \(keyed): \(report.rendered)")
                return
            }
            if attack.needsMore {
                try Data(log.held).write(to: heldFile)
                let held = try LogVerifier(options(log, keyed: false, held: [heldFile])).verify(
                    folder.file("log.jsonl"))
                #expect(held.exit == .failed, "seed \(Self.seed), round \(round)")
            }
            if round % 10 == 0 { try control(log, keyed: keyed) }
        }
        print("tamper: \(Self.rounds) attacks, seed \(Self.seed), none missed:", counts.sorted { $0.key < $1.key })
    }

    /// The untouched log passes with all evidence.
    private func control(_ log: RandomLog, keyed: Bool) throws {
        try write(log.bytes, log.checkpoint, to: folder.url)
        try Data(log.held).write(to: heldFile)
        let report = try LogVerifier(options(log, keyed: keyed, held: [heldFile])).verify(folder.file("log.jsonl"))
        #expect(report.exit == .done, "seed \(Self.seed): \(report.rendered)")
    }

    /// The second verifier, written from the format's text in another language.
    private static let secondVerifier = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "verify.py")

    private struct Answer: Decodable {
        let exit: Int32
        let records: Int64
        let failures: [Failure]

        struct Failure: Decodable, Hashable {
            let seq: Int64?
            let code: String
        }
    }

    @Test func aSecondVerifierAgreesOnEveryLog() throws {
        let rounds = max(64, min(Self.rounds / 20, 2_000))
        var random = SeededGenerator(seed: Self.seed &+ 1)
        var requests = ""
        var reports: [VerificationReport] = []
        for round in 0..<rounds {
            let logs = try [RandomLog(using: &random), RandomLog(using: &random)]
            let attack = Attack.allCases[round % Attack.allCases.count]
            let (bytes, checkpoint) =
                round % 9 == 0
                ? (logs[0].bytes, logs[0].checkpoint) : try attack.perform(on: logs[0], other: logs[1], using: &random)
            let place = folder.file("case-\(round)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try write(bytes, checkpoint, to: place)
            let held = place.appending(path: "held.note")
            try Data(logs[0].held).write(to: held)
            let log = place.appending(path: "log.jsonl")
            reports.append(try LogVerifier(options(logs[0], keyed: true, held: [held])).verify(log))
            var json = AsciiJSON()
            json.begin()
            json.field("log", log.path)
            json.field("vkey", logs[0].vkey.text)
            json.field("root_key", logs[0].rootKey.hex)
            json.field("checkpoints", [held.path])
            json.endLine()
            requests += String(decoding: json.bytes, as: UTF8.self)
        }
        try Data(requests.utf8).write(to: folder.file("requests"))
        let output = try Shell.run("python3 '\(Self.secondVerifier.path)' --batch < requests", in: folder.url)
        #expect(output.status == 0, "\(output.text)")
        let answers = try output.text.split(separator: "\n").map {
            try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
        #expect(answers.count == rounds)
        for (round, (answer, report)) in zip(answers, reports).enumerated() {
            let attack = Attack.allCases[round % Attack.allCases.count]
            #expect(
                answer.exit == report.exit.rawValue, "seed \(Self.seed), case \(round), \(attack): \(report.rendered)")
            // Both name the same first record of each kind of finding.
            #expect(
                firsts(report) == firsts(answer),
                "seed \(Self.seed), case \(round), \(attack): \(report.rendered)\(answer)")
        }
    }

    /// The first seq of each code; the three faults of a line count as one.
    private func firsts(_ report: VerificationReport) -> [String: Int64?] {
        let pairs = report.failures.map { ($0.code.rawValue, $0.seq) }
        return firsts(pairs)
    }

    private func firsts(_ answer: Answer) -> [String: Int64?] { firsts(answer.failures.map { ($0.code, $0.seq) }) }

    private func firsts(_ pairs: [(String, Int64?)]) -> [String: Int64?] {
        var found: [String: Int64?] = [:]
        for (code, seq) in pairs {
            let name = ["json", "format", "schema"].contains(code) ? "line" : code
            // Where a checkpoint is not met, only that it is so is compared.
            let place = ["root", "not-a-prefix", "line"].contains(name) ? nil : seq
            if found[name] == nil { found[name] = .some(place) }
        }
        return found
    }
}
