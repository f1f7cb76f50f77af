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
        // Whoever put STOP there takes it away soon.
        if dice.chance(0.4), event.kind != .stopFile { try? FileManager.default.removeItem(at: stopFile) }
        let refusal = refusal()
        change {
            $0.round = event.salt
            $0.weather = .fair
            $0.tellsNoTime = false
            $0.refusal = refusal
            $0.isClockWrong = clock.skew.magnitude > 301_000_000
        }
        if event.isFatal { fate.die(after: dice.pick([3, 10, 30, 100, 300]).map { dice.number(1...$0) } ?? 1) }
        (attempted, attemptedRequest) = (nil, nil)
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
            $0.model.otherRules = nil
        }
        guard hasDied else {
            fate.forgetDeath()
            if let process { try? learn(process) }
            return
        }
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
        try forget(process)
        try CatchUp(inventory: process.inventory, log: process.log).run()
        try history.follow(process.log)
        let (released, ended) = (history.released, history.ended)
        let stored = try process.inventory.holds()
        change { stage in
            for id in released { stage.model.release(id) }
            for id in ended { stage.model.requests[id]?.isEnded = true }
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
        var ended: [RequestID] = []
        for request in try process.inventory.requests() {
            answered[request.id] = request.answered
            if request.state == .refused || request.state == .withdrawn { ended.append(request.id) }
            count("request \(request.state.rawValue)")
        }
        let known = model.requests
        for summary in try process.inventory.plans() {
            count("plan \(summary.state.rawValue)")
            guard let request = summary.request, let asked = known[request] else { continue }
            let record = try process.inventory.plan(summary.id)
            if asked.plans[summary.id] == nil { learn(record.plan, of: request, approvedBy: nil) }
            guard record.approvals.contains(where: { $0.name == "operator" }) else { continue }
            change { $0.model.requests[request]?.plans[summary.id]?.isAutomatic = true }
        }
        change { stage in
            for id in ended { stage.model.requests[id]?.isEnded = true }
            for (id, time) in answered {
                let before = stage.model.requests[id]?.answered
                stage.model.requests[id]?.answered = min(before ?? time, time)
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
        case .resume: try await resume(&dice)
        case .approve: try approve(&dice)
        case .apply: try await applyPlan(&dice)
        case .cancel: try await cancelPlan(&dice)
        case .refuse: try await endRequest(&dice, isRefused: true)
        case .withdraw: try await endRequest(&dice, isRefused: false)
        case .plan: try planOnly()
        case .verify: try await verifyDeletions(&dice)
        case .editPolicies: try editPolicies(&dice)
        case .unlock: try unlock()
        case .backUp: try backUp()
        case .restore: try restore(&dice)
        case .clockWrong: moveClock(&dice)
        case .clockRight: clock.skew = 0
        case .stopFile: try toggleStop()
        case .signal: try await run(&dice, isInterrupted: true)
        case .lineReleased: releaseLine(&dice)
        }
    }

    func chooseWeather(_ dice: inout Dice) {
        let weather =
            dice.pick([
                (Weather.fair, 10), (.stormy, 8), (.down, 1), (.failing, 2), (.gateway, 2), (.unauthorized, 1),
                (.forbidden, 1),
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
}
