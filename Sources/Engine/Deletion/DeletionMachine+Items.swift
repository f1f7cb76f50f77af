import Domain
import LinqClient

extension DeletionMachine {
    /// Items that the plan itself withholds end first. What is gone is not withheld.
    mutating func closeWithheld() {
        for (id, item) in items.sorted(by: { $0.key < $1.key }) where item.phase != .closed {
            guard let withheld = item.planned.withheld, !item.isOpenElsewhere else { continue }
            if item.isGone {
                close(id, .changedSincePlan, reason: Redecision.alreadyGone)
            } else if item.history.mayHaveDeleted {
                // What a lost answer may have removed is not said to be kept before a GET finds it.
                items[id]?.seenBefore = true
                items[id]?.kept = .init(outcome: withheld.outcome, reason: withheld.ground)
                askHowItEnded(id, attempt: 1)
            } else {
                close(id, withheld.outcome, reason: withheld.ground)
            }
        }
    }

    /// Ends an item without an answer to a DELETE.
    mutating func close(_ id: AttachmentID, _ outcome: Outcome, reason: String) {
        journal.append(.itemClosed(.init(run: run, attachment: id, outcome: outcome, reason: reason)))
        settle(id, outcome)
    }

    mutating func settle(_ id: AttachmentID, _ outcome: Outcome) {
        guard items[id]?.outcome == nil else { return }
        items[id]?.phase = .closed
        items[id]?.outcome = outcome
        items[id]?.hasOpenIntent = false
        counts.add(outcome)
    }

    mutating func handleDecision(_ redecision: Redecision, using random: inout some RandomNumberGenerator) {
        let id = redecision.attachment
        guard halted == nil, var item = items[id], item.phase == .deciding else { return }
        switch redecision.verdict {
        case .keep(let outcome, let reason):
            pipeline -= 1
            // What a lost answer may have removed is not said to be kept before a GET finds it.
            if item.history.mayHaveDeleted, outcome != .changedSincePlan {
                items[id]?.seenBefore = item.seenBefore || redecision.wasSeen
                items[id]?.kept = .init(outcome: outcome, reason: reason)
                return askHowItEnded(id, attempt: 1)
            }
            close(id, outcome, reason: reason)
        case .delete(let rule, let seenBefore, let ephemeralEnds):
            item.version = redecision.version
            item.seenBefore = item.seenBefore || seenBefore
            item.ephemeralEnds = ephemeralEnds
            if item.history.firstIntent == nil { item.history.firstIntent = clock }
            if let ephemeralEnds, ephemeralEnds <= item.history.firstIntent ?? .distantFuture, !item.wasFoundBefore {
                item.history.wasMissedBefore = true
            }
            if item.history.isSpent, !item.hasOpenIntent {
                pipeline -= 1
                items[id] = item
                return askHowItEnded(id, attempt: 1)
            }
            if item.hasOpenIntent {
                item.phase = .ready
                ready.insert(id, at: 0)
            } else {
                let operation = item.history.operation ?? OperationID(value: .random(in: 0 ... .max, using: &random))
                item.history.operation = operation
                item.history.lastAttempt += 1
                item.phase = .queued
                journal.append(
                    .deleteIntent(
                        .init(
                            run: run, operation: operation, attempt: item.history.lastAttempt, attachment: id,
                            rule: rule)))
            }
            items[id] = item
        }
    }

    /// The intents of the commit are durable: their items may be sent.
    mutating func releaseCommitted() {
        let batch = committing ?? []
        committing = nil
        for case .deleteIntent(let intent) in batch {
            let id = intent.attachment
            items[id]?.hasOpenIntent = true
            items[id]?.isIntentSent = false
            guard halted == nil else { continue }
            items[id]?.phase = .ready
            ready.append(id)
        }
    }

