import Domain
import Rules

/// The decision table read aloud, row by row, slow on purpose: no masks, no index, no early ways out. It shares nothing
/// with the product but the nouns and the calendar.
struct NaiveDecider {
    let policies: [Policy]
    let tiers: [TierMap.EphemeralLine]
    /// Since when the whole partner is ephemeral.
    var ephemeralSince: Timestamp?
    let attachment: Attachment
    let holds: [LegalHold]
    let request: RequestID?
    /// By when the request is to be carried out.
    var requestDue: Timestamp?
    var now: Timestamp

    struct Answer: Equatable {
        var verdict: Ruling.Action
        var reason: Reason
        var winner: RuleName?
    }

    init(_ world: RandomWorld, _ attachment: Attachment, request: RequestID?, due: Timestamp? = nil, now: Timestamp) {
        policies = world.policies
        tiers = world.spans
        ephemeralSince = world.ephemeralSince
        self.attachment = attachment
        holds = world.holds
        self.request = request
        requestDue = due
        self.now = now
    }

    enum Match { case yes, no, maybe }

    // MARK: Facts

    /// None of them where one is not believed: it may be the earliest or the latest.
    var messageTimes: [Timestamp] {
        for sighting in attachment.sightings {
            guard let sent = sighting.sentAt else { continue }
            if sent.description < "2007" { return [] }
            guard let envelope = sighting.firstEnvelope else { continue }
            let seconds = (sent.microseconds - envelope.microseconds) / 1_000_000
            if seconds > 300 || (seconds < -7 * 24 * 3600 && sighting.reconciledAt == nil) { return [] }
        }
        return attachment.sightings.compactMap { $0.sentAt ?? $0.firstEnvelope }
    }
    var created: Timestamp? { attachment.apiCreated ?? messageTimes.sorted().first }
    var lastUsed: Timestamp? { messageTimes.sorted().last }

    var tier: Tier? {
        guard let created else { return nil }
        if attachment.sightings.isEmpty { return .persistent }
        if attachment.sawPersistentURL || attachment.hasTierDrift { return .persistent }
        for sighting in attachment.sightings {
            if sighting.source == .upload { return .persistent }
            guard let line = sighting.line else { return .persistent }
            var wasEphemeral = false
            if !tiers.contains(where: { $0.line == line }), let ephemeralSince {
                wasEphemeral = ephemeralSince <= created
            }
            for span in tiers where span.line == line {
                if created >= span.since, span.until == nil || created < span.until! { wasEphemeral = true }
            }
            if !wasEphemeral { return .persistent }
        }
        return .ephemeral
    }

    var expiry: Timestamp? {
        guard tier == .ephemeral, let created else { return nil }
        var start = created
        for sighting in attachment.sightings {
            if let reconciled = sighting.reconciledAt, reconciled > start { start = reconciled }
        }
        if let first = attachment.sightings.compactMap(\.firstEnvelope).sorted().first, first > start { start = first }
        return Timestamp(microseconds: start.microseconds + 24 * 3600 * 1_000_000)
    }

    // MARK: Criteria

    func criterion<Fact>(_ known: [Fact], _ accepts: ((Fact) -> Bool)?) -> Match {
        guard let accepts else { return .yes }
        if known.isEmpty { return .maybe }
        return known.contains(where: accepts) ? .yes : .no
    }

    var messages: [Sighting] { attachment.sightings.filter { $0.source != .upload } }

    func message(_ sighting: Sighting, isOn policy: Policy) -> Match {
        guard let lines = policy.lines else { return .yes }
        guard let line = sighting.line else { return .maybe }
        return lines.contains(line) ? .yes : .no
    }

    func message(_ sighting: Sighting, goesLike policy: Policy) -> Match {
        guard let wanted = policy.match.direction else { return .yes }
        guard let direction = sighting.direction else { return .maybe }
        return direction == wanted ? .yes : .no
    }

    func all(_ answers: [Match]) -> Match {
        if answers.contains(.no) { return .no }
        return answers.contains(.maybe) ? .maybe : .yes
    }

    func any(_ answers: [Match]) -> Match {
        if answers.contains(.yes) { return .yes }
        return answers.isEmpty || answers.contains(.maybe) ? .maybe : .no
    }

    /// Line and direction. Without a message nobody knows them.
    func messagesMatch(_ policy: Policy, toDelete: Bool) -> Match {
        let (lines, directions) = (
            messages.map { message($0, isOn: policy) }, messages.map { message($0, goesLike: policy) }
        )
        if toDelete, !messages.isEmpty { return any(zip(lines, directions).map { all([$0, $1]) }) }
        return all([
            policy.lines == nil ? .yes : any(lines), policy.match.direction == nil ? .yes : any(directions),
        ])
    }

