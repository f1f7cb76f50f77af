import Domain

extension DeletionMachine {
    /// Nothing new is decided, committed as an intent or sent from here on. Intents that are not yet on their way to the
    /// log are taken back; those that are stay open without having been sent, and the next run settles them.
    mutating func halt(_ cause: HaltCause) {
        guard halted == nil, !hasConcluded else { return }
        halted = cause
        // Found once after its 204, and not to be asked again now: not to be forgotten either.
        let asked =
            pendingLookups + timers.compactMap { if case .ask(let question) = $0.work { question } else { nil } }
        for case .lookUp(let id, .proof(again: true)) in asked { noteStillThere(id) }
        journal.removeAll { $0.isIntent }
        timers = []
        dueRetries = []
        pendingLookups = []
        ready = []
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
        if let surprise = tallies.surprise { halt(surprise) }
    }
}
