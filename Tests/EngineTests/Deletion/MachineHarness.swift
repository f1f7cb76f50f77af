import Domain
import TestSupport

@testable import Engine

/// The machine with everything around it obedient, and the vendor's answers by a script.
struct MachineHarness {
    var machine: DeletionMachine
    var clock = Timestamp(seconds: 1_800_000_000)
    var random = SeededGenerator(seed: 5)
    var journal: [AuditRecord] = []
    var deletes: [(id: AttachmentID, at: Timestamp)] = []
    var lookUps: [LookUpReason] = []
    var lookUpTimes: [Timestamp] = []

    /// The nth DELETE of an item, from 1.
    var answer: (AttachmentID, Int) -> VendorAnswer = { _, _ in .http(204) }
    var lookUp: (AttachmentID, LookUpReason) -> VendorAnswer = { _, _ in .http(404, code: 2003) }
    var head: (AttachmentID) -> VendorAnswer = { _ in .http(404) }
    var verdict: (AttachmentID) -> Redecision.Result = { _ in
        .delete(rule: "policy:p", seenBefore: true, ephemeralEnds: nil)
    }
    var check: (AttachmentID) -> CheckResult = { _ in .current(FactsVersion(holds: 1, facts: 0)) }
    var commit: ([AuditRecord]) -> MachineEvent = { _ in .committed }

    init(
        items: Int, settings: DeletionMachine.Settings = .init(requestsPerSecond: 1000, usesCanary: false),
        progress: PlanProgress = PlanProgress()
    ) {
        machine = DeletionMachine(run: Self.run, plan: Self.plan(items), settings: settings, progress: progress)
    }

    static let run = RunID(value: 1)
    static func id(_ number: Int) -> AttachmentID { AttachmentID(value: UInt128(number)) }

    static func plan(_ count: Int) -> Plan {
        Plan(
            id: PlanID(value: 1), kind: .retention, created: Timestamp(seconds: 0), partner: "p", policyDigest: "d",
            coverage: "", limits: Limits(),
            items: (0..<count).map { PlanItem(attachment: id($0 + 1), rule: "policy:p", tier: .persistent) })
    }

    mutating func run() {
        var events: [MachineEvent] = [.began]
        for _ in 0..<1_000_000 where !machine.isFinished {
            if events.isEmpty {
                guard let wake = machine.nextWake else { return }
                clock = max(clock, wake)
                events = [.tick]
            }
            clock = clock.adding(microseconds: 1000)
            for command in machine.handle(events.removeFirst(), now: clock, using: &random) {
                if let event = perform(command) { events.append(event) }
            }
        }
    }

    private mutating func perform(_ command: MachineCommand) -> MachineEvent? {
        switch command {
        case .decide(let ids):
            return .decided(
                ids.map { Redecision(attachment: $0, verdict: verdict($0), version: FactsVersion(holds: 1, facts: 0)) })
        case .commit(let entries):
            let event = commit(entries)
            if case .committed = event { journal += entries }
            return event
        case .check(let id): return .checked(id, check(id))
        case .delete(let id):
            deletes.append((id, clock))
            return .answered(id, answer(id, deletes.count { $0.id == id }))
        case .lookUp(let id, let reason):
            lookUps.append(reason)
            lookUpTimes.append(clock)
            let answer = lookUp(id, reason)
            return .lookedUp(id, reason, answer, hasURL: answer.status == 200)
        case .head(let id): return .headed(id, head(id))
        case .finish: return nil
        }
    }

    /// How an item ended, by the journal.
    func outcome(_ number: Int = 1) -> Outcome? {
        var last: Outcome?
        for entry in journal {
            guard entry.attachment == Self.id(number) else { continue }
            switch entry {
            case .deleteOutcome(let answer): last = answer.final
            case .itemClosed(let closing): last = closing.outcome
            default: break
            }
        }
        return last
    }

    var grades: [EvidenceGrade] {
        var grades: [EvidenceGrade] = []
        for case .deleteVerified(let found) in journal { grades.append(found.grade) }
        return grades
    }
}