    func match(_ policy: Policy, toDelete: Bool) -> Match {
        let seen = attachment.sightings
        /// A type or size is the attachment's; where messages contradict each other a delete needs all of them.
        func own<Fact>(_ known: [Fact], _ accepts: ((Fact) -> Bool)?) -> Match {
            guard toDelete, let accepts, !known.isEmpty else { return criterion(known, accepts) }
            if known.allSatisfy(accepts) { return .yes }
            return known.contains(where: accepts) ? .maybe : .no
        }
        let type = policy.match.mime.map { patterns in
            { (type: String) in
                patterns.contains {
                    let pattern = "\($0)"
                    return pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : type == pattern
                }
            }
        }
        let size = policy.match.size.map { range in
            { (size: Int64) in (size >= range.atLeast ?? 0) && (range.below == nil || size < range.below!) }
        }
        return all([
            messagesMatch(policy, toDelete: toDelete),
            criterion(tier.map { [$0] } ?? [], policy.match.tier.map { wanted in { $0 == wanted } }),
            criterion(seen.map(\.source), policy.match.sources.map { wanted in { wanted.contains($0) } }),
            own(seen.compactMap(\.mime), type), own(seen.compactMap(\.size), size),
        ])
    }

    func start(_ policy: Policy) -> Timestamp? { policy.startsFrom == .created ? created : lastUsed }

    func covers(_ hold: LegalHold) -> Bool {
        let seen = attachment.sightings
        switch hold.scope {
        case .all: return true
        case .attachment(let id): return id == attachment.id
        case .line(let line):
            let inMessages = seen.filter { $0.source != .upload }
            if seen.contains(where: { $0.line == line }) { return true }
            return seen.allSatisfy { $0.line == nil } || inMessages.contains { $0.line == nil }
        case .chat(let chat):
            let inMessages = seen.filter { $0.source != .upload }
            if seen.contains(where: { $0.chat == chat }) { return true }
            return seen.allSatisfy { $0.chat == nil } || inMessages.contains { $0.chat == nil }
        case .subject(let subjects):
            guard let participants = attachment.participants else { return true }
            if attachment.hasUnknownRecipient || attachment.mayHaveSilentMember { return true }
            if seen.allSatisfy({ $0.chat == nil }) { return true }
            if seen.contains(where: { $0.source != .upload && $0.chat == nil }) { return true }
            let people = participants.union(seen.compactMap(\.sender))
            return !people.isDisjoint(with: subjects)
        }
    }

    // MARK: The table

    /// Every retain that counts, with its end; nil where it cannot be known.
    var retains: [(policy: Policy, end: Timestamp?)] {
        var retains: [(policy: Policy, end: Timestamp?)] = []
        for policy in policies.sorted(by: { $0.id < $1.id })
        where policy.retain != nil && match(policy, toDelete: false) != .no {
            if request != nil, policy.ground == nil { continue }
            retains.append((policy, start(policy).map { policy.retain!.end(from: $0) }))
        }
        return retains
    }

    /// Every `delete_after` that matches for sure, or may match.
    func deletes(_ wanted: Match) -> [(policy: Policy, due: Timestamp)] {
        var deletes: [(policy: Policy, due: Timestamp)] = []
        for policy in policies.sorted(by: { $0.id < $1.id })
        where policy.deleteAfter != nil && match(policy, toDelete: true) == wanted {
            if let start = start(policy) { deletes.append((policy, policy.deleteAfter!.end(from: start))) }
        }
        return deletes
    }

    func rank(_ policy: Policy) -> Int { (policy.lines == nil ? 0 : 2) + (policy.match.tier == nil ? 0 : 1) }

    /// With when it changes and the window of a deletion, each found by trying every instant there is.
    func ruling() -> Ruling {
        let answer = decide()
        var ruling = Ruling(answer.verdict, answer.reason, winner: answer.winner, changesAt: changesAt(from: answer))
        guard answer.verdict == .delete else { return ruling }
        let promises = retains.compactMap(\.end)
        ruling.earliestRemoval = (promises + [created].compactMap { $0 }).sorted().last
        if answer.reason == .erasure {
            ruling.latestRemoval = requestDue.map { due in [due, ruling.earliestRemoval ?? due].sorted()[1] }
        } else if let own = deletes(.yes).first(where: { answer.winner == .policy($0.policy.id) }) {
            let last = ([own.due] + promises + [created].compactMap { $0 }).sorted().last
            ruling.latestRemoval = [last, expiry].compactMap { $0 }.sorted().first
        }
        return ruling
    }

