package import Domain
import Synchronization

/// The vendor's whole memory behind one lock: what the HTTP server answers from, and what tests and the demo fill and
/// ask in the same process.
package final class SimulatedAccount: Sendable {
    package let clock: SimulatedClock
    /// What webhooks are signed with: `whsec_` and base64.
    package let webhookSecret: String
    private let world: Mutex<World>

    /// - Parameters:
    ///   - partners: the first is the account under test; ids in `add…` calls are places in this list.
    ///   - seed: decides every id and everything `populate` makes up.
    package init(
        partners: [SimulatedPartner] = [.first, .second], seed: UInt64 = 1,
        webhookSecret: String = SimulatedAccount.standardWebhookSecret, clock: SimulatedClock
    ) {
        self.webhookSecret = webhookSecret
        self.clock = clock
        world = Mutex(World(partners: partners, seed: seed))
    }

    /// What `lethe simulate` starts with: three lines, one of them ephemeral and one with zero-day retention, and a
    /// line of another partner (key `other-key`); nothing sent yet.
    package static func standard(seed: UInt64 = 1, key: String? = nil, clock: SimulatedClock) -> SimulatedAccount {
        var first = SimulatedPartner.first
        if let key { first.keys = [key] }
        let account = SimulatedAccount(partners: [first, .second], seed: seed, clock: clock)
        account.write { world in
            world.addLine("+12025550143", regime: .persistent, partner: 0)
            world.addLine("+12025550188", regime: .ephemeral, partner: 0)
            world.addLine("+12025550120", regime: .zeroRetention, partner: 0)
            world.addLine("+13035550100", regime: .persistent, partner: 1)
        }
        return account
    }

    func read<Value: Sendable, Failure: Error>(
        _ body: (borrowing World) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try world.withLock { (world) throws(Failure) in try body(world) }
    }

    func write<Value: Sendable, Failure: Error>(_ body: (inout World) throws(Failure) -> Value) throws(Failure) -> Value
    {
        try world.withLock { (world) throws(Failure) in try body(&world) }
    }
}

/// Filling the account by hand.
extension SimulatedAccount {
    package func addLine(_ number: PhoneLine, regime: LineRegime = .persistent, partner: Int = 0) {
        write { $0.addLine(number.number, regime: regime, partner: partner) }
    }

    /// A chat of a line with these people; more than one makes a group.
    package func addChat(on line: PhoneLine, with members: [Handle], at time: Timestamp) throws(LetheError) -> ChatID {
        try write { (world) throws(LetheError) in
            guard let index = world.lineIndex[line.number] else { throw Self.unknown("line") }
            let chat = world.addChat(
                line: index, handles: members.map(\.wire), at: time, isGroup: members.count > 1)
            return world.chats[chat].id
        }
    }

    /// A message with its files, and its webhook.
    ///
    /// - Parameter sender: somebody in the chat; `nil` = sent by us.
    package func addMessage(
        in chat: ChatID, from sender: Handle?, at time: Timestamp, text: String? = nil, files: [SimulatedFile] = []
    ) throws(LetheError) -> [AttachmentID] {
        try write { (world) throws(LetheError) in
            guard let index = world.chatIndex[chat] else { throw Self.unknown("chat") }
            let place = sender.flatMap { sender in
                world.chats[index].members.firstIndex { $0.handle == sender.wire }
            }
            if sender != nil, place == nil { throw Self.unknown("sender") }
            return world.addMessage(chat: index, sender: place, at: time, text: text, files: files)
        }
    }

    /// A file uploaded and never sent.
    package func addUpload(_ file: SimulatedFile, at time: Timestamp, partner: Int = 0) -> AttachmentID {
        write { world in
            let index = world.addFile(file, partner: partner, line: nil, at: time)
            return world.files[index].id
        }
    }

    /// Somebody leaves a group; the chat keeps them with status `left`.
    package func leave(_ chat: ChatID, _ handle: Handle, at time: Timestamp) throws(LetheError) {
        try write { (world) throws(LetheError) in
            guard let index = world.chatIndex[chat],
                let place = world.chats[index].members.firstIndex(where: { $0.handle == handle.wire })
            else { throw Self.unknown("chat or member") }
            world.chats[index].members[place].left = time
        }
    }

    /// How long past the 24 hours ephemeral files stay, in seconds.
    package func setSweepDelay(seconds: Int64) {
        write { $0.sweepDelay = seconds }
    }

    /// How long an uploaded file answers 404 with code 2007, in seconds.
    package func setProcessingTime(seconds: Int64) {
        write { $0.processingTime = seconds }
    }

    private static func unknown(_ what: String) -> LetheError {
        LetheError("simulator-unknown", .usage, "the simulated account has no such \(what)")
    }
}

extension World {
    mutating func addMessage(
        chat: Int, sender: Int?, at time: Timestamp, text: String?, files: [SimulatedFile]
    ) -> [AttachmentID] {
        let line = chats[chat].line
        var parts: [Part] = text.map { [.text($0)] } ?? []
        var ids: [AttachmentID] = []
        if lines[line].regime != .zeroRetention {
            for file in files {
                let index = addFile(file, partner: lines[line].partner, line: line, at: time)
                parts.append(.media(Int32(index)))
                ids.append(self.files[index].id)
            }
        }
        _ = addMessage(chat: chat, sender: sender, at: time, parts: parts)
        return ids
    }
}