    /// The last look before the DELETE: nothing changed → it goes; holds or facts changed → it is decided again.
    mutating func send(_ id: AttachmentID, after check: CheckResult) -> [MachineCommand] {
        switch check {
        case .halt(let cause): halt(cause)
        case .current(let version):
            guard halted == nil, let item = items[id], item.phase == .sending else { break }
            if item.version == version {
                items[id]?.wasSent = true
                items[id]?.isIntentSent = true
                return [.delete(id)]
            }
            breaker.unclaim()
            active -= 1
            items[id]?.phase = .deciding
            pipeline += 1
            return [.decide([id])]
        }
        active -= 1
        return []
    }

    /// Maps the answer to a DELETE: the table of `docs/execution.md`.
    mutating func handleDeleteResponse(
        _ answer: VendorAnswer, of id: AttachmentID, now: Timestamp, using random: inout some RandomNumberGenerator
    ) {
        active -= 1
        guard let item = items[id], item.phase == .sending else { return }
        items[id]?.hasOpenIntent = false
        items[id]?.awaitsReadiness = answer.deletion == .notReady
        hear(answer, of: id)
        // That something else answers for what is set aside is no news.
        if item.history.isSetAside, answer.isForeign, !answer.isOfTheVendor {
            breaker.unclaim()
        } else {
            breaker.answered(answer.deletion, foreign: answer.isForeign ? id : nil, at: now)
        }
        switch answer.deletion {
        case .deleted: finish(id, answer, .deleted)
        case .absent: takeAbsence(id, answer, wasMissed: item.wasMissed, now: now)
        case .invalid: finish(id, answer, .invalidID)
        case .unexpected: finish(id, answer, .failedUnexpected)
        case .refused: refuse(id, answer)
        case .unknown: retryUnknown(id, answer, now: now, using: &random)
        case .throttled, .notReady, .notSent: retryUncounted(id, answer, now: now, using: &random)
        }
        haltWhereSomebodyElseAnswers()
    }

    /// That it is away although it should be there, a GET says too before it is called so. Until then the intent is open: what a halt
    /// leaves of it the next run settles by GET.
    private mutating func takeAbsence(
        _ id: AttachmentID, _ answer: VendorAnswer, wasMissed: Bool, now: Timestamp
    ) {
        let outcome = outcomeOfAbsence(of: id, now: now)
        switch outcome {
        case .deletedAfterRetry: record(answer, of: id, final: nil)
        case .alreadyAbsent where !wasMissed:
            items[id]?.absence = answer
            tally(outcome)
            haltOnSurprise()
        default: return finish(id, answer, outcome)
        }
        askHowItEnded(id, attempt: 1)
    }

    /// What it means that the vendor has no such attachment: the `absent` row of the table.
    func outcomeOfAbsence(of id: AttachmentID, now: Timestamp) -> Outcome {
        guard let item = items[id] else { return .notFoundUnproven }
        return item.history.outcomeOfAbsence(
            seenBefore: item.seenBefore || item.wasFoundBefore, ephemeralEnds: item.ephemeralEnds, now: now)
    }

    mutating func tally(_ outcome: Outcome) {
        tallies.answered += 1
        if outcome.group == .failed { tallies.failed += 1 }
        if outcome == .alreadyAbsent { tallies.absent += 1 }
        if outcome == .notFoundUnproven { tallies.unproven += 1 }
    }

    /// A final answer.
    private mutating func finish(_ id: AttachmentID, _ answer: VendorAnswer, _ outcome: Outcome) {
        record(answer, of: id, final: outcome)
        settle(id, outcome)
        tally(outcome)
        if outcome == .deleted {
            if settings.provesEach { pendingLookups.append(.lookUp(id, .proof(again: false))) }
            if !canary.isLastStep { stepDeleted.append(id) }
        }
        haltOnSurprise()
    }

    /// 401, and the third 403 of a run, halt it and leave the item open; the first two 403 are the item's own affair.
    private mutating func refuse(_ id: AttachmentID, _ answer: VendorAnswer) {
        tallies.forbidden += answer.status == 403 ? 1 : 0
        if answer.status == 403, tallies.forbidden < 3 { return finish(id, answer, .refusedByVendor) }
        record(answer, of: id, final: nil)
        items[id]?.phase = .waiting
        halt(answer.status == 403 ? .forbidden : .unauthorized)
    }

