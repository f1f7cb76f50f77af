import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Synchronization

extension World {
    var settings: ApplyPlan.Settings {
        ApplyPlan.Settings(maxInFlight: 1, requestsPerSecond: 1000, operatorName: "operator")
    }

    func run(_ dice: inout Dice, isInterrupted: Bool = false) async throws {
        chooseWeather(&dice)
        var settings = settings
        settings.maxInFlight = dice.chance(0.7) || isInterrupted ? 1 : 4
        let process = try open()
        let signal = Signal()
        var isSurprised = false
        if isInterrupted {
            vendor.meanwhile(after: dice.number(1...4)) { signal.isUp = true }
        } else if settings.maxInFlight == 1, dice.chance(0.5) {
            try surprise(process, &dice)
            isSurprised = true
        }
        let retention = RunRetention(
            context(process, shouldStop: { signal.isUp }), rules: try decider(), limits: Limits(maxPercent: 100),
            approval: approval, settings: settings)
        let isCalm = vendor.stage.withLock { $0.weather == .fair } && !isInterrupted && !isSurprised
        let shown = isCalm ? try await retention.preview() : nil
        let there = shown?.steps.flatMap(\.items).filter { id in
            vendor.stage.withLock { $0.exists(id, at: clock.truth) }
        }
        change { $0.model.isRunning = true }
        do throws(LetheError) {
            let answer = try await retention.run()
            for result in answer.steps.compactMap(\.result) { tell(result) }
            if let shown { compare(shown, answer, there: there ?? []) }
        } catch {
            if let shown, !fate.isDead { compare(shown, error) }
            throw error
        }
    }

    /// What is shown is what happens, where the vendor does as it is asked.
    private func compare(_ shown: RunRetention.Answer, _ done: RunRetention.Answer, there: [AttachmentID]) {
        // A file called gone that is still there was not known to be due.
        guard !done.warnings.contains(where: { $0.contains("still there") }),
            done.steps.allSatisfy({ $0.result?.halted == nil }), !fate.isDead
        else { return count("run that cannot be compared") }
        count("run compared", !shown.steps.isEmpty)
        let (before, after) = (shown.steps.flatMap(\.items).sorted(), done.steps.flatMap(\.items).sorted())
        // For what a GET does not find no DELETE is sent.
        let isSame =
            Set(after).isSubset(of: before) && Set(there).isSubset(of: after) && before.count == Set(before).count
        if shown.isRefused { violate("a run is shown as refused, and goes on: \(shown.refusals)") }
        if !isSame { violate("a run shows \(before) and deletes \(after)") }
        // How a request that goes on in this run will stand afterwards is for the vendor to say.
        let going = done.steps.compactMap(\.request?.description)
        func codes(_ answer: RunRetention.Answer) -> [String] {
            answer.refusals.filter { one in !going.contains { one.message.contains($0) } }.map(\.code).sorted()
        }
        let (told, refused) = (codes(shown), codes(done))
        if told != refused { violate("a run shows \(shown.refusals) and refuses \(done.refusals)") }
    }

    private func compare(_ shown: RunRetention.Answer, _ error: LetheError) {
        count("refusal compared")
        if !shown.isRefused || shown.refusals.last?.code != error.code {
            violate("a run shows \(shown.refusals) and ends with \(error.code): \(error.message)")
        }
    }

    func tell(_ result: RunResult) {
        let counts = Outcome.allCases.filter { result.counts[$0] > 0 }.map { "\($0.rawValue) \(result.counts[$0])" }
        note("  run of \(result.plan): \(counts.joined(separator: ", "))\(result.halted.map { " halted \($0)" } ?? "")")
        for outcome in Outcome.allCases where result.counts[outcome] > 0 { count("outcome \(outcome.rawValue)") }
        if let halted = result.halted { count("halt \(halted.rawValue)") }
    }

