import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Random logs, random attacks, random bytes: nothing may pass, and a second verifier in another language says the same of
/// every one. `LETHE_TAMPER_ROUNDS` says how many attacks (200,000 for `make tamper`), `LETHE_TAMPER_SEED` repeats a run.
struct TamperTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["LETHE_TAMPER_ROUNDS"].flatMap(Int.init) ?? 400
    private static let seed = environment["LETHE_TAMPER_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    /// Attacks on the same four logs, judged by the second verifier in one go.
    private static let batch = 500

    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// One log as it is handed to a verifier, and what must come out.
    private struct Case {
        let name: String
        let log: RandomLog
        let bytes: [UInt8]
        let checkpoint: [UInt8]
        let keyed: Bool
        let held: Bool
        let expected: Set<Domain.ExitStatus>
    }

    @Test func noRandomAttackPassesEitherVerifier() throws {
        var random = SeededGenerator(seed: Self.seed)
        var counts: [String: Int] = [:]
        var (begun, judged) = (ContinuousClock.now, 0)
        for first in stride(from: 0, to: Self.rounds, by: Self.batch) {
            let logs = try (0..<4).map { _ in try RandomLog(using: &random) }
            let rounds = first..<min(first + Self.batch, Self.rounds)
            let cases = try rounds.flatMap { try Self.cases($0, logs, using: &random) }
            let reports = try cases.enumerated().map { try verify($1, at: $0) }
            for (it, report) in zip(cases, reports) {
                counts[it.name, default: 0] += 1
                guard it.expected.contains(report.exit) else {
                    Issue.record("seed \(Self.seed), batch \(first), \(it.name), keyed \(it.keyed): \(report.rendered)")
                    return
                }
            }
            guard try compare(cases, reports, first) else { return }
            judged += cases.count
            if begun.duration(to: .now) > .seconds(60) {
                print("tamper: \(rounds.upperBound) attacks so far")
                begun = .now
            }
        }
        print("tamper: seed \(Self.seed), \(judged) logs, none missed:", counts.sorted { $0.key < $1.key })
    }

    /// The attack of this round, with what finds it, and now and then the untouched log with all evidence.
    private static func cases(
        _ round: Int, _ logs: [RandomLog], using random: inout SeededGenerator
    ) throws -> [Case] {
        let log = logs[round % 4]
        let attack = Attack.allCases[round % Attack.allCases.count]
        let (bytes, checkpoint) = try attack.perform(on: log, other: logs[(round + 1) % 4], using: &random)
        let isUntouched = bytes == log.bytes && checkpoint == log.checkpoint
        let expected: Set<Domain.ExitStatus> =
            isUntouched ? [.done] : attack.expected
        let name = isUntouched ? "control" : "\(attack)"
        func made(keyed: Bool, held: Bool) -> Case {
            Case(
                name: name, log: log, bytes: bytes, checkpoint: checkpoint, keyed: keyed, held: held,
                expected: expected)
        }
        var cases = [made(keyed: attack.needsMore || Bool.random(using: &random), held: false)]
        if attack.needsMore { cases.append(made(keyed: false, held: true)) }
        if round % 10 == 0 {
            cases.append(
                Case(
                    name: "control", log: log, bytes: log.bytes, checkpoint: log.checkpoint, keyed: true, held: true,
                    expected: [.done]))
        }
        return cases
    }

    private func place(_ index: Int) -> URL { folder.file("case-\(index)") }

    private func verify(_ it: Case, at index: Int) throws -> VerificationReport {
        let place = place(index)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for (name, bytes) in [("log.jsonl", it.bytes), ("checkpoint", it.checkpoint), ("held.note", it.log.held)] {
            try Data(bytes).write(to: place.appending(path: name))
        }
        let options = LogVerifier.Options(
            vkeys: [it.log.vkey], rootKeys: it.keyed ? [it.log.rootKey] : [],
            checkpoints: it.held ? [place.appending(path: "held.note")] : [], now: Timestamp(seconds: 1_767_400_000))
        return try LogVerifier(options).verify(place.appending(path: "log.jsonl"))
    }

    /// Whether the second verifier gives the same status and the same first record of each kind of finding.
    private func compare(_ cases: [Case], _ reports: [VerificationReport], _ batch: Int) throws -> Bool {
        let requests = cases.enumerated().map { index, it in
            SecondVerifier.Request(
                log: place(index).appending(path: "log.jsonl"), vkey: it.log.vkey,
                rootKey: it.keyed ? it.log.rootKey : nil,
                checkpoints: it.held ? [place(index).appending(path: "held.note")] : [])
        }
        let answers = try SecondVerifier.judge(requests, in: folder.url)
        #expect(answers.count == cases.count)
        for (index, (answer, report)) in zip(answers, reports).enumerated() {
            guard answer.agrees(with: report) else {
                Issue.record(
                    "seed \(Self.seed), batch \(batch), case \(index), \(cases[index].name): \(report.rendered)\(answer)"
                )
                return false
            }
        }
        return answers.count == cases.count
    }
}
