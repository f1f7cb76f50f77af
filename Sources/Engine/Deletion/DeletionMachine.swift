package import Domain
import LinqClient

/// Carries a plan's items through their deletion, each on its own: decided again → intent queued → intent durable →
/// holds and kill file read → DELETE sent → answered → closed, or later a new intent.
///
/// Pure: events in, commands out. It reads no clock, no file and no socket; time, random numbers and answers come with the
/// events. `ApplyPlan` performs its commands. What it guarantees (`docs/execution.md`):
///
/// - `delete(x)` is only ever commanded after a `commit` that holds x's intent was answered by `committed`, and after a
///   `check` that found holds and facts as they were when x was decided.
/// - Each item is closed at most once, by one record, and `run.end` is written when every item is.
/// - After a halt nothing new is decided, committed as an intent, or sent; what is on its way is awaited and recorded.
package struct DeletionMachine: Sendable {
    package struct Settings: Sendable {
        package var maxInFlight: Int
        package var requestsPerSecond: Int
        /// GET before and after each DELETE, and HEAD of the URL: grade A. For erasure plans.
        package var provesEach: Bool
        package var usesCanary: Bool
        /// Up to so many absences of the plan halt nothing.
        package var acceptedAbsences: Int

        package init(
            maxInFlight: Int = 8, requestsPerSecond: Int = 10, provesEach: Bool = false, usesCanary: Bool = true,
            acceptedAbsences: Int = 0
        ) {
            self.maxInFlight = max(1, maxInFlight)
            self.requestsPerSecond = max(1, requestsPerSecond)
            self.provesEach = provesEach
            self.usesCanary = usesCanary
            self.acceptedAbsences = acceptedAbsences
        }
    }

    let run: RunID
    let settings: Settings
    let retryPolicy = RetryPolicy()
    var items: [AttachmentID: MachineItem] = [:]
    /// Items of the plan in its order, and how many of them were admitted.
    var notAdmitted: [AttachmentID] = []
    var admitted = 0
    var canary: Canary
    /// Deleted in the canary's present step.
    var stepDeleted: [AttachmentID] = []

    /// What waits for a time, latest first.
    var timers: [(at: Timestamp, work: Work)] = []
    /// Retries whose time has come.
    var dueRetries: [AttachmentID] = []
    /// Intents that are durable and not yet sent.
    var ready: [AttachmentID] = []
    /// GETs and HEADs to make.
    var pendingLookups: [MachineCommand] = []
    /// Items being decided, queued or ready.
    var pipeline = 0
    /// Checks and requests on their way.
    var active = 0

    var journal: [AuditRecord] = []
    var committing: [AuditRecord]?

    /// At most a tenth of a second's worth goes at once, so that no second sees many more than the rate.
    var pace: TokenBucket
    var breaker = CircuitBreaker()
    var tallies = Tallies()
    /// The machine's own clock: it never goes back.
    var clock: Timestamp?

    /// Final outcomes so far, those of earlier runs of the plan included.
    package internal(set) var counts: OutcomeCounts
    package internal(set) var halted: HaltCause?
    /// Where the vendor asked to wait for so long that the run halted.
    package internal(set) var resumeAfter: Timestamp?
    package internal(set) var isFinished = false
    /// When `tick` is wanted; `nil` = not at all.
    package internal(set) var nextWake: Timestamp?
    var hasConcluded = false
    /// How often the breaker asked whether the vendor is back: for another item each time.
    var probes = 0

    enum Work: Sendable {
        case retry(AttachmentID)
        case ask(MachineCommand)
    }

    /// `progress`: what earlier runs of this plan did, with open intents settled; those that could not be settled are
    /// left alone and stay open.
    package init(run: RunID, plan: Plan, settings: Settings, progress: PlanProgress = PlanProgress()) {
        self.run = run
        self.settings = settings
        counts = OutcomeCounts()
        pace = TokenBucket(
            perSecond: settings.requestsPerSecond, burst: settings.requestsPerSecond / 10)
        for planned in plan.items {
            let id = planned.attachment
            items[id] = MachineItem(planned: planned, history: progress.history[id] ?? ItemHistory())
            items[id]?.isGone = progress.gone.contains(id)
            items[id]?.isOpenElsewhere = progress.open[id] != nil
            if let outcome = progress.closed[id] {
                items[id]?.phase = .closed
                items[id]?.outcome = outcome
                counts.add(outcome)
            } else if planned.withheld == nil, progress.open[id] == nil {
                notAdmitted.append(id)
            }
        }
        canary = Canary(items: notAdmitted.count, isWanted: settings.usesCanary)
    }

    /// Takes one event and says what to do next. `now` is the clock's reading, whatever it says.
    package mutating func handle(
        _ event: MachineEvent, now reading: Timestamp, using random: inout some RandomNumberGenerator
    ) -> [MachineCommand] {
        guard !isFinished else { return [] }
        let now = advanceClock(to: reading)
        var commands: [MachineCommand] = []
        switch event {
        case .began: closeWithheld()
        case .tick: break
        case .stop(let cause): halt(cause)
        case .decided(let redecisions):
            for redecision in redecisions { handleDecision(redecision, using: &random) }
        case .undecidable(let cause): halt(cause)
        case .committed: releaseCommitted()
        case .commitFailed: failCommit()
        case .checked(let id, let result): commands += send(id, after: result)
        case .answered(let id, let answer): handleDeleteResponse(answer, of: id, now: now, using: &random)
        case .lookedUp(let id, let reason, let answer, let hasURL):
            handleLookupResponse(answer, of: id, to: reason, hasURL: hasURL, now: now, using: &random)
        case .headed(let id, let answer): takeHead(answer, of: id)
        }
        commands += proceed(now: now, using: &random)
        return commands
    }

    /// Small steps back of the clock are bridged; one of more than five seconds halts the run.
    private mutating func advanceClock(to reading: Timestamp) -> Timestamp {
        if let clock, reading < clock.adding(seconds: -5) { halt(.clockStep) }
        let now = clock.map { max(reading, $0.adding(microseconds: 1)) } ?? reading
        clock = now
        return now
    }
}

