import Domain
import TestSupport

@testable import Engine

/// A vendor, an audit log, holds and a clock that exist only in memory, around the real machine. Everything that may go
/// wrong goes wrong by the seed: any answer, an effect without its answer, an answer without its effect, hangs, clock
/// steps, holds placed in between, failed commits, crashes between any two commands.
struct SimulatedWorld {
    struct Faults {
        var unknown = 0.15
        var lostAfterEffect = 0.08
        var throttled = 0.03
        var notReady = 0.02
        var notSent = 0.03
        var odd = 0.01
        var hang = 0.01
        var lookUpFails = 0.1
        var crash = 0.004
        var commitFails = 0.002
        var hold = 0.003
        var clockStep = 0.0005
        var alreadyGone = 0.01

        static let none = Faults(
            unknown: 0, lostAfterEffect: 0, throttled: 0, notReady: 0, notSent: 0, odd: 0, hang: 0, lookUpFails: 0,
            crash: 0, commitFails: 0, hold: 0, clockStep: 0, alreadyGone: 0)
    }

    var random: SeededGenerator
    var faults: Faults
    let run = RunID(value: 1)
    let plan: Plan
    var settings: DeletionMachine.Settings

    /// What the vendor holds.
    var stored: Set<AttachmentID>
    /// What it answered with a 204.
    var confirmed: Set<AttachmentID> = []
    var deletesSent = 0
    /// The durable log.
    var log: [AuditRecord] = []
    var progress = PlanProgress()
    var held: Set<AttachmentID> = []
    var holdsVersion: Int64 = 1
    var clock = Timestamp(seconds: 1_800_000_000)
    var events: [(at: Timestamp, event: MachineEvent)] = []
    /// On its way to the disk.
    var pendingCommit: [AuditRecord] = []
    var violations: [String] = []
    var crashes = 0

    init(seed: UInt64, items count: Int, faults: Faults, settings: DeletionMachine.Settings) {
        random = SeededGenerator(seed: seed)
        self.faults = faults
        self.settings = settings
        var items: [PlanItem] = []
        for index in 0..<count {
            let id = AttachmentID(value: UInt128(index + 1))
            let withheld =
                index % 37 == 36 ? Withholding(outcome: .withheldShared, ground: "shared with 2", ends: nil) : nil
            items.append(
                PlanItem(attachment: id, rule: "policy:p", tier: .persistent, size: 10, withheld: withheld))
        }
        plan = Plan(
            id: PlanID(value: 1), kind: .retention, created: clock, partner: "p", policyDigest: "d", coverage: "",
            limits: Limits(), items: items)
        stored = Set(items.map(\.attachment))
        for id in stored.sorted() where Double.random(in: 0..<1, using: &random) < faults.alreadyGone {
            stored.remove(id)
        }
    }

    mutating func chance(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }

    mutating func post(_ event: MachineEvent, after microseconds: Int64) {
        events.append((clock.adding(microseconds: microseconds), event))
    }

    mutating func latency() -> Int64 { Int64.random(in: 500...80_000, using: &random) }
}

// MARK: one process after the other

extension SimulatedWorld {
    enum End: Equatable {
        case finished
        case halted(HaltCause)
        case crashed, stuck
    }

    /// Runs the plan as `lethe run --apply` under cron would, again and again, until it is done.
    mutating func runUntilDone(atMost processes: Int = 200) -> Bool {
        for _ in 0..<processes where violations.isEmpty {
            switch runProcess() {
            case .finished: return true
            case .stuck: return false
            case .crashed: crashes += 1
            case .halted(let cause):
                if cause == .clockStep { faults.clockStep = 0 }
            }
        }
        return false
    }

    /// One process: settle what an earlier one left open, then the machine until it finishes, halts or the process dies.
    mutating func runProcess() -> End {
        events = []
        settleOpenIntents()
        var machine = DeletionMachine(run: run, plan: plan, settings: settings, progress: progress)
        post(.began, after: 0)
        for _ in 0..<50_000 {
            guard let event = nextEvent(for: machine) else { return .stuck }
            let commands = machine.handle(event, now: reading(), using: &random)
            for command in commands {
                if chance(faults.crash) { return crash() }
                perform(command)
                if command == .finish { return end(of: machine) }
            }
        }
        return .stuck
    }

    private mutating func end(of machine: DeletionMachine) -> End {
        if machine.countsWithOpen.total != plan.items.count { violations.append("totals do not add up") }
        return machine.halted.map { .halted($0) } ?? .finished
    }

    private mutating func nextEvent(for machine: DeletionMachine) -> MachineEvent? {
        let next = events.indices.min { events[$0].at < events[$1].at }
        if let wake = machine.nextWake, next.map({ wake <= events[$0].at }) ?? true {
            clock = max(clock, wake)
            return .tick
        }
        guard let next else { return nil }
        let (at, event) = events.remove(at: next)
        clock = max(clock, at)
        if chance(faults.hold) { placeHold() }
        if case .checked(let id, _) = event {
            return .checked(id, .current(FactsVersion(holds: holdsVersion, facts: 0)))
        }
        if case .committed = event { makeDurable() }
        return event
    }

    /// What the clock shows: the truth, but for steps back.
    private mutating func reading() -> Timestamp {
        if chance(faults.clockStep) { return clock.adding(seconds: -60) }
        return clock.adding(microseconds: -Int64.random(in: 0...2, using: &random))
    }

    private mutating func placeHold() {
        guard let item = plan.items.randomElement(using: &random) else { return }
        held.insert(item.attachment)
        holdsVersion += 1
    }

    /// What was on its way may have arrived, or not; memory is gone.
    private mutating func crash() -> End {
        for (_, event) in events {
            if case .committed = event, !pendingCommit.isEmpty, chance(0.5) { makeDurable() }
        }
        pendingCommit = []
        return .crashed
    }

    private mutating func settleOpenIntents() {
        for (id, _) in progress.open.sorted(by: { $0.key < $1.key }) {
            if chance(faults.lookUpFails) { continue }
            if stored.contains(id) {
                answerOpen(id)
            } else {
                let outcome = (progress.history[id] ?? ItemHistory())
                    .outcomeOfAbsence(seenBefore: true, ephemeralEnds: nil, now: clock)
                append(.itemClosed(.init(run: run, attachment: id, outcome: outcome, reason: "settled_after_crash")))
            }
        }
    }

    /// An intent that never got an answer, of something that is still there.
    private mutating func answerOpen(_ id: AttachmentID) {
        guard let history = progress.history[id], let operation = history.operation else { return }
        append(
            .deleteOutcome(
                .init(
                    operation: operation, attempt: history.lastAttempt, attachment: id,
                    VendorAnswer(.failure(.timeout)), final: nil)))
    }
}
