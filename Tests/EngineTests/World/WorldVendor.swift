import Domain
import Foundation
import Synchronization
import TestSupport

/// A vendor with a ledger of its own: what it holds, what it was asked to delete, and when. It misbehaves as it is told to.
final class WorldVendor: VendorAPI {
    struct Chat: Sendable {
        let line: PhoneLine
        let members: [Handle]
        var isGroup: Bool { members.count > 1 }
    }

    /// Shares of calls that go wrong, and what stands in front of the vendor.
    struct Weather: Sendable {
        /// A DELETE, GET or page that is answered 500 without effect.
        var errors = 0.0
        /// A DELETE that takes effect and whose answer is lost.
        var lostAnswers = 0.0
        /// A 204 that deletes nothing.
        var lies = 0.0
        /// Something else answers 404 for everything.
        var isGateway = false
        /// Listings come in pages of two, the first of them empty, and shift once between two pages.
        var oddPages = false
    }

    struct State {
        var chats: [ChatID: Chat] = [:]
        var messages: [ChatID: [ListedMessage]] = [:]
        var alive: Set<AttachmentID> = []
        var everHeld: Set<AttachmentID> = []
        /// Every DELETE that had effect, since it was last asked for.
        var deleted: [(id: AttachmentID, at: Timestamp)] = []
        /// Answered 204 without deleting.
        var liedAbout: Set<AttachmentID> = []
        var weather = Weather()
        var random: SeededGenerator
        /// Calls until the process that makes them is killed.
        var callsUntilKill: Int?
        var shifted: Set<String> = []
        var calls = 0
    }

    private let state: Mutex<State>
    private let clock: WorldClock
    private let lines: [PhoneLine]
    private let kill: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

    init(lines: [PhoneLine], seed: UInt64, clock: WorldClock) {
        self.lines = lines
        self.clock = clock
        state = Mutex(State(random: SeededGenerator(seed: seed)))
    }

