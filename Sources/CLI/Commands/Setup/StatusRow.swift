import Domain
import Rules

/// One line of `lethe status`.
struct StatusRow: Sendable {
    enum State: String, Sendable, Comparable {
        case ok, waits, wrong

        var style: Console.Style {
            switch self {
            case .ok: .green
            case .waits: .yellow
            case .wrong: .red
            }
        }

        private var rank: Int { self == .ok ? 0 : self == .waits ? 1 : 2 }
        static func < (left: State, right: State) -> Bool { left.rank < right.rank }
    }

    let name: String
    let state: State
    let detail: String
    /// The command that goes on, or what a person does first; `nil` = nothing is to be done.
    let next: String?

    init(_ name: String, _ state: State = .ok, _ detail: String, next: String? = nil) {
        self.name = name
        self.state = state
        self.detail = detail
        self.next = next
    }

    /// At most 80 columns.
    func lines(_ console: Console) -> [String] {
        let head = pad(state.rawValue, 7) + pad(name, 14)
        var lines = Wording.wrap(detail, first: head, rest: head.count)
        // What is coloured has no width.
        lines[0] = console.styled(state.rawValue, state.style) + lines[0].dropFirst(state.rawValue.count)
        guard let next else { return lines }
        let isCommand = next.hasPrefix("lethe ") && !next.contains(where: ",;:".contains)
        var wrapped = Wording.wrap(next, first: "  Try: ", rest: 7)
        // Room for the backslash.
        if isCommand, wrapped.count > 1 { wrapped = Wording.wrap(next, first: "  Try: ", rest: 7, width: 78) }
        return lines
            + wrapped.enumerated().map { $1 + (isCommand && $0 < wrapped.count - 1 ? " \\" : "") }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    var json: JSONValue {
        [
            "name": .string(name), "state": .string(state.rawValue), "detail": .string(detail), "next": JSONValue(next),
        ]
    }
}
