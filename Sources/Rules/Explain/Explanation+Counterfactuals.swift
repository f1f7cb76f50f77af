import Domain

extension Explanation {
    /// What people or messages may do to an attachment: each is tried by deciding again as if it were done, and only what
    /// changes the verdict is said.
    struct Counterfactuals {
        private let question: Question
        private let decider: Decider
        private let ruling: Ruling

        init(_ question: Question, _ decider: Decider) {
            self.question = question
            self.decider = decider
            ruling = question.ruling(by: decider, at: question.now)
        }

        var changes: [Change] { [release, fact, use, hold, request, policies].compactMap { $0 } }

        private func tried(_ question: Question, _ decider: Decider? = nil) -> Ruling {
            question.ruling(by: decider ?? self.decider, at: question.now)
        }

        private func change(_ text: String, _ result: Ruling) -> Change? {
            result.verdict == ruling.verdict ? nil : Change(at: nil, result, text)
        }
    }
}

extension Explanation.Counterfactuals {
    /// The one act that is also said where it lets a later deletion come: an endless hold is all that stops it.
    private var release: Explanation.Change? {
        guard case .held = ruling.reason else { return nil }
        let inForce = question.holds(at: question.now).filter {
            $0.isActive(at: question.now) && $0.covers(question.attachment)
        }
        let released = Set(inForce.map(\.id.value))
        var without = question
        without.holds.removeAll { released.contains($0.id.value) }
        let result = tried(without)
        guard result.verdict != ruling.verdict || without.deletion(by: decider) != question.deletion(by: decider) else {
            return nil
        }
        let what = inForce.count == 1 ? "hold \(inForce[0].id)" : "all \(inForce.count) holds that cover it"
        return Explanation.Change(
            at: nil, result, "the release of \(what): then \(result.verdict), \(Wording.sentence(for: result))")
    }

    private var request: Explanation.Change? {
        var other = question
        other.request = question.request == nil ? RequestID(value: 0) : nil
        return change(
            question.request == nil ? "an approved erasure request" : "the withdrawal of the request", tried(other))
    }

    private var hold: Explanation.Change? {
        var held = question
        held.holds.append(
            LegalHold(id: HoldID(value: 0), scope: .all, placedAt: question.now, placedBy: "", reason: ""))
        return change("a legal hold", tried(held))
    }

    /// Policies that delete whatever they can, or keep it for a thousand years.
    private var policies: Explanation.Change? {
        var most = Policy(id: "any", title: "", why: "")
        if ruling.verdict == .keep {
            most.deleteAfter = Period(count: 1, unit: .hours)
        } else {
            most.retain = Period(count: 1000, unit: .years)
            most.ground = LegalGround("other")
        }
        let other = Decider(policies: PolicySet([most]), tiers: decider.tiers)
        return change("a change of the policies", tried(question, other))
    }

    private var use: Explanation.Change? {
        guard case .policy(let id)? = ruling.winner, decider.policies[id]?.startsFrom == .lastUsed,
            var message = question.attachment.sightings.last
        else { return nil }
        message.sentAt = question.now
        var used = question
        used.attachment.sightings.append(message)
        return change("another message that uses it: \(id) counts from the last use", tried(used))
    }

    /// Some value of the missing fact changes the verdict.
    private var fact: Explanation.Change? {
        guard case .unknown(let fact) = ruling.reason else { return nil }
        let text = "learning its \(Wording.phrase(fact)), from a webhook or a sync"
        return attachments(knowing: fact).lazy.compactMap { attachment in
            var learnt = question
            learnt.attachment = attachment
            return change(text, tried(learnt))
        }.first
    }

    /// Row 0 and a retain's start ask for nothing else than these three.
    private func attachments(knowing fact: Fact) -> [Attachment] {
        let times = [Timestamp(seconds: 0), question.now]
        var bare = question.attachment
        if bare.sightings.isEmpty { bare.sightings.append(Sighting()) }
        switch fact {
        case .created: return times.map { time in changed(bare) { $0.apiCreated = time } }
        case .lastUsed: return times.map { time in changed(bare) { $0.sightings[0].sentAt = time } }
        case .line:
            // Every line that a policy names, and one that none does.
            let named = Set(decider.policies.policies.compactMap(\.lines).joined())
            let other = (0...9).lazy.compactMap { try? PhoneLine("+1000000000\($0)") }.first { !named.contains($0) }
            return (named.sorted() + [other].compactMap { $0 }).map { line in
                changed(bare) { attachment in
                    for index in attachment.sightings.indices where attachment.sightings[index].line == nil {
                        attachment.sightings[index].line = line
                    }
                }
            }
        default: return []
        }
    }

    private func changed(_ attachment: Attachment, _ change: (inout Attachment) -> Void) -> Attachment {
        var attachment = attachment
        change(&attachment)
        return attachment
    }
}

extension Explanation.Change {
    init(at: String?, _ ruling: Ruling, _ text: String) {
        self.init(at: at, verdict: ruling.verdict.rawValue, reason: ruling.reason.code, text: text)
    }
}
