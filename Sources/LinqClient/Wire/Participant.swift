import Domain

/// A handle as the vendor writes it: an object with `handle` and `is_me`, or, in older and account events, the bare text.
struct Participant {
    let text: String
    let isMe: Bool?

    init?(_ value: JSONValue?) {
        guard let value else { return nil }
        guard let text = value["handle"]?.string ?? value.string else { return nil }
        self.text = text
        isMe = value["is_me"]?.bool
    }

    /// As a phone line of the account; `nil` where it is none in E.164.
    var line: PhoneLine? { try? PhoneLine(text) }

    /// As an end-user; `nil` for what is neither a number in E.164 nor a mail address, such as a short code.
    var handle: Handle? { try? Handle(text) }
}

/// The end-users of a chat, out of its `handles`; ours are those with `is_me`.
struct Roster {
    var line: PhoneLine?
    var members: [Handle] = []
    /// Every handle could be read and ours was among them. Who left or was removed is still listed, and still counts:
    /// they received what was sent before.
    var isComplete = false

    /// `ownLine` tells ours apart where no handle says `is_me`.
    init(_ handles: JSONValue?, ownLine: PhoneLine? = nil) {
        guard let entries = handles?.elements else { return }
        var unread = entries.isEmpty
        for entry in entries {
            guard let participant = Participant(entry) else {
                unread = true
                continue
            }
            if participant.isMe == true || (ownLine != nil && participant.line == ownLine) {
                line = line ?? participant.line
            } else if let handle = participant.handle {
                if !members.contains(handle) { members.append(handle) }
            } else {
                unread = true
            }
        }
        isComplete = !unread && line != nil && !members.isEmpty
    }
}
