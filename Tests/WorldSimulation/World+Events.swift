import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Synchronization

extension World {
    /// One event, and what must be so after it.
    func perform(_ event: WorldEvent) async {
        var dice = Dice.fixed(seed, event.salt)
        note("\(event.kind.rawValue)\(event.isFatal ? " (dies)" : "")")
        change {
            $0.round = event.salt
            $0.weather = .fair
            $0.tellsNoTime = false
        }
        if event.isFatal { fate.die(after: dice.pick([3, 10, 30, 100, 300]).map { dice.number(1...$0) } ?? 1) }
        var failure: LetheError?
        do {
            try await act(event.kind, &dice)
            if let process { try process.log.sealIfNeeded() }
        } catch let error as LetheError {
            failure = error
            note("  error \(error.code): \(error.message)")
            if let process { _ = try? process.log.sealIfNeeded() }
        } catch {
            violate("an error that is no LetheError: \(error)")
        }
        let hasDied = fate.isDead
        settle(hasDied: hasDied)
        count("event \(event.kind.rawValue)")
        count("death", hasDied)
        if let failure, !hasDied { count("error \(failure.code)") }
        await check(everything: dice.chance(0.3) || hasDied)
    }

    /// After the last write of a command, or after its death.
    private func settle(hasDied: Bool) {
        vendor.nothingMeanwhile()
        change {
            $0.hearWhatWasShown(isCertain: !hasDied)
            $0.model.isRunning = false
        }
        guard hasDied else { return fate.forgetDeath() }
        note("  the host died")
        process = nil
        fate.revive()
        do {
            let process = try open()
            try process.log.sealIfNeeded()
            try learn(process)
        } catch {
            violate("after a death the workspace cannot be opened: \(error)")
        }
    }

    /// What a command that died left behind: an operator would look.
    private func learn(_ process: Process) throws {
        let released = try process.log.entries(after: -1, limit: 1_000_000).compactMap { entry -> HoldID? in
            if case .holdReleased(let id, _, _) = entry.record { id } else { nil }
        }
        let stored = try process.inventory.holds()
        change { stage in
            for id in released { stage.model.release(id) }
        }
        for hold in stored where model.holds[hold.id] == nil {
            guard let scope = attempted else { continue }
            change { $0.model.place(hold.id, Model.Hold(scope: scope, until: hold.until)) }
        }
        for request in try process.inventory.requests() where !requests.contains(request.id) {
            guard var asked = attemptedRequest else { continue }
            asked.openedBy = request.openedBy
            requests.append(request.id)
            change { $0.model.requests[request.id] = asked }
        }
    }

    /// What Lethe says of plans and requests by now.
    func learnStates(_ process: Process) throws {
        var answered: [RequestID: Timestamp] = [:]
        for request in try process.inventory.requests() { answered[request.id] = request.answered }
        let known = model.requests
        for summary in try process.inventory.plans() {
            guard let request = summary.request, let asked = known[request] else { continue }
            let record = try process.inventory.plan(summary.id)
            if asked.plans[summary.id] == nil { learn(record.plan, of: request, approvedBy: nil) }
            guard record.approvals.contains(where: { $0.name == "operator" }) else { continue }
            change { $0.model.requests[request]?.plans[summary.id]?.isAutomatic = true }
        }
        change { stage in
            for (id, time) in answered {
                let before = stage.model.requests[id]?.answered
                stage.model.requests[id]?.answered = max(before ?? time, time)
            }
        }
    }

    private func act(_ kind: WorldEvent.Kind, _ dice: inout Dice) async throws {
        switch kind {
        case .wait: clock.advance(seconds: dice.seconds(1...(dice.chance(0.5) ? 86_400 : 20 * 86_400)))
        case .ingest: try ingest(&dice)
        case .sync: try await sync(&dice)
        case .run: try await run(&dice)
        case .erase: try await erase(&dice)
        case .hold: try placeHold(&dice)
        case .release: try releaseHold(&dice)
        }
    }

    func chooseWeather(_ dice: inout Dice) {
        let weather =
            dice.pick([
                (Weather.fair, 10), (.stormy, 8), (.down, 1), (.gateway, 2), (.unauthorized, 1), (.forbidden, 1),
                (.throttling, 2), (.listings, 3),
            ]) ?? .fair
        let tellsNoTime = dice.chance(0.1)
        change {
            $0.weather = weather
            $0.tellsNoTime = tellsNoTime
            $0.coverage.count("weather \(weather.rawValue)")
        }
        if weather != .fair { note("  weather \(weather.rawValue)") }
    }

    // MARK: taking in

    private func ingest(_ dice: inout Dice) throws {
        let now = clock.truth
        let ready = population.deliveries.indices.filter { population.deliveries[$0].readyAt <= now }
        let fresh = ready.filter { !ingested.contains($0) }
        // Files are given whole, in parts, or again.
        var chosen = dice.chance(0.6) ? fresh : fresh.filter { _ in dice.chance(0.5) }
        if dice.chance(0.2) { chosen += ready.filter { _ in dice.chance(0.2) } }
        chosen = Array(Set(chosen).union(inDoubt)).sorted()
        chosen = dice.chance(0.5) ? dice.shuffled(chosen) : chosen
        try ingest(chosen)
    }

