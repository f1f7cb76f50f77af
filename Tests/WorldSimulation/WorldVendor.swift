import Domain
import Synchronization

/// The vendor of a world, with a ledger of its own. What it answers depends on the seed, the event, the call and how often
/// it was made, never on the order in which calls come.
final class WorldVendor: VendorAPI {
    let stage: Mutex<Stage>
    let clock: VirtualClock
    private let fate: Fate
    /// What happens while the nth DELETE or GET is on its way.
    private let meanwhile = Mutex<(left: Int, act: @Sendable () async -> Void)?>(nil)

    init(_ stage: sending Stage, clock: VirtualClock, fate: Fate) {
        self.stage = Mutex(stage)
        self.clock = clock
        self.fate = fate
    }

    func meanwhile(after calls: Int, _ act: @escaping @Sendable () async -> Void) {
        meanwhile.withLock { $0 = (calls, act) }
    }

    func nothingMeanwhile() { meanwhile.withLock { $0 = nil } }

    private func interrupt() async {
        let act = meanwhile.withLock { pending -> (@Sendable () async -> Void)? in
            guard var next = pending else { return nil }
            next.left -= 1
            pending = next.left <= 0 ? nil : next
            return next.left <= 0 ? next.act : nil
        }
        await act?()
    }

    private static let none = VendorAnswer(.failure(.connectionRefused))

    // MARK: one attachment

    func delete(_ id: AttachmentID) async -> VendorAnswer {
        let wasAlive = !fate.isDead
        let lives = fate.act()
        guard wasAlive else { return Self.none }
        let truth = clock.truth
        let answer = stage.withLock { stage in
            stage.judge(id, truth: truth, host: clock.now())
            return stage.answerDelete(id, now: truth)
        }
        guard lives else { return VendorAnswer(.failure(.reset)) }
        await interrupt()
        return answer
    }

    func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        guard fate.act() else { return AttachmentLookup(answer: Self.none) }
        await interrupt()
        let truth = clock.truth
        return stage.withLock { $0.answerLookUp(id, now: truth) }
    }

    func head(_ url: DownloadURL) async -> VendorAnswer {
        guard fate.act() else { return Self.none }
        let truth = clock.truth
        return stage.withLock { stage in
            let file = stage.population.files.first { Population.url($0) == url.secret }
            return .http(file.map { stage.exists($0.id, at: truth) } ?? false ? 200 : 404)
        }
    }

    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer { UploadAnswer(answer: .http(500)) }

    // MARK: listings

    func phoneLines() async -> Listing<PhoneLine> {
        guard fate.act() else { return Listing(answer: Self.none) }
        let truth = clock.truth
        return stage.withLock { stage in
            var dice = stage.dice("lines")
            if var fault = stage.weather.fault(&dice) {
                fault.date = truth
                return Listing(answer: fault)
            }
            let lines = stage.population.lines.filter { !stage.isReleased.contains($0) }
            let date = stage.tellsNoTime ? nil : truth
            return Listing(
                answer: VendorAnswer(.http(status: 200, code: nil), date: date), elements: lines, isComplete: true)
        }
    }

    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        guard fate.act() else { return Listing(answer: Self.none) }
        return stage.withLock { stage in
            let all = stage.population.chats.filter { chat in
                (handle.map(chat.members.contains) ?? true) && (line.map { chat.line == $0 } ?? true)
                    && !stage.isReleased.contains(chat.line)
            }
            return stage.page(all, "chats\(handle?.wire ?? "")\(line?.number ?? "")", cursor) { stage, chat in
                stage.shownChats.append((chat.id, chat.isGroup, chat.members))
                return ChatObservation(
                    chat: chat.id, isGroup: chat.isGroup, line: chat.line, members: chat.members,
                    membersAreComplete: true)
            }
        }
    }

    func chat(_ id: ChatID) async -> Listing<ChatObservation> {
        guard fate.act() else { return Listing(answer: Self.none) }
        return stage.withLock { stage in
            guard let chat = stage.population.chats.first(where: { $0.id == id }) else {
                return Listing(answer: .http(404, code: 2004))
            }
            var dice = stage.dice("chat\(id)")
            if let fault = stage.weather.fault(&dice) { return Listing(answer: fault) }
            stage.shownChats.append((chat.id, chat.isGroup, chat.members))
            let one = ChatObservation(
                chat: chat.id, isGroup: chat.isGroup, line: chat.line, members: chat.members, membersAreComplete: true)
            return Listing(answer: .http(200), elements: [one], isComplete: true)
        }
    }

    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
        guard fate.act() else { return Listing(answer: Self.none) }
        let truth = clock.truth
        return stage.withLock { stage in
            guard let index = stage.population.chats.firstIndex(where: { $0.id == chat }) else {
                return Listing(answer: .http(404, code: 2004))
            }
            let all = stage.population.messages.filter { $0.chat == index && $0.sent <= truth }
                .sorted { $0.sent < $1.sent }
            return stage.page(all, "messages\(chat)", cursor) { stage, message in
                stage.list(message, now: truth)
            }
        }
    }
}
