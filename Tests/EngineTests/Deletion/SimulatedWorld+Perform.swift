import Domain
import TestSupport

@testable import Engine

extension SimulatedWorld {
    /// Carries out one command, and checks what must be true at that moment.
    mutating func perform(_ command: MachineCommand) {
        switch command {
        case .decide(let ids):
            post(.decided(ids.map { decide($0) }), after: latency() / 10)
        case .commit(let entries): commit(entries)
        case .check(let id): post(.checked(id, .halt(.holdsUnreadable)), after: latency() / 20)
        case .delete(let id): delete(id)
        case .lookUp(let id, let reason):
            let answer =
                chance(faults.lookUpFails)
                ? VendorAnswer.http(503)
                : stored.contains(id) ? .http(200) : .http(404, code: 2003)
            post(.lookedUp(id, reason, answer, hasURL: stored.contains(id)), after: latency())
        case .head(let id): post(.headed(id, .http(stored.contains(id) ? 200 : 404)), after: latency())
        case .finish: break
        }
    }

    private func decide(_ id: AttachmentID) -> Redecision {
        Redecision(
            attachment: id,
            verdict: held.contains(id)
                ? .keep(.withheldHold, reason: "hold")
                : .delete(rule: "policy:p", seenBefore: true, ephemeralEnds: nil),
            version: FactsVersion(holds: holdsVersion, facts: 0))
    }

    private mutating func commit(_ entries: [AuditRecord]) {
        if entries.count(where: { $0.type == .deleteIntent }) > 100 {
            violations.append("more than 100 intents in a commit")
        }
        if !pendingCommit.isEmpty { violations.append("two commits at once") }
        pendingCommit = entries
        if chance(faults.commitFails) {
            pendingCommit = []
            post(.commitFailed, after: latency())
        } else {
            post(.committed, after: latency() / 10)
        }
    }

    /// The moment at which the commit's fsync returned: called right before `committed` is handed over.
    mutating func makeDurable() {
        for entry in pendingCommit { append(entry) }
        pendingCommit = []
    }

    mutating func append(_ entry: AuditRecord) {
        log.append(entry)
        switch entry {
        case .deleteIntent(let intent):
            let id = intent.attachment
            if progress.closed[id] != nil { violations.append("an intent for a closed item") }
            progress.intent(id, operation: intent.operation, attempt: intent.attempt)
        case .deleteOutcome(let answer):
            let id = answer.attachment
            if progress.open[id] == nil { violations.append("an outcome without an intent") }
            note(id, answer.final)
            progress.outcome(id, answer: answer.answer, final: answer.final)
            if answer.final == .deleted, !confirmed.contains(id) { violations.append("deleted without a 204") }
        case .itemClosed(let closing):
            note(closing.attachment, closing.outcome)
            progress.close(closing.attachment, closing.outcome)
        default: break
        }
    }

    private mutating func note(_ id: AttachmentID, _ final: Outcome?) {
        guard let final else { return }
        if progress.closed[id] != nil { violations.append("an item ended twice") }
        if final.group == .deleted, stored.contains(id) { violations.append("\(final) claimed for what is there") }
        let history = progress.history[id] ?? ItemHistory()
        if final == .deletedAfterRetry, history.mayHaveActed == 0 {
            violations.append("deleted_after_retry although no earlier attempt can have acted")
        }
        if final == .alreadyAbsent, stored.contains(id) { violations.append("absent claimed for what is there") }
    }

    private mutating func delete(_ id: AttachmentID) {
        deletesSent += 1
        if progress.open[id] == nil { violations.append("a DELETE without a durable intent") }
        if progress.closed[id] != nil { violations.append("a DELETE of a closed item") }
        if held.contains(id) { violations.append("a DELETE of a held item") }
        let answer: VendorAnswer
        var wait = latency()
        if chance(faults.notSent) {
            answer = VendorAnswer(.failure(.connectionRefused))
        } else if chance(faults.throttled) {
            answer = VendorAnswer(.http(status: 429, code: 1007), retryAfter: chance(0.5) ? .seconds(2) : nil)
        } else if chance(faults.notReady) {
            answer = .http(404, code: 2007)
        } else if chance(faults.odd) {
            answer = .http([400, 403, 302, 200, 409].randomElement(using: &random) ?? 400)
        } else if chance(faults.unknown) {
            answer =
                [.http(500), .http(502), .init(.failure(.reset)), .init(.failure(.cut))].randomElement(
                    using: &random) ?? .http(500)
        } else {
            let wasThere = stored.remove(id) != nil
            if chance(faults.lostAfterEffect) {
                answer = VendorAnswer(.failure(.timeout))
            } else {
                if wasThere { confirmed.insert(id) }
                answer = .http(wasThere ? 204 : 404, code: wasThere ? nil : 2003)
            }
        }
        if chance(faults.hang) { wait = 60_000_000 }
        post(.answered(id, answer), after: wait)
    }
}
