import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules

/// The world calms down: clocks are right, the vendor is well, and people do what the hints say. Then everything that is due
/// goes and every request is answered.
extension World {
    private static let rounds = 14

    func calmDown() async {
        note("calm")
        clock.skew = 0
        try? FileManager.default.removeItem(at: folder.appending(path: "STOP"))
        change {
            $0.weather = .fair
            $0.tellsNoTime = false
            $0.refusal = nil
            $0.isClockWrong = false
            $0.isReleased = []
            $0.round = 0
        }
        var last = ""
        for round in 0..<Self.rounds {
            // The first rounds may bring what was hidden.
            clock.advance(seconds: 3600)
            let said = await oneRound()
            change { $0.model.isRunning = false }
            await check(everything: round % 5 == 4)
            guard violations.isEmpty else { return }
            last = said
            if said.isEmpty { break }
        }
        if !last.isEmpty { violate("it never calms down: \(last)") }
        await check(everything: true)
        expectEverythingDone()
    }

    /// What still had to be done; empty = nothing.
    private func oneRound() async -> String {
        var todo: [String] = []
        func attempt(_ what: String, _ body: () async throws -> Void) async {
            do {
                try await body()
            } catch let error as LetheError {
                note("  \(what): \(error.code)")
                todo.append("\(what): \(error.code) (\(error.message); \(error.hint ?? ""))")
                await heed(error)
            } catch {
                violate("\(what): \(error)")
            }
            if let process { _ = try? process.log.sealIfNeeded() }
            change { $0.hearWhatWasShown(isCertain: true) }
            if let process { try? learnStates(process) }
        }
        let now = clock.truth
        let late = population.deliveries.indices.filter {
            population.deliveries[$0].readyAt <= now && !ingested.contains($0)
        }
        if !late.isEmpty { await attempt("ingest") { try ingest(late) } }
        var isBusy = false
        await attempt("run") {
            let process = try open()
            change { $0.model.isRunning = true }
            let answer = try await RunRetention(
                context(process), rules: try decider(), limits: Limits(maxPercent: 100), approval: approval,
                settings: settings
            ).run()
            for result in answer.steps.compactMap(\.result) {
                tell(result)
                if result.counts[.deleted as Outcome.Group] > 0 { isBusy = true }
            }
        }
        change { $0.model.isRunning = false }
        if isBusy { todo.append("the run deleted something") }
        await attempt("requests") {
            let process = try open()
            let rules = try decider()
            let basis = NextStep.Basis(
                process.inventory, log: process.log, approval: approval, policyDigest: rules.policies.digest,
                time: clock)
            for request in try process.inventory.requests() where !request.state.isClosed {
                todo.append("request \(request.state)")
                let command = try NextStep(request, in: basis).command
                guard let command else { return violate("a request in \(request.state) has no way forward") }
                await attempt(command) {
                    do {
                        try await follow(command, request.id, process)
                    } catch let error as LetheError where error.code == "plan-state" {
                        // Only what nothing names helps here.
                        violate("\(command): \(error.code), \(error.message)")
                        try await follow("lethe erase --resume \(request.id)", request.id, process)
                    }
                }
            }
        }
        await attempt("plans") {
            let process = try open()
            for plan in try process.inventory.plans() where !plan.state.isClosed && plan.kind == .retention {
                todo.append("plan \(plan.state)")
                // "Allow it, or end it": over today's limits it waits for a person, and the run goes on without it.
                if plan.state == .halted {
                    try await CancelPlan(context(process), rules: try decider(), by: "operator").run(plan.id)
                }
                guard plan.state == .approved else { continue }
                do {
                    try await applyPlan(plan.id, reason: nil, process)
                } catch {
                    try await CancelPlan(context(process), rules: try decider(), by: "operator").run(plan.id)
                }
            }
        }
        return todo.joined(separator: ", ")
    }

    /// Types what a hint says.
    private func follow(_ command: String, _ id: RequestID, _ process: Process) async throws {
        let words = command.split(separator: " ").map(String.init)
        switch words.dropFirst().prefix(2) {
        case ["erase", "--resume"]:
            try await resume(id, model.requests[id]?.handles, [], process, appliedBy: "ada")
        case ["plan", "approve"]:
            let plan = try PlanID(words[3])
            for name in ["ada", "grace"] {
                if try process.inventory.plan(plan).state == .proposed { try approve(plan, name) }
            }
            try await applyPlan(plan, reason: nil, process)
        case ["plan", "apply"]:
            try await applyPlan(try PlanID(words[3]), reason: command.contains("--reason") ? "seen" : nil, process)
        case ["plan", "cancel"]:
            try await CancelPlan(context(process), rules: try decider(), by: "ada").run(try PlanID(words[3]))
        case ["run", "--apply"]: break
        default: violate("a hint that nobody can follow: \(command)")
        }
    }

