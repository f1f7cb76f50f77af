import Audit
import Domain
import Engine
import Foundation
import Inventory

extension World {
    /// What must be so whatever happened; `everything` = the log is verified too, which takes longest.
    func check(everything: Bool) async {
        guard let process = try? open() else { return violate("the workspace cannot be opened") }
        do {
            try CatchUp(inventory: process.inventory, log: process.log).run()
            try learnStates(process)
            try history.follow(process.log)
            compareWithTheLedger(process)
            try compareWithTheLog(process)
            try checkRequests(process)
            if everything {
                try verify(process)
                // A replay of everything costs most of all: now and then.
                if try process.log.size() % 5 == 0 { try compareEveryRow(process) }
            }
        } catch {
            violate("a check failed: \(error)")
        }
    }

    private func verify(_ process: Process) throws {
        let options = LogVerifier.Options(vkeys: [template.vkey], rootKeys: [template.root], now: clock.now())
        let report = try LogVerifier(options).verify(location.database)
        guard report.result != .verified else { return }
        violate("the log is \(report.result): \(report.failures.prefix(3).map { "\($0)" })")
    }

    /// Nothing is said to differ where nobody put an older inventory back. A process that died between a record and its effect leaves what is
    /// open one step behind, until somebody goes on with it; a plan of which the end was recorded too, with every item as it ended.
    private func compareEveryRow(_ process: Process) throws {
        guard !wasRestored else { return }
        let plans = try process.inventory.plans().filter { !$0.state.isClosed }
        let open = Set(
            try process.inventory.requests().filter { !$0.state.isClosed }.map(\.id.description)
                + plans.map(\.id.description) + process.log.fold().plans.keys.map(\.description))
        let over = Set(
            try plans.filter { plan in
                try plan.state == .applying && process.inventory.results(of: plan.id).allSatisfy { $0.outcome != nil }
            }.map(\.id.description))
        let found = try RecordedTruth(process.log).everyDifference(in: process.inventory, .all, at: clock.now())
            .filter { !open.contains($0.id) || $0.isEnded && !over.contains($0.id) }
        for difference in found.prefix(3) { violate("a row is said to differ: \(difference.message)") }
    }

    /// The log claims nothing that the vendor did not do.
    private func compareWithTheLedger(_ process: Process) {
        let (now, history) = (clock.truth, history)
        change { stage in
            for (id, count) in stage.deletes where (history.intents[id] ?? 0) < count {
                stage.violate("\(stage.name(id)): \(count) DELETEs, \(history.intents[id] ?? 0) intents")
            }
            for (id, count) in history.confirmed where (stage.confirmed[id] ?? 0) < count {
                stage.violate("\(stage.name(id)): the log has a 204 that the vendor never gave")
            }
            for (id, outcome) in history.claimed where outcome == .alreadyAbsent && stage.deleted[id] != nil {
                // "Seen before: already_absent", after a crash whose DELETE had no answer.
                guard !wasRestored, !history.settled.contains(id) else { continue }
                let isOfOnePlan = history.plansThatTried[id]?.count == 1
                stage.violate(
                    "\(stage.name(id)) is called \(outcome.rawValue), and a DELETE of "
                        + "\(isOfOnePlan ? "the same" : "an earlier") plan had removed it")
            }
            for (id, outcome) in history.claimed where stage.exists(id, at: now) {
                stage.violate("\(stage.name(id)) is called \(outcome.rawValue), and the vendor still has it")
            }
        }
    }

    /// The store says what the log says.
    private func compareWithTheLog(_ process: Process) throws {
        for summary in try process.inventory.plans() {
            for item in try process.inventory.results(of: summary.id) {
                let logged = history.outcomes[summary.id]?[item.attachment]
                // Of a plan that was closed before it was begun the log has no items.
                let isNever = logged == nil && item.outcome == .notAttempted && summary.state.isClosed
                guard logged != item.outcome, !isNever else { continue }
                violate(
                    "plan of \(summary.items): an item ended as \(logged?.rawValue ?? "open") in the log and as "
                        + "\(item.outcome?.rawValue ?? "open") in the store")
            }
        }
        var states: [AttachmentID: AttachmentState] = [:]
        try process.inventory.forEachAttachment(includingGone: true) { candidate in
            states[candidate.attachment.id] = candidate.attachment.state
            return true
        }
        for file in population.files {
            let isGone = history.gone.contains(file.id)
            guard let state = states[file.id] else {
                if isGone { violate("a file that the log calls gone is not in the store") }
                continue
            }
            if (state == .gone) != isGone {
                violate("a file is \(state) in the store and \(isGone ? "gone" : "not gone") in the log")
            }
        }
    }

