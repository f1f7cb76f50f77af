import Audit
import Dispatch
import Domain
import Foundation
import Inventory
import Rules
import Synchronization

/// Performs the machine's commands: appends to the audit log on a thread of its own, reads holds and facts on another,
/// asks the vendor in tasks. **The one place in the code that calls `VendorAPI.delete`.**
struct PlanDriver: Sendable {
    let context: RunContext
    let run: RunID
    let redecider: Redecider
    let lease: RunLease
    let journal: RunJournal

    /// fsync blocks, so it has a queue of its own; serial, so records and their projection keep their order.
    private let writing = DispatchQueue(label: "lethe.audit")
    private let reading = DispatchQueue(label: "lethe.facts")
    private let projecting = DispatchQueue(label: "lethe.projection")
    private let urls = DownloadURLs()
    private let failedCommit = FailedCommit()
    private let sent = SentDeletes()
    private let pause = Pause()

    /// Why the audit log could not be written, where that halted the run.
    var commitFailure: LetheError? { failedCommit.error }

    /// How often a signal and the kill file are looked for while nothing else happens.
    private static let watchInterval: Int64 = 200_000
    /// The rules are looked at once a second.
    private static let roundsPerLook = 5

    init(context: RunContext, run: RunID, redecider: Redecider, lease: RunLease, journal: RunJournal) {
        self.context = context
        self.run = run
        self.redecider = redecider
        self.lease = lease
        self.journal = journal
    }

    /// Feeds the machine until it is finished, and gives it back.
    func drive(_ start: DeletionMachine, progress: @Sendable (DeletionMachine) -> Void) async -> DeletionMachine {
        var machine = start
        var random = SystemRandomNumberGenerator()
        let (events, inbox) = AsyncStream.makeStream(of: MachineEvent.self)
        await withDiscardingTaskGroup { group in
            group.addTask { await watch(inbox) }
            inbox.yield(.began)
            var alarm: Timestamp?
            for await event in events {
                if case .tick = event { alarm = nil }
                let now = context.time.now()
                for command in machine.handle(event, now: now, using: &random) {
                    group.addTask { await perform(command, inbox) }
                }
                progress(machine)
                guard !machine.isFinished else { break }
                guard let wake = machine.nextWake, alarm.map({ wake < $0 }) ?? true else { continue }
                alarm = wake
                group.addTask {
                    await context.time.sleep(microseconds: max(0, wake.microseconds - now.microseconds))
                    inbox.yield(.tick)
                }
            }
            group.cancelAll()
        }
        // What the last commits said may still be on its way into the inventory.
        await Self.blocking(writing) {}
        await Self.blocking(projecting) {}
        return machine
    }

    private func perform(_ command: MachineCommand, _ inbox: AsyncStream<MachineEvent>.Continuation) async {
        switch command {
        case .decide(let ids): inbox.yield(await Self.blocking(reading) { decide(ids) })
        case .commit(let records): await commit(records, inbox)
        case .check(let id):
            while pause.isOn, !Task.isCancelled { await context.time.sleep(microseconds: Self.watchInterval) }
            inbox.yield(.checked(id, await Self.blocking(reading) { check(id) }))
        case .delete(let id):
            sent.add(id)
            let answer = await context.vendor.delete(id)
            note(answer, of: id, inbox)
            inbox.yield(.answered(id, answer))
            compareClocks(answer, inbox)
        case .lookUp(let id, let reason):
            let lookUp = await context.vendor.lookUp(id)
            compareClocks(lookUp.answer, inbox)
            note(lookUp.answer, of: id, inbox)
            keep(lookUp, of: id, reason, inbox)
            inbox.yield(.lookedUp(id, reason, lookUp.answer, hasURL: lookUp.url != nil))
        case .head(let id):
            guard let url = urls.take(id) else {
                _ = inbox.yield(.headed(id, VendorAnswer(.failure(.connectionRefused))))
                return
            }
            inbox.yield(.headed(id, await context.vendor.head(url)))
        case .finish: break
        }
    }

    /// In a long run the clock may have been set since the preflight.
    private func compareClocks(_ answer: VendorAnswer, _ inbox: AsyncStream<MachineEvent>.Continuation) {
        guard let tolerance = context.clockTolerance, context.overrides?.acceptsClock != true, let date = answer.date
        else {
            return
        }
        let apart = abs(context.hostTime.now().microseconds - date.microseconds)
        if apart > (tolerance + 60) * 1_000_000 { inbox.yield(.stop(.clockDoubtful)) }
    }

    /// Whose answers an item gets lasts over runs.
    private func note(
        _ answer: VendorAnswer, of id: AttachmentID, _ inbox: AsyncStream<MachineEvent>.Continuation
    ) {
        do throws(LetheError) {
            try context.inventory.note(answer, of: id, at: context.time.now())
        } catch {
            inbox.yield(.stop(Self.cause(error)))
        }
    }

