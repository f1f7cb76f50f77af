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

    /// The first of `values` that can be read at all.
    static func first(of values: JSONValue?...) -> Participant? { values.lazy.compactMap { Participant($0) }.first }

    /// Somebody is named by one of `values`, who is not us, and by none of them can it be read who.
    static func isUnreadable(_ values: JSONValue?..., ownLine: PhoneLine? = nil) -> Bool {
        let told = values.compactMap { $0 }
        let isReadable = told.contains { value in
            guard let participant = Participant(value) else { return value["is_me"]?.bool == true }
            return participant.isMe == true || (ownLine != nil && participant.line == ownLine)
                || participant.handle != nil
        }
        return !told.isEmpty && !isReadable
    }
}

/// The end-users of a chat, out of its `handles`; ours are those with `is_me`.
struct Roster {
    var line: PhoneLine?
    var members: [Handle] = []
    /// Every handle could be read and ours was among them. Who left or was removed is still listed, and still counts:
    /// they received what was sent before.
    var isComplete = false
    /// Somebody is in it who cannot be read, or all of it cannot.
    var hasUnreadable = false

    /// `ownLine` tells ours apart where no handle says `is_me`.
    init(_ handles: JSONValue?, ownLine: PhoneLine? = nil) {
        guard let handles else { return }
        guard let entries = handles.elements else {
            hasUnreadable = true
            return
        }
        for entry in entries {
            let participant = Participant(entry)
            let isOurs = participant?.isMe == true || (ownLine != nil && participant?.line == ownLine)
            if isOurs {
                line = line ?? participant?.line
            } else if let handle = participant?.handle {
                if !members.contains(handle) { members.append(handle) }
            } else if Participant.isUnreadable(entry, ownLine: ownLine) {
                hasUnreadable = true
            }
        }
        isComplete = !hasUnreadable && line != nil && !members.isEmpty
    }
}