    func erase(_ dice: inout Dice) async throws {
        chooseWeather(&dice)
        guard let person = dice.pick(population.people) else { return }
        let process = try open()
        var ask = PlanErasure.Ask(handles: person.handles, openedBy: "clerk")
        ask.scope = dice.chance(0.3) ? .conversation : .sentBySubject
        if dice.chance(0.3) { ask.included.insert(.others) }
        if dice.chance(0.3) { ask.included.insert(.unknownRecipients) }
        ask.isOffline = dice.chance(0.3)
        let asked = Model.Request(
            handles: person.handles, isConversation: ask.scope == .conversation,
            includesOthers: ask.included.contains(.others),
            includesUnknown: ask.included.contains(.unknownRecipients), openedBy: "clerk")
        attemptedRequest = asked
        if !ask.isOffline { attemptedRequest?.perhapsSearched = clock.truth }
        let context = context(process)
        let began = clock.truth
        let planned = try await PlanErasure(context, rules: try decider(), limits: Limits()).run(ask)
        requests.append(planned.request.id)
        change { $0.model.requests[planned.request.id] = asked }
        if !ask.isOffline { noteSearch(planned.request.id, person.handles, planned, at: began) }
        note("  request \(planned.request.id), coverage \(planned.request.coverage), \(planned.plan.items.count) items")
        guard dice.chance(0.7) else { return }
        if dice.chance(0.4) { try surprise(process, &dice) }
        try await apply(planned.plan, of: planned.request.id, dice.pick(Self.names) ?? "ada", context)
    }

    static let names = ["ada", "grace", "clerk"]

    func resume(_ dice: inout Dice) async throws {
        guard let id = dice.pick(requests), let asked = model.requests[id] else { return try await erase(&dice) }
        chooseWeather(&dice)
        let process = try open()
        // With all handles, with some, or without any.
        var handles: [Handle]? = asked.handles
        if dice.chance(0.3) {
            handles = nil
        } else if dice.chance(0.3) {
            handles = dice.pick(asked.handles).map { [$0] }
        }
        var include: SharedInclusion = []
        if dice.chance(0.3) { include.insert(.others) }
        if dice.chance(0.3) { include.insert(.unknownRecipients) }
        try await resume(id, handles, include, process, appliedBy: dice.chance(0.7) ? dice.pick(Self.names) : nil)
    }

    /// `lethe erase --resume`, with `--apply --as NAME` if somebody is named.
    func resume(
        _ id: RequestID, _ handles: [Handle]?, _ include: SharedInclusion, _ process: Process, appliedBy name: String?
    ) async throws {
        let context = context(process)
        // What a person decides counts from here on, whatever becomes of the command.
        change { stage in
            if include.contains(.others) { stage.model.requests[id]?.includesOthers = true }
            guard include.contains(.unknownRecipients) else { return }
            stage.model.requests[id]?.includesUnknown = true
            stage.model.requests[id]?.includesListed = true
        }
        let began = clock.truth
        if let handles, Set(handles) == Set(model.requests[id]?.handles ?? []) {
            change { $0.model.requests[id]?.perhapsSearched = began }
        }
        var again = PlanErasure.Repeat(id)
        again.handles = handles
        again.include = include
        again.by = name ?? "operator"
        let planned = try await PlanErasure(context, rules: try decider(), limits: Limits())
            .run(again: again)
        noteSearch(id, handles, planned, at: began)
        note("  request \(id) again, coverage \(planned.request.coverage), \(planned.plan.items.count) items")
        guard let name else { return }
        try await apply(planned.plan, of: id, name, context)
    }

    /// The vendor was asked for all handles of the person and showed everything.
    func noteSearch(_ id: RequestID, _ handles: [Handle]?, _ planned: PlanErasure.Planned, at began: Timestamp) {
        change { stage in
            guard let handles, let asked = stage.model.requests[id], planned.request.coverage == .complete,
                Set(handles) == Set(asked.handles)
            else { return }
            stage.model.requests[id]?.searched = began
        }
    }

    /// `--apply --as NAME`.
    func apply(_ plan: Plan, of request: RequestID, _ name: String, _ context: RunContext) async throws {
        learn(plan, of: request, approvedBy: name)
        do {
            var settings = settings
            settings.operatorName = name
            let result = try await ApplyErasure(
                context, rules: try decider(), approval: approval, settings: settings, by: name
            ).run(plan.id)
            tell(result)
        } catch let error as LetheError where error.code == "own-request" {
            change { _ = $0.model.requests[request]?.plans[plan.id]?.names.remove(name) }
            throw error
        }
    }

    func learn(_ plan: Plan, of request: RequestID, approvedBy name: String?) {
        change { stage in
            var known =
                stage.model.requests[request]?.plans[plan.id]
                ?? Model.Plan(
                    deletes: Set(plan.items.filter { $0.withheld == nil }.map(\.attachment)),
                    lists: Set(plan.items.map(\.attachment)))
            if let name, stage.model.people == 1 || name != stage.model.requests[request]?.openedBy {
                known.names.insert(name)
            }
            stage.model.requests[request]?.plans[plan.id] = known
        }
    }
}
