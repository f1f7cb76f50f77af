import Domain

/// The naive model: what docs/policies.md, docs/erasure.md and docs/execution.md say must stay, out of everything that
/// Lethe was told and that people decided. It shares nothing with the code but names.
struct Model {
    struct Hold {
        enum Scope {
            case all
            case line(PhoneLine)
            case chat(ChatID)
            case file(AttachmentID)
            case people([Handle])
        }
        var scope: Scope
        var until: Timestamp?
        var isReleased = false
    }

    struct Request {
        var handles: [Handle]
        var isConversation: Bool
        var includesOthers: Bool
        var includesUnknown: Bool
        /// Somebody decided so again, and had seen what plans list that is not theirs any more.
        var includesListed = false
        var isEnded = false
        var answered: Timestamp?
        /// Of each of its plans: what it deletes, who agreed, and whether nobody was asked.
        var plans: [PlanID: Plan] = [:]
        var openedBy = ""
        /// When the vendor began to show everything of all handles, for the last time.
        var searched: Timestamp?
        /// The same of a command that died, and may have got so far.
        var perhapsSearched: Timestamp?
    }

    struct Plan {
        var deletes: Set<AttachmentID>
        var lists: Set<AttachmentID>
        var names: Set<String> = []
        var isAutomatic = false
    }

    var facts = Facts()
    /// What a command that died may have stored as well, and what an answer showed that need not have been kept.
    var perhaps = Facts()
    var rules: Rulebook
    /// What a command that died, or policies that change during a run, may still go by.
    var otherRules: Rulebook?
    private(set) var holds: [HoldID: Hold] = [:]
    /// As they were placed: ids are of chance.
    private(set) var holdOrder: [HoldID] = []
    var requests: [RequestID: Request] = [:]
    /// `approval.people`.
    let people: Int
    /// `lethe run --apply` is going on: what was withheld from a request and may go now needs nobody's approval again.
    var isRunning = false

    mutating func place(_ id: HoldID, _ hold: Hold) {
        if holds[id] == nil { holdOrder.append(id) }
        holds[id] = hold
    }

    /// What died with an inventory before the log had it: nobody can know of it.
    mutating func forget(allBut logged: (holds: Set<HoldID>, requests: Set<RequestID>)) {
        holds = holds.filter { logged.holds.contains($0.key) }
        holdOrder = holdOrder.filter(logged.holds.contains)
        requests = requests.filter { logged.requests.contains($0.key) }
    }

    mutating func release(_ id: HoldID) { holds[id]?.isReleased = true }

    /// By what it was told for sure, or may have been told.
    func mayBeHeld(_ file: AttachmentID, now: Timestamp) -> Bool {
        holds.values.contains { hold in [facts, perhaps].contains { hold.covers(file, $0, now: now) } }
    }

    /// Why nothing may delete this file now; `nil` = something may.
    func reasonToStay(_ file: AttachmentID, now: Timestamp) -> String? {
        var reasons: [String] = []
        for facts in [facts, perhaps] {
            guard facts.known.contains(file) else {
                reasons.append("it is not known")
                continue
            }
            if let hold = holds.values.first(where: { $0.covers(file, facts, now: now) }) {
                reasons.append("a hold covers it: \(hold.scope)")
                continue
            }
            for rules in [rules] + (otherRules.map { [$0] } ?? []) {
                guard let retention = rules.reasonToStay(file, facts, now: now) else { return nil }
                var why: Set = ["retention: \(retention)"]
                for request in requests.values {
                    guard let other = reasonToStay(file, request, facts, rules, now: now) else { return nil }
                    why.insert("erasure: \(other)")
                }
                reasons.append(why.sorted().joined(separator: "; "))
            }
        }
        return Set(reasons).sorted().joined(separator: " | ")
    }

    private func reasonToStay(
        _ file: AttachmentID, _ request: Request, _ facts: Facts, _ rules: Rulebook, now: Timestamp
    ) -> String? {
        if request.isEnded { return "the request is refused or withdrawn" }
        let isApproved = request.plans.values.contains { plan in
            guard plan.deletes.contains(file) else { return false }
            // "What is planned anew keeps the approvals of an earlier plan that named everything that the new one deletes."
            let kept = request.plans.values.filter { plan.deletes.isSubset(of: $0.lists) }
            let names = kept.reduce(into: plan.names) { $0.formUnion($1.names) }
            return names.count >= people || (plan.isAutomatic && isCovered(file, request, facts))
        }
        if !isApproved, isRunning, isCovered(file, request, facts) {
            return request.reasonToStay(file, facts) ?? rules.groundToStay(file, facts, now: now)
        }
        guard isApproved else { return "no approved plan lists it" }
        if let why = request.reasonToStay(file, facts) { return why }
        return rules.groundToStay(file, facts, now: now)
    }

