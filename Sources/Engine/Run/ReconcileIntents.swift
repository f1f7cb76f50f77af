import Audit
package import Domain
import Inventory
import LinqClient
package import Rules

/// After a crash: learns by GET how DELETEs ended that were announced and have no recorded answer.
///
/// 200 → the intent is answered as `unknown` and the item is tried again; 404 → the item ends as the `absent` row of the
/// table of answers says; anything else → it stays open and is reported. Nothing is deleted here.
package struct ReconcileIntents: Sendable {
    package struct Summary: Sendable, Equatable {
        /// Items that ended.
        package var closed = 0
        /// Items that go back to the queue.
        package var present = 0
        /// Intents that stay open.
        package var open = 0
        /// What was asked for.
        package var asked: Set<AttachmentID> = []
    }

    /// How many inconclusive answers in a row end the settling. The remaining intents stay open for the next run.
    private static let patience = 3

    private let context: RunContext
    private let decider: Decider

    package init(_ context: RunContext, rules: Decider) {
        self.context = context
        decider = rules
    }

    /// Under the run lease and after the preflight, whose `accountLines` say what was seen under this account. `asked`: what this
    /// run has asked for already. What is set aside among it is not asked for again.
    package func run(
        accountLines: Set<PhoneLine>, asked: Set<AttachmentID> = []
    ) async throws(LetheError) -> Summary {
        var summary = Summary()
        // It only asks: a kill file that was there before stops a run, which is refused by then, and no `plan cancel`.
        let isInterrupted = context.isInterrupted
        let retrying = Retrying(perSecond: 10, time: context.time, shouldStop: isInterrupted)
        let once = Retrying(
            policy: RetryPolicy(maximumTries: 1), perSecond: 10, time: context.time, shouldStop: isInterrupted)
        let setAside = try context.inventory.answeredByOthers()
        let journal = try RunJournal(context.log)
        let isAccountProved = try context.isProved(accountLines)
        var silences = 0
        let announced = try context.log.fold()
        // A row that the log does not have is no DELETE of anybody.
        for intent in try context.inventory.openIntents() where announced.mayHave(intent) {
            let isSetAside = setAside.contains(intent.attachment)
            guard !isInterrupted(), silences < Self.patience, !isSetAside || !asked.contains(intent.attachment) else {
                summary.open += 1
                continue
            }
            let vendor = context.vendor
            let asking = isSetAside ? once : retrying
            let lookUp = await asking(answer: { $0.answer }, call: { await vendor.lookUp(intent.attachment) })
            summary.asked.insert(intent.attachment)
            try context.inventory.note(lookUp.answer, of: intent.attachment, at: context.time.now())
            let finding = LookUpFinding(lookUp.answer)
            // That nobody knows of what is set aside says nothing of the others.
            if finding != .unknown { silences = 0 } else if !isSetAside { silences += 1 }
            try context.noteFinding(lookUp.answer, of: intent.attachment)
            switch finding {
            case .present:
                try context.noteTierDrift(of: intent.attachment, tiers: decider.tiers, lookUp.answer)
                let answer = AuditRecord.Answer(
                    operation: intent.op, attempt: intent.attempt, attachment: intent.attachment, answer: .unknown,
                    http: 0)
                let announced = AuditRecord.Intent(
                    run: intent.run, operation: intent.op, attempt: intent.attempt, attachment: intent.attachment,
                    rule: intent.rule)
                let again = try context.log.announces(announced) ? [] : [AuditRecord.deleteIntent(announced)]
                try journal.append(again + [.deleteOutcome(answer)])
                summary.present += 1
            case .absent where !isAccountProved: summary.open += 1
            case .absent:
                let outcome = try outcomeOfAbsence(of: intent, accountLines: accountLines)
                try journal.append([
                    .itemClosed(
                        .init(
                            run: intent.run, attachment: intent.attachment, outcome: outcome,
                            reason: "settled_after_crash"))
                ])
                summary.closed += 1
            case .keyRefused, .unknown: summary.open += 1
            }
        }
        try CatchUp(inventory: context.inventory, log: context.log).run()
        return summary
    }

    /// Of which DELETEs the vendor would be asked.
    static func expected(_ context: RunContext) throws(LetheError) -> Set<AttachmentID> {
        let announced = try context.log.fold()
        return Set(try context.inventory.openIntents().filter(announced.mayHave).map(\.attachment))
    }

    private func outcomeOfAbsence(
        of intent: OpenIntent, accountLines: Set<PhoneLine>
    ) throws(LetheError) -> Outcome {
        guard let plan = intent.plan, let record = try knownPlan(plan) else {
            // Its plan is lost with the inventory it was in: nothing says that an attempt of ours explains the absence.
            let wasSeen = try context.inventory.attachment(intent.attachment)?.sightings.contains {
                $0.line.map(accountLines.contains) ?? false
            }
            return wasSeen == true ? .alreadyAbsent : .notFoundUnproven
        }
        var history = try context.inventory.progress(of: plan).history[intent.attachment] ?? ItemHistory()
        guard let attachment = try context.inventory.attachment(intent.attachment) else {
            return history.outcomeOfAbsence(
                seenBefore: record.plan.kind == .drill, ephemeralEnds: nil, now: context.time.now())
        }
        let facts = Redecider(
            inventory: context.inventory, decider: decider, plan: record.plan, accountLines: accountLines,
            request: nil)
        let ends = facts.ephemeralEnd(of: attachment)
        if let ends, ends <= history.firstIntent ?? record.plan.created { history.wasMissedBefore = true }
        return history.outcomeOfAbsence(
            seenBefore: try facts.wasSeen(attachment), ephemeralEnds: ends, now: context.time.now())
    }
}

