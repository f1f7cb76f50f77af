import Domain

/// What must stay, what may go and what must be told, written from `docs/policies.md`, `docs/erasure.md` and
/// `docs/execution.md` alone: it shares nothing with the code but the names of things.
struct WorldModel {
    struct Message {
        let chat: ChatID
        let line: PhoneLine
        /// `nil` = we sent it.
        let sender: Int?
        /// The people in the chat.
        let people: Set<Int>
        let isGroup: Bool
        let sentAt: Timestamp
    }

    /// Deletes everything after `days`, and keeps what is on `keptLine` for 45 days, against requests too.
    struct Policies: Equatable {
        var days: Int64
        var keptLine: PhoneLine?
    }

    struct Hold {
        var id: HoldID
        var scope: LegalHold.Scope
        var person: Int?
        var until: Timestamp?
        var isReleased = false
    }

    struct Request {
        var id: RequestID
        var person: Int
        var includesShared = false
        /// What people saw and agreed to.
        var approved: Set<AttachmentID> = []
        /// Listed by any of its plans.
        var listed: Set<AttachmentID> = []
        var firstAnswer: Timestamp?
        var isEnded = false
    }

    /// Facts that Lethe was told, by attachment.
    var told: [AttachmentID: [Message]] = [:]
    var policies: Policies
    /// Rules that were in force since the last look: a run that began under the old ones may end under them.
    var earlierPolicies: [Policies] = []
    var holds: [Hold] = []
    var requests: [Request] = []

    func isHeld(_ id: AttachmentID, at now: Timestamp) -> Bool {
        let messages = told[id] ?? []
        return holds.contains { hold in
            guard !hold.isReleased, hold.until.map({ now < $0 }) ?? true else { return false }
            switch hold.scope {
            case .all: return true
            case .attachment(let held): return held == id
            case .line(let line): return messages.contains { $0.line == line }
            case .chat(let chat): return messages.contains { $0.chat == chat }
            case .subject: return messages.contains { hold.person.map($0.people.contains) ?? false }
            }
        }
    }

    private func created(_ id: AttachmentID) -> Timestamp? { told[id]?.map(\.sentAt).min() }

    private func isRetained(_ id: AttachmentID, _ policies: Policies, at now: Timestamp) -> Bool {
        guard let line = policies.keptLine, told[id]?.contains(where: { $0.line == line }) == true,
            let created = created(id)
        else { return false }
        return now < created.adding(seconds: 45 * 86_400)
    }

    func isDue(_ id: AttachmentID, at now: Timestamp) -> Bool { isDue(id, policies, at: now) }

    private func isDue(_ id: AttachmentID, _ policies: Policies, at now: Timestamp) -> Bool {
        guard let created = created(id), !isHeld(id, at: now), !isRetained(id, policies, at: now) else { return false }
        return created.adding(seconds: policies.days * 86_400) <= now
    }

    /// Sent by the person, or by us to nobody else.
    func isOf(_ person: Int, _ id: AttachmentID) -> Bool {
        (told[id] ?? []).contains { $0.sender == person || ($0.sender == nil && $0.people == [person]) }
    }

    private func isShared(_ id: AttachmentID, with person: Int) -> Bool {
        (told[id] ?? []).contains { message in
            message.sender.map { $0 != person } ?? !message.people.subtracting([person]).isEmpty
        }
    }

    /// What a request covers: everything of the person before its answer, then what its plans list and what was sent before.
    func covers(_ request: Request, _ id: AttachmentID) -> Bool {
        guard isOf(request.person, id) else { return false }
        guard let answer = request.firstAnswer else { return true }
        return request.listed.contains(id) || (created(id).map { $0 <= answer } ?? false)
    }

    /// Why a DELETE of it may have left just now; `nil` = it must not have.
    func mayGo(_ id: AttachmentID, at now: Timestamp) -> Bool {
        guard !isHeld(id, at: now) else { return false }
        let rules = [policies] + earlierPolicies
        if rules.contains(where: { isDue(id, $0, at: now) }) { return true }
        return requests.contains { request in
            !request.isEnded && request.approved.contains(id) && covers(request, id)
                && (request.includesShared || !isShared(id, with: request.person))
                && rules.contains { !isRetained(id, $0, at: now) }
        }
    }

    /// What a request that is called completed must have brought to an end.
    func mustBeGone(_ request: Request) -> [AttachmentID] {
        told.keys.filter { covers(request, $0) && (created($0).map { $0 <= request.firstAnswer ?? $0 } ?? false) }
    }
}
