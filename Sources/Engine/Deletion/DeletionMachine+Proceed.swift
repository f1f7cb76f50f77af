package import Domain
import LinqClient

extension DeletionMachine {
    /// Maximum number of intents per commit.
    static let intentsPerCommit = 100
    /// How long nothing may get through before the run leaves the rest to the next: an hour.
    static let patienceWithOutage: Int64 = 3_600_000_000

    /// Everything that can go on goes on; called after each event.
    mutating func proceed(now: Timestamp, using random: inout some RandomNumberGenerator) -> [MachineCommand] {
        var commands: [MachineCommand] = []
        if let since = breaker.openSince, since.adding(microseconds: Self.patienceWithOutage) <= now {
            halt(.vendorUnreachable)
        }
        if halted == nil {
            takeDueWork(now: now)
            advanceCanary(using: &random)
            commands += admit()
            commands += launch(now: now)
        }
        conclude()
        commands += flushJournal()
        if isFinished { commands.append(.finish) }
        nextWake = wakeTime(now: now)
        return commands
    }

    mutating func schedule(_ work: Work, at time: Timestamp) {
        let index = timers.firstIndex { $0.at <= time } ?? timers.endIndex
        timers.insert((time, work), at: index)
    }

    private mutating func takeDueWork(now: Timestamp) {
        while let next = timers.last, next.at <= now {
            timers.removeLast()
            switch next.work {
            case .retry(let id): dueRetries.append(id)
            case .ask(let question): pendingLookups.append(question)
            }
        }
    }

    /// Hands items to the decision, retries first, a few batches ahead of what is being sent.
    private mutating func admit() -> [MachineCommand] {
        let ahead = min(Self.intentsPerCommit, 4 * settings.maxInFlight)
        var batch: [AttachmentID] = []
        while pipeline < ahead {
            let id: AttachmentID
            if !dueRetries.isEmpty {
                id = dueRetries.removeFirst()
            } else if admitted < min(canary.bound, notAdmitted.count) {
                id = notAdmitted[admitted]
                admitted += 1
            } else {
                break
            }
            items[id]?.phase = .deciding
            pipeline += 1
            batch.append(id)
        }
        return batch.isEmpty ? [] : [.decide(batch)]
    }

    /// Fills the free places in flight.
    private mutating func launch(now: Timestamp) -> [MachineCommand] {
        var commands: [MachineCommand] = []
        while active < settings.maxInFlight, let request = nextRequest(now: now) {
            commands.append(request)
            active += 1
        }
        return commands
    }

    /// The breaker's probe, else a GET that ends what was begun, else the next DELETE.
    private mutating func nextRequest(now: Timestamp) -> MachineCommand? {
        if case .open(let until) = breaker.state {
            guard until <= now, !notAdmitted.isEmpty, pace.takeIfThere(at: now) else { return nil }
            breaker.probe()
            probes += 1
            // What is set aside says nothing of the vendor.
            let telling = notAdmitted.filter { items[$0]?.history.isSetAside == false }
            let asked = telling.isEmpty ? notAdmitted : telling
            return .lookUp(asked[(probes - 1) % asked.count], .probe)
        }
        guard breaker.letsDeletesGo, !pendingLookups.isEmpty || !ready.isEmpty, pace.takeIfThere(at: now) else {
            return nil
        }
        if !pendingLookups.isEmpty { return pendingLookups.removeFirst() }
        let id = ready.removeFirst()
        pipeline -= 1
        items[id]?.phase = .sending
        return firstRequest(for: id)
    }

    private mutating func firstRequest(for id: AttachmentID) -> MachineCommand {
        if settings.provesEach, items[id]?.wasLookedUp == false { return .lookUp(id, .before) }
        breaker.claim()
        return .check(id)
    }

    /// The next step begins when all of this one are closed and the sample of them was found to be gone.
    private mutating func advanceCanary(using random: inout some RandomNumberGenerator) {
        while !canary.isLastStep, admitted >= canary.bound, isQuiet || waitsForReadinessAlone {
            if stepDeleted.isEmpty, !isQuiet {
                // All of it waits for readiness: that proves nothing, so the step goes on with another item.
                canary.widen()
                return
            }
            let sample = settings.provesEach ? [] : stepDeleted.shuffled(using: &random).prefix(Canary.sampleSize)
            stepDeleted = []
            guard sample.isEmpty else {
                pendingLookups += sample.map { .lookUp($0, .proof(again: false)) }
                return
            }
            canary.advance()
        }
    }

    /// Nothing is being decided, written as an intent, sent, awaited or planned for later.
    private var isQuiet: Bool {
        pipeline == 0 && active == 0 && timers.isEmpty && dueRetries.isEmpty && pendingLookups.isEmpty
    }

    /// Nothing goes on but items that the vendor is not ready to delete: a step does not wait for them, they may take an hour.
    private var waitsForReadinessAlone: Bool {
        guard pipeline == 0, active == 0, dueRetries.isEmpty, pendingLookups.isEmpty else { return false }
        return timers.allSatisfy { timer in
            if case .retry(let id) = timer.work { items[id]?.awaitsReadiness == true } else { false }
        }
    }

    /// Writes the last record once nothing is under way, and finishes when it is durable.
    private mutating func conclude() {
        guard active == 0, committing == nil else { return }
        if halted == .auditWriteFailed {
            isFinished = true
        } else if hasConcluded {
            isFinished = journal.isEmpty
        } else if let halted {
            answerUnsent()
            journal.append(.runHalt(.init(run: run, cause: halted.rawValue)))
            hasConcluded = true
        } else if isQuiet, admitted == notAdmitted.count {
            journal.append(.runEnd(.init(run: run, RunCounts(countsWithOpen))))
            hasConcluded = true
        }
    }

    /// The outcomes so far, with every open item as `not_attempted`: they add up to the plan.
    package var countsWithOpen: OutcomeCounts {
        var all = counts
        all.add(.notAttempted, count: items.count - counts.total)
        return all
    }

    /// One commit at a time, of everything that is queued but for intents past the hundredth.
    private mutating func flushJournal() -> [MachineCommand] {
        guard committing == nil, !journal.isEmpty, halted != .auditWriteFailed else { return [] }
        var intents = 0
        let end = journal.firstIndex { entry in
            if entry.type == .deleteIntent { intents += 1 }
            return intents > Self.intentsPerCommit
        }
        let batch = Array(journal[..<(end ?? journal.endIndex)])
        journal.removeFirst(batch.count)
        committing = batch
        return [.commit(batch)]
    }

    private func wakeTime(now: Timestamp) -> Timestamp? {
        guard halted == nil, !isFinished else { return nil }
        var wake = timers.last?.at
        if active < settings.maxInFlight {
            if case .open(let until) = breaker.state {
                wake = min(wake ?? .distantFuture, max(until, now.adding(microseconds: pace.wait(at: now))))
            } else if breaker.letsDeletesGo, !ready.isEmpty || !pendingLookups.isEmpty {
                wake = min(wake ?? .distantFuture, now.adding(microseconds: pace.wait(at: now)))
            }
        }
        return wake
    }
}

extension Timestamp {
    static let distantFuture = Timestamp(microseconds: .max)
}
