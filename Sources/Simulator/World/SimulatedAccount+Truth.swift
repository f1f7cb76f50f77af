package import Domain

/// What is really so at the vendor, for tests to compare with what a client believes.
extension SimulatedAccount {
    package struct Counts: Sendable, Equatable {
        package var byState: [SimulatedState: Int] = [:]
        /// Live files of each line; uploads are not in it.
        package var liveByLine: [String: Int] = [:]
        package var messages = 0
        package var chats = 0
        package var undelivered = 0

        package func count(_ state: SimulatedState) -> Int { byState[state] ?? 0 }
    }

    package func counts(partner: Int = 0) -> Counts {
        let now = clock.now
        return read { world in
            var counts = Counts()
            for stored in world.files where stored.partner == UInt8(partner) {
                let state = world.state(of: stored, at: now)
                counts.byState[state, default: 0] += 1
                if state == .live, let line = stored.line {
                    counts.liveByLine[world.lines[Int(line)].number, default: 0] += 1
                }
            }
            counts.messages = world.messages.count
            counts.chats = world.chats.count
            counts.undelivered = world.messages.count - world.nextDelivery
            return counts
        }
    }

    package func state(of id: AttachmentID) -> SimulatedState? {
        let now = clock.now
        return read { world in world.fileIndex[id].map { world.state(of: world.files[$0], at: now) } }
    }

    /// Every id in this state, in the order of creation.
    package func attachments(in state: SimulatedState, partner: Int = 0) -> [AttachmentID] {
        let now = clock.now
        return read { world in
            world.files.lazy.filter { $0.partner == UInt8(partner) && world.state(of: $0, at: now) == state }.map(\.id)
        }
    }

    package var deletions: [DeleteRecord] { read { $0.deletions } }
}