    func with<Value: Sendable>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }

    /// At the `calls`th call from now `act` is performed, once, before the call has any effect.
    func killAfter(_ calls: Int, _ act: @escaping @Sendable () -> Void) {
        kill.withLock { $0 = act }
        with { $0.callsUntilKill = calls }
    }

    func cancelKill() { with { $0.callsUntilKill = nil } }

    /// A vendor as one process sees it: it is dead once that process was killed.
    func session() -> Session { Session(self) }

    final class Session: VendorAPI {
        private let world: WorldVendor
        private let isDead = Mutex(false)

        init(_ world: WorldVendor) { self.world = world }

        var hasDied: Bool { isDead.withLock { $0 } }

        private func dies() -> Bool {
            if hasDied { return true }
            guard world.isKilledNow() else { return false }
            isDead.withLock { $0 = true }
            return true
        }

        private static let dead = VendorAnswer(.failure(.connectionRefused))

        func delete(_ id: AttachmentID) async -> VendorAnswer { dies() ? Self.dead : await world.delete(id) }
        func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
            dies() ? AttachmentLookup(answer: Self.dead) : await world.lookUp(id)
        }
        func head(_ url: DownloadURL) async -> VendorAnswer { dies() ? Self.dead : await world.head(url) }
        func phoneLines() async -> Listing<PhoneLine> {
            dies() ? Listing(answer: Self.dead) : await world.phoneLines()
        }
        func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
            dies() ? Listing(answer: Self.dead) : await world.chats(of: handle, on: line, cursor: cursor)
        }
        func chat(_ id: ChatID) async -> Listing<ChatObservation> {
            dies() ? Listing(answer: Self.dead) : await world.chat(id)
        }
        func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
            dies() ? Listing(answer: Self.dead) : await world.messages(in: chat, cursor: cursor)
        }
        func upload(_ bytes: [UInt8], mime: String, name: String) async -> UploadAnswer {
            UploadAnswer(answer: .http(500))
        }
    }

    private func isKilledNow() -> Bool {
        let isNow = with { state in
            state.calls += 1
            guard let left = state.callsUntilKill else { return false }
            state.callsUntilKill = left > 0 ? left - 1 : nil
            return left == 0
        }
        if isNow { kill.withLock { $0 }?() }
        return isNow
    }

    private static let gateway = VendorAnswer(.http(status: 404, code: nil))

    func delete(_ id: AttachmentID) async -> VendorAnswer {
        let now = clock.now()
        return with { state in
            if state.weather.isGateway { return Self.gateway }
            if Double.random(in: 0..<1, using: &state.random) < state.weather.errors { return .http(500) }
            guard state.alive.contains(id) else { return .http(404, code: 2003) }
            if Double.random(in: 0..<1, using: &state.random) < state.weather.lies {
                state.liedAbout.insert(id)
                return .http(204)
            }
            state.alive.remove(id)
            state.deleted.append((id, now))
            let isLost = Double.random(in: 0..<1, using: &state.random) < state.weather.lostAnswers
            return isLost ? VendorAnswer(.failure(.timeout)) : .http(204)
        }
    }

    func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        with { state in
            if state.weather.isGateway { return AttachmentLookup(answer: Self.gateway) }
            if Double.random(in: 0..<1, using: &state.random) < state.weather.errors {
                return AttachmentLookup(answer: .http(500))
            }
            guard state.alive.contains(id) else { return AttachmentLookup(answer: .http(404, code: 2003)) }
            return AttachmentLookup(
                answer: .http(200), found: ObservedAttachment(id: id, source: .message),
                url: DownloadURL("https://u/\(id)"))
        }
    }

    func head(_ url: DownloadURL) async -> VendorAnswer { .http(404) }

    func phoneLines() async -> Listing<PhoneLine> {
        with { state in
            // A gateway answers what it knows by heart.
            Listing(answer: .http(200), elements: lines, isComplete: true)
        }
    }

    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        with { state in
            let found = state.chats.sorted { $0.key < $1.key }.filter { chat in
                (handle.map { chat.value.members.contains($0) } ?? true) && (line.map { $0 == chat.value.line } ?? true)
            }.map { Self.observation($0.key, $0.value) }
            return Self.page(found, "chats \(handle.debugDescription)", cursor, &state)
        }
    }

    func chat(_ id: ChatID) async -> Listing<ChatObservation> {
        with { state in
            guard let chat = state.chats[id], !state.weather.isGateway else { return Listing(answer: Self.gateway) }
            return Listing(answer: .http(200), elements: [Self.observation(id, chat)], isComplete: true)
        }
    }

    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
        with { state in Self.page(state.messages[chat] ?? [], "messages \(chat)", cursor, &state) }
    }

    func upload(_ bytes: [UInt8], mime: String, name: String) async -> UploadAnswer {
        UploadAnswer(answer: .http(500))
    }

    private static func observation(_ id: ChatID, _ chat: Chat) -> ChatObservation {
        ChatObservation(
            chat: id, isGroup: chat.isGroup, line: chat.line, members: chat.members, membersAreComplete: true)
    }

    private static func page<Element: Sendable>(
        _ all: [Element], _ name: String, _ cursor: String?, _ state: inout State
    ) -> Listing<Element> {
        if state.weather.isGateway { return Listing(answer: gateway) }
        if Double.random(in: 0..<1, using: &state.random) < state.weather.errors { return Listing(answer: .http(500)) }
        guard state.weather.oddPages else { return Listing(answer: .http(200), elements: all, isComplete: true) }
        guard let cursor else { return Listing(answer: .http(200), nextCursor: "0", isComplete: true) }
        let start = Int(cursor) ?? 0
        var order = all
        // Between two pages the last moves to the front, once.
        if start > 0, let last = order.popLast(), state.shifted.insert(name).inserted { order.insert(last, at: 0) }
        let end = min(order.count, start + 2)
        return Listing(
            answer: .http(200), elements: Array(order[min(start, order.count)..<end]),
            nextCursor: end < order.count ? String(end) : nil, isComplete: true)
    }
}

/// Runs thousands of times as fast as the wall's clock, and jumps when it is told to.
final class WorldClock: TimeSource {
    private static let factor: Int64 = 5000
    private let start = ContinuousClock.now
    private let base: Timestamp
    private let skew = Mutex<Int64>(0)

    init(_ base: Timestamp) { self.base = base }

    func ticks() -> Int64 {
        let elapsed = start.duration(to: .now).components
        return (elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000) * Self.factor
    }

    func now() -> Timestamp { base.adding(microseconds: ticks() + skew.withLock { $0 }) }
    func advance(seconds: Int64) { skew.withLock { $0 += seconds * 1_000_000 } }

    func sleep(microseconds: Int64) async {
        try? await Task.sleep(for: .microseconds(max(400, microseconds / Self.factor)))
    }
}
