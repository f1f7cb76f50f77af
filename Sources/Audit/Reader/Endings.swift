package import Domain

/// How items of plans ended, and what was sent for them, as the records of one or more logs say it, read in order. A report and a
/// certificate ask the same here, so that they say the same.
package struct Endings: Sendable {
    /// The end of one item of one plan.
    package struct Ending: Sendable, Equatable {
        package let attachment: AttachmentID
        package let plan: PlanID
        package let run: RunID
        package let at: Timestamp
        package var outcome: Outcome
        package var grade: EvidenceGrade?
        /// When a GET found it again, after it was called gone.
        package var foundAt: Timestamp?
        /// Of the DELETE that the plan announced last; `nil` = it announced none.
        package var rule: String?
        /// DELETEs that the plan sent for it.
        package var attempts = 0
        /// The vendor's last answer to one of them.
        package var answer: AuditRecord.Answer?
        /// Why it stayed, or ended without an answer to a DELETE.
        package var reason: String?

        package var counted: Outcome { outcome.counted(at: grade) }
        /// The answer that decided it; `nil` = something else did.
        package var decision: AuditRecord.Answer? { answer?.final == nil ? nil : answer }

        package init(attachment: AttachmentID, plan: PlanID, run: RunID, at: Timestamp, outcome: Outcome) {
            self.attachment = attachment
            self.plan = plan
            self.run = run
            self.at = at
            self.outcome = outcome
            grade = outcome.ownGrade
        }
    }

    /// What has been announced for an attachment and not come to its end.
    package struct Trial: Sendable, Equatable {
        package let intent: AuditRecord.Intent
        let plan: PlanID?
        package let since: Timestamp
        /// How often it was announced.
        package let tries: Int
        var sent: Int
        var isOpen: Bool
        package var answer: AuditRecord.Answer?
    }

    /// Of each attachment one for each plan, in the order of what was said last of each.
    private var ofAttachment: [AttachmentID: [Ending]] = [:]
    private var byPlan: [PlanID: Set<AttachmentID>] = [:]
    private var plans: [RunID: PlanID] = [:]
    private var sent: [AttachmentID: Int] = [:]
    private var trials: [AttachmentID: Trial] = [:]
    private let end: Timestamp?

    /// Nothing from `end` on counts as an ending; what is open is open at the end of the log.
    package init(end: Timestamp? = nil) {
        self.end = end
    }

    package mutating func add(_ entry: LogEntry) {
        switch entry.record {
        case .runStart(let start): plans[start.run] = start.plan
        case .deleteIntent(let intent): announce(intent, entry.time)
        case .deleteOutcome(let answer): answered(answer, entry.time)
        case .itemClosed(let closing):
            close(closing.attachment, closing.run, closing.outcome, reason: closing.reason, entry.time)
        case .deleteVerified(let found) where isCounted(entry.time):
            verified(found.attachment, found.grade, entry.time)
        default: return
        }
    }

    private func isCounted(_ time: Timestamp) -> Bool { end.map { time < $0 } ?? true }

    private mutating func announce(_ intent: AuditRecord.Intent, _ at: Timestamp) {
        let plan = plans[intent.run]
        let before = trials[intent.attachment].flatMap { $0.plan == plan ? $0 : nil }
        // A new segment of the log announces again what the one before it left open.
        let isRepeated = before?.isOpen == true && before?.intent == intent
        trials[intent.attachment] = Trial(
            intent: intent, plan: plan, since: at, tries: (before?.tries ?? 0) + 1,
            sent: (before?.sent ?? 0) + (isRepeated ? 0 : 1), isOpen: true, answer: before?.answer)
        if !isRepeated { sent[intent.attachment, default: 0] += 1 }
    }

    private mutating func answered(_ answer: AuditRecord.Answer, _ at: Timestamp) {
        let id = answer.attachment
        guard var trial = trials[id], trial.intent.operation == answer.operation else { return }
        trial.isOpen = false
        trial.answer = answer
        if answer.answer == .notSent {
            trial.sent -= 1
            sent[id, default: 1] -= 1
        }
        trials[id] = trial
        if let final = answer.final { close(id, trial.intent.run, final, reason: nil, at) }
    }

    /// The end of an item: what was tried on it is added, and forgotten.
    private mutating func close(
        _ id: AttachmentID, _ run: RunID, _ outcome: Outcome, reason: String?, _ at: Timestamp
    ) {
        let trial = trials.removeValue(forKey: id)
        guard isCounted(at), let plan = plans[run] else { return }
        var ending = Ending(attachment: id, plan: plan, run: run, at: at, outcome: outcome)
        ending.reason = reason
        let before = ofAttachment[id]?.first { $0.plan == plan }
        if let trial, trial.plan == plan {
            (ending.rule, ending.attempts, ending.answer) = (trial.intent.rule, trial.sent, trial.answer)
        } else if let before, before.grade == .x, outcome.group == .failed {
            // The run's own GET found it after the 204: the grade, and what it was answered before, are still so.
            (ending.grade, ending.foundAt, ending.rule) = (before.grade, before.foundAt, before.rule)
            (ending.attempts, ending.answer) = (before.attempts, before.answer)
        }
        ofAttachment[id, default: []].removeAll { $0.plan == plan }
        ofAttachment[id, default: []].append(ending)
        byPlan[plan, default: []].insert(id)
    }

    /// A look-up afterwards is about what called it gone, whatever came to be said of it since.
    private mutating func verified(_ id: AttachmentID, _ grade: EvidenceGrade, _ at: Timestamp) {
        guard let word = word(on: id, where: { _ in true }),
            let index = ofAttachment[id]?.firstIndex(where: { $0.plan == word.plan })
        else { return }
        ofAttachment[id]?[index].grade = grade
        guard grade == .x, var found = ofAttachment[id]?.remove(at: index) else { return }
        found.foundAt = at
        ofAttachment[id]?.append(found)
    }
}

