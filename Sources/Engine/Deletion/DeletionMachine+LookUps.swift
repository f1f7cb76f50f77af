package import Domain
import LinqClient

/// The GETs around a DELETE: before it and after it as evidence, after spent attempts to learn how they ended, and as the
/// breaker's probe.
extension DeletionMachine {
    private static let settlingAttempts = 5
    private static let beforeAskingAgain: Int64 = 5_000_000

    mutating func handleLookupResponse(
        _ answer: VendorAnswer, of id: AttachmentID, to reason: LookUpReason, hasURL: Bool, now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) {
        active -= 1
        hear(answer, of: id)
        let finding = LookUpFinding(answer)
        if finding == .keyRefused { halt(answer.status == 403 ? .forbidden : .unauthorized) }
        switch reason {
        case .probe:
            // "Not ready" is the vendor's own voice too.
            let isTheVendor = finding != .unknown || answer.deletion == .notReady
            breaker.probeAnswered(success: isTheVendor, foreign: answer.isForeign ? id : nil, at: now)
            haltWhereSomebodyElseAnswers()
            if finding == .present { items[id]?.wasFoundBefore = true }
            if items[id]?.wasSent == false || finding == .present { noteBefore(id, finding) }
        case .before:
            items[id]?.wasLookedUp = true
            items[id]?.wasFoundBefore = finding == .present
            items[id]?.wasMissed = finding == .absent
            noteBefore(id, finding)
            items[id]?.hasURL = hasURL
            guard halted == nil else { break }
            items[id]?.phase = .ready
            ready.insert(id, at: 0)
            pipeline += 1
        case .proof(let again): prove(id, finding, status: answer.status, again: again, now: now)
        case .settle(let attempt): settle(id, finding, attempt: attempt, now: now, using: &random)
        }
    }

    /// What a GET says of the time before our first DELETE.
    private mutating func noteBefore(_ id: AttachmentID, _ finding: LookUpFinding) {
        // It is there: whatever said that it was away before our first DELETE was wrong.
        if finding == .present { items[id]?.history.wasMissedBefore = false }
        if finding == .absent, items[id]?.history.mayHaveDeleted == false { items[id]?.history.wasMissedBefore = true }
    }

    /// Gone for good: nobody can fetch it by the URL that worked before.
    mutating func takeHead(_ answer: VendorAnswer, of id: AttachmentID) {
        active -= 1
        verified(id, status: 404, grade: answer.status == 404 ? .a : .b)
    }

    private mutating func prove(
        _ id: AttachmentID, _ finding: LookUpFinding, status: Int, again: Bool, now: Timestamp
    ) {
        switch finding {
        case .present where !again && halted == nil:
            schedule(.ask(.lookUp(id, .proof(again: true))), at: now.adding(microseconds: Self.beforeAskingAgain))
        case .present:
            noteStillThere(id)
            halt(.stillThere)
        case .absent:
            if settings.provesEach, items[id]?.wasFoundBefore == true, items[id]?.hasURL == true, halted == nil {
                items[id]?.hasURL = false
                pendingLookups.append(.head(id))
            } else {
                verified(id, status: status, grade: .b)
            }
        case .unknown, .keyRefused: verified(id, status: status, grade: .c)
        }
    }

    private mutating func verified(_ id: AttachmentID, status: Int, grade: EvidenceGrade) {
        journal.append(.deleteVerified(.init(run: run, attachment: id, http: status, grade: grade)))
    }

    /// A GET found it after its 204.
    mutating func noteStillThere(_ id: AttachmentID) {
        verified(id, status: 200, grade: .x)
        journal.append(
            .itemClosed(.init(run: run, attachment: id, outcome: .failedUnexpected, reason: "still_there")))
        counts.add(.deleted, count: -1)
        counts.add(.failedUnexpected)
        items[id]?.outcome = .failedUnexpected
    }

    /// The end of an item whose attempts are spent.
    private mutating func settle(
        _ id: AttachmentID, _ finding: LookUpFinding, attempt: Int, now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) {
        switch finding {
        case .present:
            recordAbsence(of: id)
            if let kept = items[id]?.kept {
                close(id, kept.outcome, reason: kept.reason)
            } else {
                close(id, .failedExhausted, reason: "settled_by_get")
            }
        case .absent:
            let outcome = outcomeOfAbsence(of: id, now: now)
            if recordAbsence(of: id, final: outcome) {
                settle(id, outcome)
            } else {
                close(id, outcome, reason: "settled_by_get")
            }
        case .keyRefused: return
        case .unknown:
            guard halted == nil, !isLeftToTheNextRun(id) else { return }
            guard attempt < Self.settlingAttempts,
                case .retry(let wait) = retryPolicy.advice(
                    attempt: attempt, class: .unknown, retryAfter: nil, random: .random(in: 0..<1, using: &random),
                    now: now)
            else {
                // Nobody knows whether it is there: the next run asks again.
                guard items[id]?.kept == nil else {
                    items[id]?.phase = .waiting
                    return
                }
                recordAbsence(of: id)
                close(id, .failedExhausted, reason: "could_not_be_settled")
                break
            }
            schedule(.ask(.lookUp(id, .settle(attempt: attempt + 1))), at: now.adding(microseconds: wait))
            return
        }
    }
}

extension DeletionMachine {
    /// Writes down the DELETE's own 404 that a GET was to confirm; `false` = there was none.
    @discardableResult
    private mutating func recordAbsence(of id: AttachmentID, final: Outcome? = nil) -> Bool {
        guard let answer = items[id]?.absence else { return false }
        items[id]?.absence = nil
        record(answer, of: id, final: final)
        return true
    }
}

/// What the answer to a GET of one attachment says about it.
package enum LookUpFinding: Sendable, Equatable {
    case present
    case absent
    case keyRefused
    /// Anything else: a 404 that is not the vendor's own word for absence, "not ready" included.
    case unknown

    package init(_ answer: VendorAnswer) {
        switch answer.reply {
        case .http(200, _): self = .present
        case .http(404, _) where answer.provesAbsence: self = .absent
        case .http(401, _), .http(403, _): self = .keyRefused
        default: self = .unknown
        }
    }
}