    func ingest(_ chosen: [Int]) throws {
        for isResponse in [false, true] {
            let part = chosen.filter { population.deliveries[$0].isResponse == isResponse }
            guard !part.isEmpty else { continue }
            let process = try open()
            var lines = part.map { Array((population.deliveries[$0].body + "\n").utf8) }
            let file = DeliveryFile { _ in lines.isEmpty ? [] : lines.removeFirst() }
            change { $0.hear(part, isCertain: false) }
            inDoubt.formUnion(part)
            let report = try IngestWebhooks(
                inventory: process.inventory, log: process.log, partner: Population.partner,
                kind: isResponse ? .response : .webhook, trust: .operatorSaysSo
            ).run([file], now: clock.now())
            note("  \(report.read) deliveries, \(report.attachmentsNew) new, reopened \(report.reopened.count)")
            if report.rejected > 0 { violate("a delivery was rejected: \(report.rejections)") }
            if fate.isDead { return }
            change { $0.hear(part, isCertain: true) }
            ingested.formUnion(part)
            inDoubt.subtract(part)
        }
    }

    private func sync(_ dice: inout Dice) async throws {
        chooseWeather(&dice)
        let report = try await SyncFromAPI(context(try open())).run()
        note("  \(report.messages) messages, coverage \(report.coverage)")
        count("sync \(report.coverage.rawValue)")
    }

    // MARK: deleting

    var settings: ApplyPlan.Settings {
        ApplyPlan.Settings(maxInFlight: 1, requestsPerSecond: 1000, operatorName: "operator")
    }

    private func run(_ dice: inout Dice) async throws {
        chooseWeather(&dice)
        var settings = settings
        settings.maxInFlight = dice.chance(0.7) ? 1 : 4
        let process = try open()
        if settings.maxInFlight == 1, dice.chance(0.3) { try planSurprise(process, &dice) }
        change { $0.model.isRunning = true }
        let answer = try await RunRetention(
            context(process), rules: try decider(), limits: Limits(maxPercent: 100), approval: approval,
            settings: settings
        ).run()
        for result in [answer.result] + answer.resumed { tell(result) }
    }

    func tell(_ result: RunResult) {
        let counts = Outcome.allCases.filter { result.counts[$0] > 0 }.map { "\($0.rawValue) \(result.counts[$0])" }
        note("  run of \(result.plan): \(counts.joined(separator: ", "))\(result.halted.map { " halted \($0)" } ?? "")")
        for outcome in Outcome.allCases where result.counts[outcome] > 0 { count("outcome \(outcome.rawValue)") }
        if let halted = result.halted { count("halt \(halted.rawValue)") }
    }

    private func erase(_ dice: inout Dice) async throws {
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
        let context = context(process)
        let planned = try await PlanErasure(context, rules: try decider(), limits: Limits()).run(ask)
        requests.append(planned.request.id)
        change { $0.model.requests[planned.request.id] = asked }
        note("  request \(planned.request.id), coverage \(planned.request.coverage), \(planned.plan.items.count) items")
        guard dice.chance(0.7) else { return }
        try await apply(planned.plan, of: planned.request.id, dice.pick(["ada", "grace", "clerk"]) ?? "ada", context)
    }

    /// `--apply --as NAME`.
    func apply(_ plan: Plan, of request: RequestID, _ name: String, _ context: RunContext) async throws {
        learn(plan, of: request, approvedBy: name)
        do {
            let result = try await ApplyErasure(
                context, rules: try decider(), approval: approval, settings: settings
            ).run(plan.id, by: name)
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

    // MARK: holds

    func randomScope(_ dice: inout Dice) -> Model.Hold.Scope {
        switch dice.number(0...9) {
        case 0: return .all
        case 1, 2: return dice.pick(population.lines).map { .line($0) } ?? .all
        case 3, 4: return dice.pick(population.chats).map { .chat($0.id) } ?? .all
        case 5, 6: return dice.pick(population.people).map { .people($0.handles) } ?? .all
        default: return dice.pick(population.files).map { .file($0.id) } ?? .all
        }
    }

    static func stored(_ scope: Model.Hold.Scope, in inventory: InventoryStore) throws -> LegalHold.Scope {
        switch scope {
        case .all: .all
        case .line(let line): .line(line)
        case .chat(let chat): .chat(chat)
        case .file(let id): .attachment(id)
        case .people(let handles):
            .subject(try handles.compactMap { try inventory.pseudonym(for: $0, createIfMissing: true) })
        }
    }

    private func placeHold(_ dice: inout Dice) throws {
        let process = try open()
        let scope = randomScope(&dice)
        let until = dice.chance(0.4) ? clock.now().adding(seconds: dice.seconds(3600...40 * 86_400)) : nil
        attempted = scope
        let hold = try PlaceHold(inventory: process.inventory, log: process.log).run(
            try Self.stored(scope, in: process.inventory), by: "counsel", reason: "matter", until: until,
            now: clock.now())
        change { $0.model.place(hold.id, Model.Hold(scope: scope, until: until)) }
        note("  hold \(scope)")
    }

    /// A hold that is placed while a run is going on holds from its next DELETE.
    private func planSurprise(_ process: Process, _ dice: inout Dice) throws {
        let scope = randomScope(&dice)
        attempted = scope
        let stored = try Self.stored(scope, in: process.inventory)
        let (clock, vendor) = (clock, vendor)
        vendor.meanwhile(after: dice.number(1...4)) {
            let hold = try? PlaceHold(inventory: process.inventory, log: process.log).run(
                stored, by: "counsel", reason: "matter", now: clock.now())
            guard let hold else { return }
            vendor.stage.withLock {
                $0.model.place(hold.id, Model.Hold(scope: scope))
                $0.coverage.count("hold during a run")
            }
        }
    }

    private func releaseHold(_ dice: inout Dice) throws {
        let model = model
        let active = model.holdOrder.filter { model.holds[$0]?.isReleased == false }
        guard let id = dice.pick(active) else { return }
        let process = try open()
        try ReleaseHold(inventory: process.inventory, log: process.log)
            .run(id, by: "counsel", reason: "closed", now: clock.now())
        change { $0.model.release(id) }
    }
}