extension Endings {
    /// How the items of one plan ended, as far as they have.
    package func of(_ plan: PlanID) -> [AttachmentID: Ending] {
        var endings: [AttachmentID: Ending] = [:]
        for id in byPlan[plan] ?? [] { endings[id] = ofAttachment[id]?.first { $0.plan == plan } }
        return endings
    }

    /// Intents without an answer, oldest first.
    package var open: [Trial] {
        trials.values.filter(\.isOpen).sorted { ($0.since, $0.intent.operation) < ($1.since, $1.intent.operation) }
    }

    /// Attachments of which something ended.
    package var attachments: [AttachmentID] { Array(ofAttachment.keys) }

    /// Every end of an attachment, one for each plan, in the order of what was said last of each.
    package func all(of id: AttachmentID) -> [Ending] { ofAttachment[id] ?? [] }

    /// The plan that a run carries out.
    package func plan(of run: RunID) -> PlanID? { plans[run] }

    /// Plans of which something ended.
    package var worked: Set<PlanID> { Set(byPlan.keys) }

    /// The request that a plan answers, as the rule of a DELETE that it announced says; `nil` = it announced none for a request.
    package func request(of plan: PlanID) -> RequestID? {
        for id in byPlan[plan] ?? [] {
            guard let rule = ofAttachment[id]?.first(where: { $0.plan == plan })?.rule, rule.hasPrefix("erasure:")
            else {
                continue
            }
            return try? RequestID(String(rule.dropFirst("erasure:".count)))
        }
        return nil
    }

    /// DELETEs that were sent for an attachment, whichever plans sent them.
    package func attempts(on id: AttachmentID) -> Int { sent[id] ?? 0 }

    /// The last word on an attachment: of one of `plans`, or what removed it, whichever plan that was.
    package func word(on id: AttachmentID, of plans: Set<PlanID>) -> Ending? {
        word(on: id) { plans.contains($0.plan) || $0.outcome.stateOfObject != nil }
    }

    /// What a request has come to: the last word on each attachment that its plans list, and on each that had gone before the
    /// first of them, at `start`, and was found again since, as far as it `concerns` the request.
    package func words(
        on listed: Set<AttachmentID>, of plans: Set<PlanID>, since start: Timestamp,
        concerns: (AttachmentID) throws(LetheError) -> Bool
    ) throws(LetheError) -> [AttachmentID: Ending] {
        var words: [AttachmentID: Ending] = [:]
        for id in listed { words[id] = word(on: id, of: plans) }
        for id in ofAttachment.keys where !listed.contains(id) {
            guard let word = word(on: id, of: plans), word.grade == .x, word.at < start, try concerns(id) else {
                continue
            }
            words[id] = word
        }
        return words
    }

    private func word(on id: AttachmentID, where isAsked: (Ending) -> Bool) -> Ending? {
        var word: Ending?
        for ending in ofAttachment[id] ?? [] where isAsked(ending) {
            if word.map({ $0.outcome.givesWay(to: ending.outcome, grade: $0.grade) }) ?? true { word = ending }
        }
        return word
    }
}