    /// A request that is called completed is.
    private func checkRequests(_ process: Process) throws {
        let model = model
        let now = clock.truth
        for request in try process.inventory.requests() where request.state == .completed {
            guard let asked = model.requests[request.id] else { continue }
            // What it was completed with may be lost, and the log has it completed.
            if request.coverage == .partial, !wasRestored { violate("a request with partial coverage is completed") }
            for id in request.plan.flatMap({ asked.plans[$0]?.lists }) ?? [] {
                change { stage in
                    guard stage.exists(id, at: now) else { return }
                    stage.violate("a completed request lists \(stage.name(id)), and the vendor still has it")
                }
            }
            guard request.coverage == .complete else { continue }
            try expectNothingLeft(of: asked, at: asked.searched ?? asked.perhapsSearched)
        }
    }

    /// "Completed: everything that was found is gone, and the coverage is not partial." What the vendor listed was found.
    private func expectNothingLeft(of asked: Model.Request, at searched: Timestamp?) throws {
        guard let searched else { return violate("the coverage is complete, and not all handles were ever asked for") }
        let now = clock.truth
        change { stage in
            for index in stage.population.files.indices {
                let file = stage.population.files[index]
                guard stage.exists(file.id, at: now), !stage.population.isLiedOf.contains(file.id) else { continue }
                let isSeen = stage.population.messages(of: index).contains { message in
                    let chat = stage.population.chats[message.chat]
                    guard message.sent < min(searched, asked.answered ?? searched),
                        !stage.wasReleased.contains(chat.line)
                    else { return false }
                    if let sender = message.sender, asked.handles.contains(sender) { return true }
                    // By what was told wrongly of other messages it may be taken for a group.
                    let isDirect = [stage.model.facts, stage.model.perhaps].allSatisfy { facts in
                        let told = facts.chats[chat.id]
                        return told?.isGroup == false && told?.members.count == 1
                    }
                    return message.sender == nil && isDirect && asked.handles.contains(chat.members[0])
                }
                guard isSeen else { continue }
                stage.violate(
                    "a completed request misses \(stage.name(file.id)), searched \(searched.brief), now \(now.brief): "
                        + stage.model.facts.story(of: file.id))
            }
        }
    }
}

/// What the records of a log add up to, counted in the plainest way.
struct LogReplay {
    private(set) var intents: [AttachmentID: Int] = [:]
    private(set) var confirmed: [AttachmentID: Int] = [:]
    private(set) var outcomes: [PlanID: [AttachmentID: Outcome]] = [:]
    /// Called gone by any record that stands.
    private(set) var claimed: [AttachmentID: Outcome] = [:]
    private(set) var gone: Set<AttachmentID> = []
    private(set) var settled: Set<AttachmentID> = []
    private(set) var plansThatTried: [AttachmentID: Set<PlanID>] = [:]
    private(set) var holds: Set<HoldID> = []
    private(set) var released: Set<HoldID> = []
    private(set) var requests: Set<RequestID> = []
    /// Refused or withdrawn.
    private(set) var ended: Set<RequestID> = []
    private var plans: [RunID: PlanID] = [:]
    private var runs: [String: RunID] = [:]
    private var last: Int64 = -1

    /// Takes in what was written since the last time.
    mutating func follow(_ log: AuditLog) throws {
        for entry in try log.entries(after: last, limit: 1_000_000) {
            take(entry.record)
            last = entry.seq
        }
    }

    private mutating func take(_ record: AuditRecord) {
        switch record {
        case .holdPlaced(let placed): holds.insert(placed.hold)
        case .holdReleased(let release): released.insert(release.hold)
        case .requestOpened(let opening): requests.insert(opening.request)
        case .requestUpdated(let update) where update.state.isDecided: ended.insert(update.request)
        case .runStart(let start): plans[start.run] = start.plan
        case .deleteIntent(let intent):
            intents[intent.attachment, default: 0] += 1
            if let plan = plans[intent.run] { plansThatTried[intent.attachment, default: []].insert(plan) }
            runs["\(intent.operation)/\(intent.attempt)"] = intent.run
        case .deleteOutcome(let answer):
            if answer.http == 204 { confirmed[answer.attachment, default: 0] += 1 }
            guard let final = answer.final, let run = runs["\(answer.operation)/\(answer.attempt)"] else { return }
            end(answer.attachment, final, run)
        case .itemClosed(let closing):
            if closing.reason == "settled_after_crash" { settled.insert(closing.attachment) }
            end(closing.attachment, closing.outcome, closing.run)
        case .deleteVerified(let found) where found.grade == .x:
            gone.remove(found.attachment)
            claimed[found.attachment] = nil
        default: break
        }
    }

    private mutating func end(_ attachment: AttachmentID, _ outcome: Outcome, _ run: RunID) {
        if let plan = plans[run] { outcomes[plan, default: [:]][attachment] = outcome }
        if outcome.group == .deleted || outcome.group == .absent { claimed[attachment] = outcome }
        if [.deleted, .deletedAfterRetry, .alreadyAbsent].contains(outcome) { gone.insert(attachment) }
        if outcome == .expiredByVendor { gone.remove(attachment) }
    }
}