    /// How often a run asks for one item in vain while something else answers.
    private static let foreignAnswersOfARun = 10

    /// One odd item is its own affair; where several meet it, something else answers for the vendor.
    mutating func haltWhereSomebodyElseAnswers() {
        guard breaker.foreignAnswers >= 4, breaker.foreign.count >= min(5, notAdmitted.count) else { return }
        halt(.notTheVendor)
    }

    private mutating func retryUnknown(
        _ id: AttachmentID, _ answer: VendorAnswer, now: Timestamp, using random: inout some RandomNumberGenerator
    ) {
        record(answer, of: id, final: nil)
        items[id]?.history.mayHaveActed += 1
        if answer.isForeign {
            items[id]?.history.answeredByOthers += 1
            items[id]?.foreignAnswers += 1
            // It stays open, and the next run tries it again.
            if items[id]?.foreignAnswers ?? 0 >= Self.foreignAnswersOfARun {
                items[id]?.phase = .waiting
                return
            }
        }
        if isLeftToTheNextRun(id) { return }
        guard let history = items[id]?.history, !history.isSpent,
            case .retry(let wait) = retryPolicy.advice(
                attempt: max(1, history.mayHaveActed - history.answeredByOthers), answer: answer,
                random: .random(in: 0..<1, using: &random), now: now)
        else { return askHowItEnded(id, attempt: 1) }
        retry(id, at: now.adding(microseconds: wait))
    }

    /// Throttled, not ready, not sent: no attempt is used up, but an hour after the first one the item is spent.
    private mutating func retryUncounted(
        _ id: AttachmentID, _ answer: VendorAnswer, now: Timestamp, using random: inout some RandomNumberGenerator
    ) {
        if isLeftToTheNextRun(id) { return record(answer, of: id, final: nil) }
        items[id]?.uncounted += 1
        let giveUpAt = items[id]?.giveUpAt ?? now.adding(microseconds: retryPolicy.patience)
        items[id]?.giveUpAt = giveUpAt
        let advice = retryPolicy.advice(
            attempt: items[id]?.uncounted ?? 1, answer: answer, random: .random(in: 0..<1, using: &random), now: now)
        switch advice {
        case .retry(let wait) where now.adding(microseconds: wait) <= giveUpAt:
            record(answer, of: id, final: nil)
            retry(id, at: now.adding(microseconds: wait))
        case .halt(let until):
            record(answer, of: id, final: nil)
            items[id]?.phase = .waiting
            resumeAfter = until
            halt(.throttled)
        case .retry, .stop:
            guard items[id]?.history.mayHaveActed == 0 else {
                record(answer, of: id, final: nil)
                return askHowItEnded(id, attempt: 1)
            }
            finish(id, answer, .failedExhausted)
        }
    }

    /// A word of the vendor's own ends that an item is set aside.
    mutating func hear(_ answer: VendorAnswer, of id: AttachmentID) {
        if answer.isOfTheVendor { items[id]?.history.isSetAside = false }
    }

    /// One try a run for what is set aside: it stays open.
    mutating func isLeftToTheNextRun(_ id: AttachmentID) -> Bool {
        guard items[id]?.history.isSetAside == true else { return false }
        items[id]?.phase = .waiting
        return true
    }

    private mutating func retry(_ id: AttachmentID, at time: Timestamp) {
        items[id]?.phase = .waiting
        guard halted == nil else { return }
        schedule(.retry(id), at: time)
    }

    mutating func askHowItEnded(_ id: AttachmentID, attempt: Int) {
        items[id]?.phase = .settling
        guard halted == nil else { return }
        pendingLookups.append(.lookUp(id, .settle(attempt: attempt)))
    }

    mutating func record(_ answer: VendorAnswer, of id: AttachmentID, final: Outcome?) {
        guard let history = items[id]?.history, let operation = history.operation else { return }
        journal.append(
            .deleteOutcome(
                .init(operation: operation, attempt: history.lastAttempt, attachment: id, answer, final: final)))
    }
}
