import Audit
import Cryptography
import Domain
import Foundation
import Inventory
import Rules
import Synchronization
import TestSupport

@testable import Engine

/// One world from its seed: people, chats and files, a vendor, an operator, and fate. Each step is done to Lethe's real
/// workflows on real databases and to the model, and then both are compared.
final class SimulatedLife {
    enum Event: String, CaseIterable {
        case send, sendToMany, deliverLate, deliverAgain, sync, run, twoRuns, erase, resume, resumeInPart, approve,
            apply
        case includeShared, refuse, withdraw, hold, holdOnPerson, release, cancel, editPolicies, days, weather,
            fairWeather, kill
        case removeLock, backUp, restore, verify
    }

    /// What happens often in life happens often here.
    private static let deck =
        Event.allCases + [
            .send, .send, .send, .send, .sendToMany, .run, .run, .days, .weather, .weather, .erase, .apply, .apply,
            .kill,
        ]

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ text: String) { description = text }
    }

    static let lines = ["+12025550143", "+12025550188"].compactMap { try? PhoneLine($0) }
    private static let isLoud = ProcessInfo.processInfo.environment["LETHE_WORLD_LOUD"] != nil
    private static let start = Timestamp(seconds: 1_795_000_000)

    let seed: UInt64
    var trace: [String] = []
    /// How often each event came, each state was reached, each outcome seen.
    var coverage: [String: Int] = [:]

    private var random: SeededGenerator
    private var clock = WorldClock(SimulatedLife.start)
    private let root: TemporaryDirectory
    private var directory: URL
    private var inventory: InventoryStore
    private var log: AuditLog
    private let world: WorldVendor
    private var model = WorldModel(policies: .init(days: 30))
    private var people: [[Handle]] = []
    private var undelivered: [Delivery] = []
    private var delivered: [Delivery] = []
    private var meanings: [AttachmentID: [WorldModel.Message]] = [:]
    private var backup: (url: URL, told: [AttachmentID: [WorldModel.Message]])?
    private var numbers: UInt128 = 0
    private var generation = 0

    init(seed: UInt64, onDisk: Bool = false) throws {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        root = try TemporaryDirectory(inMemory: !onDisk)
        directory = root.file("w0")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let location = Self.location(directory)
        _ = try AuditLog.create(location, name: "lethe.test", tool: "lethe test", time: clock)
        log = try AuditLog.open(location, time: clock)
        inventory = try InventoryStore.create(
            at: directory.appending(path: "inventory.db"),
            keys: LookupKeys.create(at: location.keys.appending(path: "lookup.key")))
        world = WorldVendor(lines: Self.lines, seed: seed &+ 1, clock: clock)
        for number in 0..<3 {
            var handles = [try Handle("+1415555010\(number)")]
            if number < 2 { handles.append(try Handle("person\(number)@example.com")) }
            people.append(handles)
        }
        for line in Self.lines {
            for person in people.indices { addChat(on: line, [people[person][0]]) }
            addChat(on: line, [people[0].last ?? people[0][0], people[1][0]])
        }
        addChat(on: Self.lines[0], [people[1].last ?? people[1][0]])
        for _ in 0..<Int.random(in: 2...16, using: &random) { send(chats: chance(0.2) ? 2 : 1) }
    }

    private static func location(_ directory: URL) -> AuditLog.Location {
        AuditLog.Location(database: directory.appending(path: "audit.db"), keys: directory.appending(path: "keys"))
    }

    private func next() -> UInt128 {
        numbers += 1
        return numbers << 32 | 0xABCD
    }

    private func addChat(on line: PhoneLine, _ members: [Handle]) {
        let id = ChatID(value: next())
        world.with { $0.chats[id] = WorldVendor.Chat(line: line, members: members) }
    }

    private func person(_ handle: Handle) -> Int { people.firstIndex { $0.contains(handle) } ?? -1 }
    private func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }
    private func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &random) }

    private func context(_ vendor: any VendorAPI, shouldStop: @escaping @Sendable () -> Bool = { false }) -> RunContext
    {
        RunContext(
            inventory: inventory, log: log, vendor: vendor, time: clock, partner: "p", workspace: directory,
            clockTolerance: nil, shouldStop: shouldStop)
    }

    private var rules: Decider {
        var text = """
            version: 1
            policies:
              - {id: default, title: Default, why: Nothing for ever., delete_after: \(model.policies.days)d}

            """
        if let line = model.policies.keptLine {
            text += """
                  - id: kept
                    title: Kept
                    why: Claims.
                    scope: {lines: ["\(line.number)"]}
                    retain: 45d
                    legal_ground: gdpr.17.3.e
                """
        }
        return TestRules.decider(text)
    }

    private static let settings = ApplyPlan.Settings(
        maxInFlight: 1, requestsPerSecond: 1_000_000, operatorName: "tester")

    private func retention(_ context: RunContext) -> RunRetention {
        RunRetention(
            context, rules: rules, limits: .init(maxPercent: 100), approval: ApprovalRule(above: 5000),
            settings: Self.settings)
    }

    // MARK: - steps

    func live(steps: Int, skipping: Set<Int> = []) async throws {
        for step in 0..<steps {
            let event = pick(Self.deck) ?? .send
            let here = SeededGenerator(seed: seed &* 1000 &+ UInt64(step))
            if skipping.contains(step) { continue }
            random = here
            trace.append("\(step) \(event.rawValue)")
            if Self.isLoud { FileHandle.standardError.write(Data("\(seed) \(step) \(event.rawValue)\n".utf8)) }
            coverage["event \(event.rawValue)", default: 0] += 1
            try await perform(event)
            try check()
        }
        try await calmDown()
    }

    private func note(_ text: String) { trace[trace.count - 1] += ": \(text)" }

    /// Does it, and notes what was refused; what no refusal is allowed to be fails the world.
    private func attempt(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as LetheError {
            note(error.code)
            coverage["error \(error.code)", default: 0] += 1
            let allowed: Set<ExitStatus> = [.refused, .usage, .incomplete]
            let isVendor = ["vendor-unreachable", "unauthorized"].contains(error.code)
            guard allowed.contains(error.status) || isVendor else {
                throw Failure("\(error.code): \(error.message)")
            }
        }
    }

    private func perform(_ event: Event) async throws {
        let session = world.session()
        switch event {
        case .send: send(chats: 1)
        case .sendToMany: send(chats: 2)
        case .deliverLate: try deliver(undelivered.isEmpty ? [] : [undelivered.removeLast()])
        case .deliverAgain: try deliver(pick(delivered).map { [$0] } ?? [])
        case .sync:
            try await attempt {
                _ = try await SyncFromAPI(context(session)).run()
                learnAll()
            }
        case .run: try await attempt { try await run(session) }
        case .twoRuns:
            try await attempt {
                let second = retention(context(world.session()))
                async let other: Void = { _ = try? await second.run() }()
                do { try await run(session) } catch {
                    await other
                    throw error
                }
                await other
            }
        case .erase: try await attempt { try await erase(session) }
        case .resume, .resumeInPart, .includeShared: try await attempt { try await resume(event, session) }
        case .approve: try await attempt { try approve() }
        case .apply: try await attempt { try await applyRequest(session) }
        case .refuse, .withdraw: try await attempt { try await end(event, session) }
        case .hold, .holdOnPerson: try await attempt { try hold(event) }
        case .release: try await attempt { try release() }
        case .cancel:
            try await attempt {
                guard let plan = pick(try inventory.plans(in: [.proposed, .approved, .applying, .halted])) else {
                    return
                }
                try await CancelPlan(context(session), rules: rules, by: "ada").run(plan.id)
            }
        case .editPolicies:
            model.earlierPolicies = []
            model.policies = .init(days: pick([10, 30, 60]) ?? 30, keptLine: chance(0.4) ? pick(Self.lines) : nil)
        case .days: clock.advance(seconds: Int64.random(in: 1...20, using: &random) * 86_400)
        case .weather:
            let weather = WorldVendor.Weather(
                errors: pick([0, 0.1, 0.4]) ?? 0, lostAnswers: pick([0, 0.3]) ?? 0, lies: pick([0, 0, 0.2]) ?? 0,
                isGateway: chance(0.2), oddPages: chance(0.5))
            world.with { $0.weather = weather }
        case .fairWeather: world.with { $0.weather = .init() }
        case .kill: try await kill()
        case .removeLock: try? FileManager.default.removeItem(at: directory.appending(path: "run.lock"))
        case .backUp: try backUp()
        case .restore: try restore()
        case .verify:
            try await attempt { _ = try await VerifyDeletions(context(session), tiers: TierMap()).run() }
        }
    }

    // MARK: - the world

    private func send(chats count: Int) {
        let all = world.with { $0.chats }.sorted { $0.key < $1.key }
        let id = AttachmentID(value: next())
        let now = clock.now().adding(seconds: -Int64.random(in: 0...70, using: &random) * 86_400)
        var deliveries: [Delivery] = []
        let chats = all.shuffled(using: &random).prefix(count)
        for (chat, facts) in chats {
            let isOurs = count > 1 || chance(0.4)
            let sender = isOurs ? nil : facts.members.randomElement(using: &random)
            let observation = MessageObservation(
                message: MessageID(value: next()), chat: chat, isGroup: facts.isGroup, line: facts.line,
                direction: isOurs ? .outbound : .inbound, sender: sender, members: facts.members,
                membersAreComplete: true, sentAt: now, envelopeTime: now,
                attachments: [ObservedAttachment(id: id, source: .message, mime: "image/jpeg", size: 1000)])
            let message = WorldModel.Message(
                chat: chat, line: facts.line, sender: sender.map(person), people: Set(facts.members.map(person)),
                isGroup: facts.isGroup, sentAt: now)
            meanings[id, default: []].append(message)
            deliveries.append(Delivery(event: EventID(value: next()), messages: [observation]))
            world.with { state in
                state.alive.insert(id)
                state.everHeld.insert(id)
                state.messages[chat, default: []].append(ListedMessage(observation: observation))
            }
        }
        // Some come at once, some late, some never.
        if chance(0.7) { try? deliver(deliveries) } else if chance(0.6) { undelivered += deliveries }
    }

    private func deliver(_ deliveries: [Delivery]) throws {
        guard !deliveries.isEmpty else { return }
        _ = try inventory.record(deliveries, now: clock.now())
        try RecordRequests(inventory: inventory, log: log).run()
        delivered += deliveries
        for message in deliveries.flatMap(\.messages) {
            for attachment in message.attachments { learn(attachment.id, in: message.chat) }
        }
    }

    private func learn(_ id: AttachmentID, in chat: ChatID?) {
        for message in meanings[id] ?? [] where chat == nil || message.chat == chat {
            if model.told[id]?.contains(where: { $0.chat == message.chat }) != true {
                model.told[id, default: []].append(message)
            }
        }
    }

    /// After a walk: what Lethe knows now it was told by the listings.
    private func learnAll() {
        for id in meanings.keys {
            guard let known = try? inventory.attachment(id) else { continue }
            for sighting in known.sightings { learn(id, in: sighting.chat) }
        }
    }

    // MARK: - the operator

    private func run(_ session: WorldVendor.Session) async throws {
        let answer = try await retention(context(session, shouldStop: { session.hasDied })).run()
        note(
            "\(answer.result.counts[.deleted as Outcome.Group]) deleted"
                + (answer.result.halted.map { ", \($0)" } ?? ""))
        for result in [answer.result] + answer.resumed {
            if let halted = result.halted { coverage["halt \(halted.rawValue)", default: 0] += 1 }
        }
    }

    private func openRequest() throws -> ErasureRequest? {
        pick(try inventory.requests().filter { !$0.state.isClosed })
    }

    private func erase(_ session: WorldVendor.Session) async throws {
        let number = Int.random(in: people.indices, using: &random)
        var ask = PlanErasure.Ask(handles: people[number], openedBy: "clerk")
        ask.isOffline = chance(0.3)
        let planned = try await PlanErasure(context(session), rules: rules, limits: Limits()).run(ask)
        model.requests.append(.init(id: planned.request.id, person: number))
        learnAll()
        try look()
    }

    private func resume(_ event: Event, _ session: WorldVendor.Session) async throws {
        guard let request = pick(try inventory.requests()), let index = index(of: request.id) else { return }
        var again = PlanErasure.Repeat(request.id)
        let handles = people[model.requests[index].person]
        again.handles = event == .resumeInPart ? Array(handles.prefix(1)) : handles
        if event == .includeShared { again.include = [.others, .unknownRecipients] }
        again.by = "clerk"
        let before = request.coverage
        _ = try await PlanErasure(context(session), rules: rules, limits: Limits()).run(again: again)
        if event == .includeShared { model.requests[index].includesShared = true }
        learnAll()
        try look()
        let after = try inventory.request(request.id)?.coverage
        if event == .resumeInPart, handles.count > 1, before != .complete, after == .complete {
            throw Failure("coverage became complete by a part of the handles")
        }
    }

    private func index(of id: RequestID) -> Int? { model.requests.firstIndex { $0.id == id } }

    /// What plans list, people see.
    private func look() throws {
        for summary in try inventory.plans() {
            guard let request = summary.request, let index = index(of: request) else { continue }
            let plan = try inventory.plan(summary.id).plan
            model.requests[index].listed.formUnion(plan.items.map(\.attachment))
        }
    }

    private func approve(_ wanted: ErasureRequest? = nil) throws {
        guard let request = try wanted ?? openRequest(), let plan = request.plan else { return }
        let record = try ApprovePlan(inventory: inventory, log: log, time: clock, rules: ApprovalRule())
            .run(plan, by: "ada")
        consent(request.id, record)
    }

    /// What others received is shown, and not agreed to.
    private func consent(_ id: RequestID, _ record: PlanRecord) {
        guard let index = index(of: id) else { return }
        let items = record.plan.items.filter { $0.withheld?.outcome != .withheldShared }
        model.requests[index].approved.formUnion(items.map(\.attachment))
    }

    private func applyRequest(_ session: WorldVendor.Session, _ wanted: ErasureRequest? = nil) async throws {
        guard let request = try wanted ?? openRequest(), let plan = request.plan else { return }
        let record = try inventory.plan(plan)
        if record.state == .proposed { consent(request.id, record) }
        let result = try await ApplyErasure(
            context(session, shouldStop: { session.hasDied }), rules: rules, approval: ApprovalRule(),
            settings: Self.settings, by: "ada"
        ).run(plan)
        if let halted = result.halted { coverage["halt \(halted.rawValue)", default: 0] += 1 }
    }

    private func end(_ event: Event, _ session: WorldVendor.Session) async throws {
        guard chance(0.6), let request = try openRequest() else { return }
        let decide = try DecideRequest(context(session), rules: rules, by: "ada", reason: "by letter")
        _ = event == .refuse ? try await decide.refuse(request.id) : try await decide.withdraw(request.id)
        if let index = index(of: request.id) { model.requests[index].isEnded = true }
    }

    private func hold(_ event: Event) throws {
        let until = chance(0.5) ? clock.now().adding(seconds: Int64.random(in: 5...40, using: &random) * 86_400) : nil
        var (scope, number): (LegalHold.Scope, Int?) = (.all, nil)
        if event == .holdOnPerson {
            let one = Int.random(in: people.indices, using: &random)
            scope = .subject(
                try people[one].compactMap { try inventory.pseudonym(for: $0, createIfMissing: true) }.sorted())
            number = one
        } else if chance(0.4), let id = pick(model.told.keys.sorted()) {
            scope = .attachment(id)
        } else if chance(0.5) {
            scope = .line(Self.lines[0])
        }
        let placed = try PlaceHold(inventory: inventory, log: log)
            .run(scope, by: "counsel", reason: "matter", until: until, now: clock.now())
        model.holds.append(.init(id: placed.id, scope: scope, person: number, until: until))
    }

    private func release() throws {
        guard let index = model.holds.indices.filter({ !model.holds[$0].isReleased }).randomElement(using: &random)
        else {
            return
        }
        try ReleaseHold(inventory: inventory, log: log)
            .run(model.holds[index].id, by: "counsel", reason: "closed", now: clock.now())
        model.holds[index].isReleased = true
    }

    // MARK: - fate

    /// A process dies at some call of the vendor's: its files as they are at that moment are all that is left.
    private func kill() async throws {
        let session = world.session()
        let (old, new) = (directory, root.file("w\(generation + 1)"))
        generation += 1
        let isCopied = Mutex(false)
        world.killAfter(Int.random(in: 1...8, using: &random)) {
            // Whatever commit is under way ends, as it would have or not.
            Thread.sleep(forTimeInterval: 0.004)
            try? FileManager.default.copyItem(at: old, to: new)
            isCopied.withLock { $0 = true }
        }
        _ = try? await retention(context(session, shouldStop: { session.hasDied })).run()
        world.cancelKill()
        guard isCopied.withLock({ $0 }) else { return note("not reached") }
        try open(new)
        note("killed")
        coverage["killed", default: 0] += 1
    }

    private func open(_ directory: URL) throws {
        self.directory = directory
        let location = Self.location(directory)
        log = try AuditLog.open(location, time: clock)
        inventory = try InventoryStore.open(
            at: directory.appending(path: "inventory.db"),
            keys: LookupKeys.load(from: location.keys.appending(path: "lookup.key")))
    }

    private func backUp() throws {
        generation += 1
        let copy = root.file("backup\(generation)")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for suffix in ["", "-wal"] {
            let file = directory.appending(path: "inventory.db\(suffix)")
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            try FileManager.default.copyItem(at: file, to: copy.appending(path: "inventory.db\(suffix)"))
        }
        backup = (copy, model.told)
    }

    /// An older inventory is put back beside today's log.
    private func restore() throws {
        guard chance(0.5), let backup else { return note("none") }
        generation += 1
        let new = root.file("w\(generation)")
        try FileManager.default.copyItem(at: directory, to: new)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(at: new.appending(path: "inventory.db\(suffix)"))
        }
        for file in try FileManager.default.contentsOfDirectory(atPath: backup.url.path) {
            try FileManager.default.copyItem(at: backup.url.appending(path: file), to: new.appending(path: file))
        }
        try open(new)
        model.told = backup.told
        // What was delivered since is not known any more.
        undelivered += delivered.suffix(4)
    }

    // MARK: - what must hold

    private func check() throws {
        let now = clock.now()
        let deleted = world.with { state in
            defer { state.deleted = [] }
            return state.deleted
        }
        learnAll()
        try look()
        for (id, at) in deleted where !model.mayGo(id, at: at) {
            throw Failure("\(id) was deleted, and nothing lets it go: \(explain(id, at))")
        }
        let (alive, lied) = world.with { ($0.alive, $0.liedAbout) }
        for id in meanings.keys {
            guard let record = try inventory.record(of: id) else { continue }
            if let outcome = record.outcome { coverage["outcome \(outcome.rawValue)", default: 0] += 1 }
            if record.attachment.state == .gone, alive.contains(id), !lied.contains(id) {
                throw Failure("\(id) is called gone, and the vendor has it")
            }
        }
        for request in try inventory.requests() { try check(request, alive.subtracting(lied), now) }
        for plan in try inventory.plans() { coverage["plan \(plan.state.rawValue)", default: 0] += 1 }
    }

    private func check(_ request: ErasureRequest, _ alive: Set<AttachmentID>, _ now: Timestamp) throws {
        coverage["request \(request.state.rawValue)", default: 0] += 1
        if !request.state.isClosed, try NextStep(request, in: inventory).command == nil {
            throw Failure("request \(request.id) is \(request.state.rawValue), with no way on")
        }
        guard let index = index(of: request.id), !model.requests[index].isEnded else { return }
        if request.state.isAnswered, model.requests[index].firstAnswer == nil {
            model.requests[index].firstAnswer = request.answered
        }
        guard request.state == .completed else { return }
        let left = model.mustBeGone(model.requests[index]).filter(alive.contains)
        guard left.isEmpty else {
            throw Failure("request \(request.id) is completed, and the vendor has \(left.count) of its files")
        }
    }

    private func explain(_ id: AttachmentID, _ at: Timestamp) -> String {
        let requests = model.requests.filter { model.isOf($0.person, id) }.map {
            "request of \($0.person) approved \($0.approved.contains(id)) covers \(model.covers($0, id)) ended \($0.isEnded)"
        }
        return
            "held \(model.isHeld(id, at: at)), due \(model.isDue(id, at: at)), \(requests), told \(model.told[id]?.count ?? 0)"
    }

    // MARK: - the end

    /// The world calms down and the operator does what the hints say: everything due is gone, every request answered.
    private func calmDown() async throws {
        trace.append("calm")
        world.with { $0.weather = .init() }
        try deliver(undelivered)
        undelivered = []
        for _ in 0..<8 {
            try await settle()
            try check()
            if try isAtRest() { break }
        }
        // A plan that was halted for review had kept the run before from planning anything.
        for _ in 0..<2 { try await attempt { try await run(world.session()) } }
        try check()
        let now = clock.now()
        let alive = world.with { $0.alive }
        let due = model.told.keys.filter { alive.contains($0) && model.isDue($0, at: now) }
        guard due.isEmpty else { throw Failure("\(due.count) files are due and still there: \(explain(due[0], now))") }
        for request in try inventory.requests() where !request.state.isClosed {
            throw Failure("request \(request.id) is still \(request.state.rawValue)")
        }
        try expectOneTruth()
    }

    private func isAtRest() throws -> Bool {
        try inventory.requests().allSatisfy(\.state.isClosed) && inventory.plans(in: [.applying, .halted]).isEmpty
    }

    private func settle() async throws {
        for lost in try inventory.unresolvedHolds() {
            try ReleaseHold(inventory: inventory, log: log).run(lost, by: "ada", reason: "lost", now: clock.now())
            for index in model.holds.indices where model.holds[index].id == lost {
                model.holds[index].isReleased = true
            }
        }
        for lost in try inventory.unresolvedRequests() {
            try DecideRequest(context(world.session()), rules: rules, by: "ada", reason: "lost").recordLoss(of: lost)
            if let index = index(of: lost) { model.requests[index].isEnded = true }
        }
        // A 204 that was none comes to light where somebody asks.
        try await attempt { _ = try await VerifyDeletions(context(world.session()), tiers: TierMap()).run() }
        world.with { $0.liedAbout = [] }
        try await attempt { try await run(world.session()) }
        for plan in try inventory.plans(in: [.halted]) {
            try await attempt {
                _ = try await ApplyPlan(context(world.session()), rules: rules, settings: Self.settings)
                    .run(plan.id, reason: "looked at")
            }
        }
        for request in try inventory.requests() where !request.state.isClosed || request.coverage == .partial {
            try await attempt { try await goOn(request) }
        }
    }

    private func goOn(_ request: ErasureRequest) async throws {
        let session = world.session()
        switch request.state {
        case .received, .completedWithExceptions:
            var again = PlanErasure.Repeat(request.id)
            again.handles = index(of: request.id).map { people[model.requests[$0].person] }
            _ = try await PlanErasure(context(session), rules: rules, limits: Limits()).run(again: again)
            learnAll()
            try look()
        case .planned, .approved: try await applyRequest(session, request)
        default: break
        }
    }

    /// The log verifies, and an inventory made anew from it says the same of what is gone.
    private func expectOneTruth() throws {
        try log.sealIfNeeded()
        let options = LogVerifier.Options(vkeys: [try VerifierKey(log.vkey)], now: clock.now())
        let report = try LogVerifier(options).verify(Self.location(directory).database)
        guard report.failures.isEmpty else {
            let records = try log.entries(after: -1, limit: 200).map { "\($0.seq) \($0.record)" }
            throw Failure(report.rendered + records.joined(separator: "\n"))
        }
        let fresh = try InventoryStore.create(
            at: root.file("fresh\(generation).db"),
            keys: LookupKeys.load(from: directory.appending(path: "keys").appending(path: "lookup.key")))
        try CatchUp(inventory: fresh, log: log).run()
        try CatchUp(inventory: inventory, log: log).run()
        for id in meanings.keys {
            let (now, again) = (try inventory.record(of: id), try fresh.record(of: id))
            guard let outcome = now?.outcome, now?.attachment.state == .gone else { continue }
            guard again?.outcome == outcome else {
                throw Failure("\(id) is \(outcome), and \(again?.outcome as Any) by the log")
            }
        }
    }
}