    /// What people agreed to names it, if only as withheld; or it is of before the answer: "the next run deletes them under
    /// the same request", and "what is planned anew keeps the approvals if that plan named everything".
    private func isCovered(_ file: AttachmentID, _ request: Request, _ facts: Facts) -> Bool {
        let wasListed = request.plans.values.contains { $0.names.count >= people && $0.lists.contains(file) }
        guard !wasListed, let answered = request.answered else { return wasListed }
        return facts.createdTime(of: file).map { $0 <= answered } ?? false
    }
}

extension Model.Hold {
    /// "A line or chat hold also covers what has no known line or chat. A subject hold covers every attachment of every chat
    /// the subject is in, and whatever may concern them."
    func covers(_ file: AttachmentID, _ facts: Facts, now: Timestamp) -> Bool {
        if isReleased || until.map({ $0 <= now }) ?? false { return false }
        let messages = facts.messages(of: file)
        switch scope {
        case .all: return true
        case .file(let id): return id == file
        case .line(let line): return messages.isEmpty || messages.contains { $0.line.value.map { $0 == line } ?? true }
        case .chat(let chat): return messages.isEmpty || messages.contains { $0.chat.value.map { $0 == chat } ?? true }
        case .people(let handles):
            guard !messages.isEmpty else { return true }
            return messages.contains { message in
                guard let id = message.chat.value, let chat = facts.chats[id], chat.isKnown else { return true }
                return !chat.members.isDisjoint(with: handles)
                    || message.sender.value.map(handles.contains) ?? false
            }
        }
    }
}

extension Model.Request {
    /// Whether a message makes the file the person's, and why the file stays all the same.
    func reasonToStay(_ file: AttachmentID, _ facts: Facts) -> String? {
        let messages = facts.messages(of: file)
        let isTheirs = messages.contains { concerns($0, facts) }
        // What may be theirs goes if a person decides so of all that is unknown.
        let wasListed = includesListed && plans.values.contains { $0.lists.contains(file) }
        guard isTheirs || wasListed || (includesUnknown && messages.contains { mayConcern($0, facts) }) else {
            return "it is not of this person"
        }
        var others: Set<Handle> = []
        var isUnknown = false
        for message in messages {
            if message.isInbound.value == true {
                if let sender = message.sender.value { others.insert(sender) } else { isUnknown = true }
                continue
            }
            guard let chat = message.chat.value.flatMap({ facts.chats[$0] }), chat.isKnown else {
                isUnknown = true
                continue
            }
            others.formUnion(chat.members)
        }
        if !others.subtracting(handles).isEmpty, !includesOthers { return "others received it too" }
        if isUnknown, !includesUnknown { return "it is not known who received it" }
        return nil
    }

    /// Nobody knows who sent it, or who is in the chat, and the person is; or the chat was direct once.
    private func mayConcern(_ message: Facts.Message, _ facts: Facts) -> Bool {
        guard let id = message.chat.value, let chat = facts.chats[id], !chat.members.isDisjoint(with: handles) else {
            return false
        }
        if message.isInbound.value != false, message.sender.value == nil { return true }
        // Of two that were told of a direct chat one is wrong, and into which of the two it went is not known of what became a group.
        let isCertain = chat.isKnown && (chat.isGroup != false || chat.members.count == 1)
        let becameGroup = chat.isGroup == true && chat.wasDirect
        return message.isInbound.value == false && (!isCertain || becameGroup)
    }

    private func concerns(_ message: Facts.Message, _ facts: Facts) -> Bool {
        if let sender = message.sender.value, handles.contains(sender) { return true }
        guard let id = message.chat.value, let chat = facts.chats[id] else { return false }
        if message.isInbound.value != false, message.sender.value == nil {
            return chat.isGroup == false && chat.isKnown && chat.members.isSubset(of: handles)
        }
        if isConversation {
            guard !chat.members.isDisjoint(with: handles) else { return false }
            return message.isInbound.value == false || chat.isGroup == false
        }
        return message.isInbound.value == false && chat.isKnown && chat.members.isSubset(of: handles)
    }
}