    /// What a GET says for later, on disk before a DELETE can leave: what it found, or that it missed it before our first DELETE.
    private func keep(
        _ lookUp: AttachmentLookup, of id: AttachmentID, _ reason: LookUpReason,
        _ inbox: AsyncStream<MachineEvent>.Continuation
    ) {
        if reason == .before, let url = lookUp.url { urls.keep(url, of: id) }
        do throws(LetheError) {
            // It may tell when the attachment was made: then it is decided again.
            if reason == .before, let found = lookUp.found, found.id == id {
                _ = try context.inventory.record([Delivery(lookups: [found])], now: context.time.now())
            }
            switch LookUpFinding(lookUp.answer) {
            case .present: try context.inventory.forgetMiss(of: id)
            case .absent where [.before, .probe].contains(reason) && !sent.contains(id):
                try context.inventory.noteMiss(of: id, at: context.time.now(), before: redecider.plan.id)
            case .absent, .keyRefused, .unknown: break
            }
        } catch {
            inbox.yield(.stop(Self.cause(error)))
        }
    }

    private func decide(_ ids: [AttachmentID]) -> MachineEvent {
        do throws(LetheError) {
            return .decided(try redecider.decide(ids, now: context.time.now()))
        } catch {
            return .undecidable(Self.cause(error))
        }
    }

    private func check(_ id: AttachmentID) -> CheckResult {
        if context.hasStopFile { return .halt(.killFile) }
        guard lease.isIntact else { return .halt(.leaseLost) }
        do throws(LetheError) {
            return .current(try redecider.version(of: id))
        } catch {
            return .halt(Self.cause(error))
        }
    }

    /// Why a run ends for which something of the inventory could not be read or written.
    private static func cause(_ error: LetheError) -> HaltCause {
        isReplaced(error) ? .inventoryReplaced : .holdsUnreadable
    }

    private static func isReplaced(_ error: LetheError) -> Bool {
        ["inventory-moved", "older-inventory"].contains(error.code)
    }

    /// The machine goes on as soon as the records are durable; the inventory follows the log at its own pace. If that fails
    /// nothing is lost: the next catch-up goes on from there.
    private func commit(_ records: [AuditRecord], _ inbox: AsyncStream<MachineEvent>.Continuation) async {
        await Self.blocking(writing) {
            do throws(LetheError) {
                guard lease.isIntact else { throw Self.leaseLost }
                try journal.append(records)
                inbox.yield(.committed)
            } catch {
                failedCommit.keep(error)
                inbox.yield(.commitFailed)
            }
        }
        projecting.async { _ = try? CatchUp(inventory: context.inventory, log: context.log).follow() }
    }

    private static let leaseLost = LetheError(
        "lease-lost", .failed, "run.lock or the workspace was removed or replaced while the plan was carried out",
        hint: HaltCause.leaseLost.hint)

    private func watch(_ inbox: AsyncStream<MachineEvent>.Continuation) async {
        var rules = RulesWatch(expected: redecider.decider.digest)
        var round = 0
        while !Task.isCancelled {
            if let cause = reasonToStop() ?? (round % Self.roundsPerLook == 0 ? doubt(of: &rules) : nil) {
                _ = inbox.yield(.stop(cause))
                pause.isOn = false
                return
            }
            round += 1
            await context.time.sleep(microseconds: Self.watchInterval)
        }
    }

    private func reasonToStop() -> HaltCause? {
        do throws(LetheError) { try context.inventory.refuseReplaced() } catch {
            if Self.isReplaced(error) { return .inventoryReplaced }
        }
        if context.shouldStop() || (try? context.inventory.isAskedToStop(redecider.plan.id)) == true { return .signal }
        return context.hasStopFile ? .killFile : nil
    }

    private func doubt(of rules: inout RulesWatch) -> HaltCause? {
        guard let inForce = context.rulesInForce, redecider.plan.kind != .drill else { return nil }
        let verdict = rules.look(try? inForce(), now: context.time.now())
        pause.isOn = verdict == .pause
        return verdict == .changed ? .policiesChanged : nil
    }

    private static func blocking<Value: Sendable>(
        _ queue: DispatchQueue, _ work: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}

/// The rules are in doubt: no DELETE leaves while it is on.
private final class Pause: Sendable {
    private let state = Mutex(false)

    var isOn: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Download URLs between a GET and the HEAD that must find nothing: in memory only.
private final class DownloadURLs: Sendable {
    private let urls = Mutex<[AttachmentID: DownloadURL]>([:])

    func keep(_ url: DownloadURL, of id: AttachmentID) { urls.withLock { $0[id] = url } }
    func take(_ id: AttachmentID) -> DownloadURL? { urls.withLock { $0.removeValue(forKey: id) } }
}

/// For what a DELETE of this run was sent.
private final class SentDeletes: Sendable {
    private let ids = Mutex<Set<AttachmentID>>([])

    func add(_ id: AttachmentID) { ids.withLock { _ = $0.insert(id) } }
    func contains(_ id: AttachmentID) -> Bool { ids.withLock { $0.contains(id) } }
}

/// The first error of an append.
private final class FailedCommit: Sendable {
    private let first = Mutex<LetheError?>(nil)

    var error: LetheError? { first.withLock { $0 } }
    func keep(_ error: LetheError) { first.withLock { $0 = $0 ?? error } }
}