    private func changesAt(from answer: Answer) -> Timestamp? {
        var later = self
        let instants =
            retains.compactMap(\.end) + (deletes(.yes) + deletes(.maybe)).map(\.due) + holds.compactMap(\.until)
            + [expiry].compactMap { $0 }
        return instants.filter { $0 > now }.sorted().first { instant in
            later.now = instant
            return later.decide() != answer
        }
    }

    func decide() -> Answer {
        let retains = retains
        // 0
        var missing: Fact?
        if created == nil {
            missing = .created
        } else if policies.contains(where: { $0.lines != nil }),
            messages.isEmpty || messages.contains(where: { $0.line == nil })
        {
            missing = .line
        }
        if let missing {
            let weighs = retains.contains { $0.end == nil || $0.end! > now }
            if request == nil || weighs { return Answer(verdict: .keep, reason: .unknown(missing)) }
        }
        // 1
        let inForce = holds.filter { hold in
            hold.releasedAt == nil && (hold.until == nil || now < hold.until!) && covers(hold)
        }
        if !inForce.isEmpty {
            let longest = inForce.sorted {
                let (a, b) = ($0.until?.microseconds ?? .max, $1.until?.microseconds ?? .max)
                return a == b ? $0.id < $1.id : a > b
            }[0]
            return Answer(verdict: .keep, reason: .held(longest.id), winner: .hold(longest.id))
        }
        // 2
        if let endless = retains.first(where: { $0.end == nil }) {
            return Answer(
                verdict: .keep, reason: .unknown(endless.policy.startsFrom == .created ? .created : .lastUsed),
                winner: .policy(endless.policy.id))
        }
        let open = retains.filter { $0.end! > now }.sorted {
            $0.end! == $1.end! ? $0.policy.id < $1.policy.id : $0.end! > $1.end!
        }
        if let longest = open.first {
            let reason: Reason =
                request == nil
                ? .retained(until: longest.end!) : .withheld(ground: longest.policy.ground!, until: longest.end!)
            return Answer(verdict: .keep, reason: reason, winner: .policy(longest.policy.id))
        }
        // 3
        if let request { return Answer(verdict: .delete, reason: .erasure, winner: .request(request)) }
        // 4
        if let expiry, now >= expiry { return Answer(verdict: .keep, reason: .expired) }
        // 5
        let sure = deletes(.yes).sorted {
            if rank($0.policy) != rank($1.policy) { return rank($0.policy) > rank($1.policy) }
            return $0.due == $1.due ? $0.policy.id < $1.policy.id : $0.due < $1.due
        }
        if let first = sure.first {
            let winner = RuleName.policy(first.policy.id)
            if first.due > now { return Answer(verdict: .keep, reason: .notDue(at: first.due), winner: winner) }
            let stronger = deletes(.maybe).filter { rank($0.policy) > rank(first.policy) && $0.due > now }
            let longest = stronger.sorted { $0.due == $1.due ? $0.policy.id < $1.policy.id : $0.due > $1.due }
            if let other = longest.first {
                return Answer(
                    verdict: .keep, reason: .unknown(factMissing(to: other.policy)), winner: .policy(other.policy.id))
            }
            return Answer(verdict: .delete, reason: .policy(first.policy.id), winner: winner)
        }
        // 6
        return Answer(verdict: .keep, reason: .noPolicy)
    }

    /// Which fact leaves open whether a `delete_after` matches: the first of them, in the order of the language.
    private func factMissing(to policy: Policy) -> Fact {
        let seen = attachment.sightings
        let lines = messages.map { message($0, isOn: policy) }
        let directions = messages.map { message($0, goesLike: policy) }
        if policy.lines != nil, any(lines) == .maybe { return .line }
        if policy.match.tier != nil, tier == nil { return .tier }
        if policy.match.direction != nil, any(directions) == .maybe { return .direction }
        if policy.match.sources != nil, seen.isEmpty { return .source }
        if policy.match.mime != nil, seen.compactMap(\.mime).isEmpty { return .mime }
        if policy.match.size != nil, seen.compactMap(\.size).isEmpty { return .size }
        if messagesMatch(policy, toDelete: true) == .maybe { return .direction }
        var without = policy.match
        without.size = nil
        let sizeless = Policy(
            id: policy.id, title: "", why: "", lines: policy.lines, match: without, startsFrom: policy.startsFrom,
            retain: policy.retain, deleteAfter: policy.deleteAfter, ground: policy.ground)
        return match(sizeless, toDelete: true) == .maybe ? .mime : .size
    }
}
