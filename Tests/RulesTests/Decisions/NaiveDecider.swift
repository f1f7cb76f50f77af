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
        var verdict: Ruling.Verdict
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

    var messageTimes: [Timestamp] {
        attachment.sightings.compactMap { $0.sentAt ?? $0.firstEnvelope }
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

    /// A fact that each message has of its own: one message without it may be the one that meets the criterion.
    func criterion<Fact>(ofMessages fact: KeyPath<Sighting, Fact?>, _ accepts: ((Fact) -> Bool)?) -> Match {
        guard let accepts else { return .yes }
        var answers: [Match] = []
        for sighting in attachment.sightings {
            if let value = sighting[keyPath: fact] {
                answers.append(accepts(value) ? .yes : .no)
            } else if sighting.source != .upload {
                answers.append(.maybe)
            }
        }
        if answers.contains(.yes) { return .yes }
        return answers.isEmpty || answers.contains(.maybe) ? .maybe : .no
    }

    func match(_ policy: Policy) -> Match {
        let seen = attachment.sightings
        var all: [Match] = []
        all.append(criterion(ofMessages: \.line, policy.lines.map { lines in { lines.contains($0) } }))
        all.append(criterion(tier.map { [$0] } ?? [], policy.match.tier.map { wanted in { $0 == wanted } }))
        all.append(criterion(ofMessages: \.direction, policy.match.direction.map { wanted in { $0 == wanted } }))
        all.append(criterion(seen.map(\.source), policy.match.sources.map { wanted in { wanted.contains($0) } }))
        all.append(
            criterion(
                seen.compactMap(\.mime),
                policy.match.mime.map { patterns in
                    { type in
                        patterns.contains {
                            let pattern = "\($0)"
                            return pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : type == pattern
                        }
                    }
                }))
        all.append(
            criterion(
                seen.compactMap(\.size),
                policy.match.size.map { range in
                    { ($0 >= range.atLeast ?? 0) && (range.below == nil || $0 < range.below!) }
                }))
        if all.contains(.no) { return .no }
        return all.contains(.maybe) ? .maybe : .yes
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
            if attachment.hasUnknownRecipient { return true }
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
        for policy in policies.sorted(by: { $0.id < $1.id }) where policy.retain != nil && match(policy) != .no {
            if request != nil, policy.ground == nil { continue }
            retains.append((policy, start(policy).map { policy.retain!.end(from: $0) }))
        }
        return retains
    }

    /// Every `delete_after` that matches for sure.
    var deletes: [(policy: Policy, due: Timestamp)] {
        var deletes: [(policy: Policy, due: Timestamp)] = []
        for policy in policies.sorted(by: { $0.id < $1.id }) where policy.deleteAfter != nil && match(policy) == .yes {
            if let start = start(policy) { deletes.append((policy, policy.deleteAfter!.end(from: start))) }
        }
        return deletes
    }

    /// With when it changes and the window of a deletion, each found by trying every instant there is.
    func ruling() -> Ruling {
        let answer = decide()
        var ruling = Ruling(answer.verdict, answer.reason, winner: answer.winner, changesAt: changesAt(from: answer))
        guard answer.verdict == .delete else { return ruling }
        let promises = retains.compactMap(\.end)
        ruling.earliestRemoval = (promises + [created].compactMap { $0 }).sorted().last
        if answer.reason == .erasure {
            ruling.latestRemoval = requestDue.map { due in [due, ruling.earliestRemoval ?? due].sorted()[1] }
        } else if let own = deletes.first(where: { answer.winner == .policy($0.policy.id) }) {
            let last = ([own.due] + promises + [created].compactMap { $0 }).sorted().last
            ruling.latestRemoval = [last, expiry].compactMap { $0 }.sorted().first
        }
        return ruling
    }

    private func changesAt(from answer: Answer) -> Timestamp? {
        var later = self
        let instants =
            retains.compactMap(\.end) + deletes.map(\.due) + holds.compactMap(\.until) + [expiry].compactMap { $0 }
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
            !attachment.sightings.contains(where: { $0.line != nil })
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
        var deletes = deletes
        let scoped = deletes.filter { $0.policy.lines != nil }
        if !scoped.isEmpty { deletes = scoped }
        let tiered = deletes.filter { $0.policy.match.tier != nil }
        if !tiered.isEmpty { deletes = tiered }
        deletes.sort { $0.due == $1.due ? $0.policy.id < $1.policy.id : $0.due < $1.due }
        if let first = deletes.first {
            let winner = RuleName.policy(first.policy.id)
            return first.due <= now
                ? Answer(verdict: .delete, reason: .policy(first.policy.id), winner: winner)
                : Answer(verdict: .keep, reason: .notDue(at: first.due), winner: winner)
        }
        // 6
        return Answer(verdict: .keep, reason: .noPolicy)
    }
}
