import Domain

extension DeletionMachine {
    /// Nothing new is decided, committed as an intent or sent from here on. Intents that are not yet on their way to the
    /// log are taken back; those that are end as not sent.
    mutating func halt(_ cause: HaltCause) {
        guard halted == nil, !hasConcluded else { return }
        halted = cause
        // Found once after its 204, and not to be asked again now: not to be forgotten either.
        let asked =
            pendingLookups + timers.compactMap { if case .ask(let question) = $0.work { question } else { nil } }
        for case .lookUp(let id, .proof(again: true)) in asked { noteStillThere(id) }
        journal.removeAll { $0.type == .deleteIntent }
        timers = []
        dueRetries = []
        pendingLookups = []
        ready = []
    }

    /// What was announced and never left cannot have acted: nobody is to ask for it as if it might have.
    mutating func answerUnsent() {
        for id in items.keys.sorted() {
            guard let item = items[id], item.hasOpenIntent, !item.isIntentSent, item.outcome == nil else { continue }
            items[id]?.hasOpenIntent = false
            record(VendorAnswer(.failure(.halted)), of: id, final: nil)
        }
    }

    /// The commit did not come to pass, or nobody knows: nothing more is written, and what it held is settled by the next
    /// run.
    mutating func failCommit() {
        committing = nil
        journal = []
        halt(.auditWriteFailed)
        halted = .auditWriteFailed
    }

    mutating func haltOnSurprise() {
        guard let surprise = tallies.surprise else { return }
        if surprise == .tooManyAbsent, counts[.absent as Outcome.Group] <= settings.acceptedAbsences { return }
        halt(surprise)
    }
}