    /// Does what an error's hint says, where that is more than to run again.
    private func heed(_ error: LetheError) async {
        do {
            let process = try open()
            if error.code == "hold-unresolved" || error.code == "request-unresolved" {
                let rebuilt = try RebuildInventory(context(process)).run()
                note("  rebuilt: \(rebuilt.restoredHolds.count) holds, \(rebuilt.restoredRequests.count) requests")
                if try differences(process).isEmpty { return }
            }
            switch error.code {
            case "locked-policy": try unlock()
            // The limits are of a day.
            case "over-limit": clock.advance(seconds: 86_400)
            case "hold-unresolved":
                for id in try differences(process).compactMap(\.lostHold) {
                    try ReleaseHold(inventory: process.inventory, log: process.log)
                        .run(id, by: "counsel", reason: "lost")
                    change { $0.model.release(id) }
                }
            case "request-unresolved":
                for id in try differences(process).compactMap(\.lostRequest) {
                    try DecideRequest(context(process), rules: try decider(), by: "ada", reason: "lost")
                        .recordLoss(of: id)
                    forgotten.insert(id)
                    change { $0.model.requests[id]?.isEnded = true }
                }
            case "plan-halted":
                for plan in try process.inventory.plans(in: [.halted]) {
                    do {
                        try await applyPlan(plan.id, reason: "seen", process)
                    } catch let error as LetheError where error.code == "plan-stale" {
                        // "Settled and closed": what its hint says goes on from there.
                        let state = try process.inventory.plan(plan.id).state
                        if !state.isClosed { violate("lethe plan apply --reason: plan-stale, and it is \(state)") }
                        await heed(error)
                    }
                }
            case "approval-needed":
                for plan in try process.inventory.plans(in: [.proposed]) {
                    for name in ["ada", "grace"] where try process.inventory.plan(plan.id).state == .proposed {
                        try approve(plan.id, name)
                    }
                    try await applyPlan(plan.id, reason: nil, process)
                }
            case "approval-expired", "plan-stale", "plan-closed":
                // "Plan it anew: lethe erase --resume REQUEST".
                guard let word = error.hint?.split(separator: " ").last, let id = try? RequestID(String(word)) else {
                    return
                }
                try await resume(id, model.requests[id]?.handles, [], process, appliedBy: "ada")
            default: break
            }
        } catch {
            note("  heeding \(error)")
        }
    }

    /// "More of the person is held", and "a file from before the answer reopens the request": what is known of them by now and
    /// may go has gone.
    private func expectNothingMissed(_ process: Process) {
        let now = clock.truth.adding(seconds: -3600)
        let states = (try? process.inventory.requests()) ?? []
        let answered = Set(states.filter { $0.state == .completed }.map(\.id))
        change { stage in
            let model = stage.model
            for (id, asked) in model.requests where answered.contains(id) && !asked.isEnded {
                guard let until = asked.answered else { continue }
                for file in stage.population.files where stage.exists(file.id, at: now) {
                    guard file.created < until.adding(seconds: -3600), !stage.population.isLiedOf.contains(file.id),
                        !model.mayBeHeld(file.id, now: now)
                    else { continue }
                    let mayGo = [model.facts, model.perhaps].allSatisfy { facts in
                        // What is known as of after the answer is a new matter.
                        facts.createdTime(of: file.id).map { $0 < until } ?? false
                            && asked.reasonToStay(file.id, facts) == nil
                            && model.rules.groundToStay(file.id, facts, now: now) == nil
                    }
                    guard mayGo else { continue }
                    stage.violate(
                        "an answered request misses \(stage.name(file.id)), which is known: answered \(until.brief), "
                            + "conversation \(asked.isConversation), created \(file.created.brief) and known as "
                            + "\(model.facts.createdTime(of: file.id)?.brief ?? "unknown"), "
                            + model.facts.story(of: file.id))
                }
            }
        }
    }

    private func expectEverythingDone() {
        guard violations.isEmpty, let process = try? open() else { return }
        expectNothingMissed(process)
        expectCertificates(process)
        let now = clock.truth.adding(seconds: -3600)
        let isAsked = Set((try? process.inventory.requests().map(\.id)) ?? [])
        for id in requests where !isAsked.contains(id) && model.requests[id]?.isEnded == false {
            violate("a request is lost and nothing says so")
        }
        change { stage in
            for file in stage.population.files where stage.exists(file.id, at: now) {
                let isHeld = stage.model.mayBeHeld(file.id, now: now)
                guard stage.model.facts.known.contains(file.id), !isHeld else { continue }
                let reasons = [stage.model.facts, stage.model.perhaps].map {
                    stage.model.rules.reasonToStay(file.id, $0, now: now)
                }
                guard reasons.allSatisfy({ $0 == nil }) else { continue }
                stage.violate(
                    "\(stage.name(file.id)) is due, nothing keeps it, and the vendor has it: "
                        + stage.model.facts.story(of: file.id))
            }
        }
    }

    /// "A certificate is made again from its records": each that can be issued bears out everything that it says.
    private func expectCertificates(_ process: Process) {
        let requests = (try? process.inventory.requests()) ?? []
        for request in requests where request.state.isClosed {
            do {
                let proved = try IssueCertificate(inventory: process.inventory, log: process.log).run(request.id).proved
                if let gap = proved.unproved.first { violate("a certificate is not proved: \(gap)") }
                let now = clock.truth
                change { stage in
                    for item in proved.items where stage.exists(item.attachment, at: now) {
                        let name = stage.name(item.attachment)
                        if item.outcome.group == .deleted {
                            stage.violate("a certificate calls \(name) deleted, and the vendor has it")
                        } else if request.state == .completed {
                            stage.violate("a request is completed, \(name) is \(item.outcome) and the vendor has it")
                        }
                    }
                }
            } catch {
                guard error.code != "no-plan" else { continue }
                violate("no certificate of a request that is \(request.state): \(error.message)")
            }
        }
    }
}