extension ReconcileIntents {
    private func knownPlan(_ id: PlanID) throws(LetheError) -> PlanRecord? {
        do throws(LetheError) { return try context.inventory.plan(id) } catch {
            guard error.code == "unknown-plan" else { throw error }
            return nil
        }
    }
}

extension Fold {
    /// It is open on record, or may have been in records that are lost.
    func mayHave(_ intent: OpenIntent) -> Bool {
        guard let known = intents[intent.attachment] else { return hasLoss }
        return known.operation == intent.op && known.attempt == intent.attempt
    }
}

extension InventoryStore {
    /// Items of a plan that was begun whose last DELETE has no answer yet, whichever plan sent it: the log takes how an item ends for the
    /// end of that too, so they are settled first.
    func unsettled(in record: PlanRecord) throws(LetheError) -> Set<AttachmentID> {
        guard try !runs(of: record.plan.id).isEmpty else { return [] }
        return Set(record.plan.items.map(\.attachment)).intersection(try openIntents().map(\.attachment))
    }

    /// What earlier runs of a plan did, from the projection of the log. `leavesOthersAlone`: an item that another plan announced
    /// and that is not settled yet counts as open, since it stays with that plan.
    func progress(of plan: PlanID, leavesOthersAlone: Bool = false) throws(LetheError) -> PlanProgress {
        var closed: [AttachmentID: Outcome] = [:]
        for result in try results(of: plan) { closed[result.attachment] = result.outcome }
        var history: [AttachmentID: ItemHistory] = [:]
        for item in try attempts(of: plan) {
            history[item.attachment] = ItemHistory(
                operation: item.op, lastAttempt: item.last, mayHaveActed: item.mayHaveActed,
                answeredByOthers: item.answeredByOthers, firstIntent: item.firstIntent)
        }
        for attachment in try missed(in: plan) {
            history[attachment, default: ItemHistory()].wasMissedBefore = true
        }
        for attachment in try tried(before: plan) {
            history[attachment, default: ItemHistory()].mayHaveActedEarlier = true
        }
        var open: [AttachmentID: OperationID] = [:]
        for intent in try openIntents() where leavesOthersAlone || intent.plan == plan {
            open[intent.attachment] = intent.op
        }
        return PlanProgress(closed: closed, history: history, open: open, gone: try gone(in: plan))
    }
}