/// One item on its way.
struct MachineItem: Sendable {
    enum Phase: Sendable {
        /// Not admitted yet, or waiting for its backoff.
        case waiting
        case deciding
        /// Its intent is in the journal, or in the commit on its way.
        case queued
        case ready
        /// Check or DELETE on its way.
        case sending
        /// Its attempts are spent: a GET is to tell how it ended.
        case settling
        case closed
    }

    let planned: PlanItem
    var phase = Phase.waiting
    var history: ItemHistory
    var outcome: Outcome?
    /// It had gone by another way when the run began.
    var isGone = false
    /// A DELETE of another plan has no answer yet: nothing is said of the item before that is settled.
    var isOpenElsewhere = false
    /// What was so when it was last decided to go.
    var version: FactsVersion?
    /// It has an intent without an outcome.
    var hasOpenIntent = false
    /// The DELETE of that intent has left.
    var isIntentSent = false
    var seenBefore = false
    var ephemeralEnds: Timestamp?
    /// Grade A: it was looked up before the DELETE, the answer was a 200, and it named a URL.
    var wasLookedUp = false
    /// A DELETE of this run was sent for it.
    var wasSent = false
    var wasFoundBefore = false
    var wasMissed = false
    /// The DELETE's 404 that a GET is to confirm.
    var absence: VendorAnswer?
    var hasURL = false
    /// Attempts that cannot have acted do not count, but an hour after the first of them the item is spent.
    var uncounted = 0
    var giveUpAt: Timestamp?
    /// The last answer was that it is not ready yet.
    var awaitsReadiness = false
    /// In this run, 404s that are not the vendor's own.
    var foreignAnswers = 0
    /// Why it may not go any more, where a GET is to tell whether it has gone already.
    var kept: Kept?

    struct Kept: Sendable {
        let outcome: Outcome
        let reason: String
    }
}

/// What the halts look at: this run's outcomes from answers, not those settled or withheld.
struct Tallies: Sendable {
    var answered = 0
    var failed = 0
    var absent = 0
    var unproven = 0
    var forbidden = 0

    /// More than 5 % failed, more than 5 % already absent, or more than 1 % never seen, after twenty items.
    var surprise: HaltCause? {
        guard answered >= 20 else { return nil }
        if unproven * 100 > answered { return .tooManyUnproven }
        if absent * 20 > answered { return .tooManyAbsent }
        if failed * 20 > answered { return .tooManyFailures }
        return nil
    }
}
