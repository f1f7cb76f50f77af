import Domain

/// How decisions are said to people, in lines of at most 80 columns.
package enum Wording {
    static let width = 80

    /// Breaks a text at spaces, and within a word only where it is longer than any id; `first` stands before the first
    /// line, `rest` spaces before the others.
    package static func wrap(_ text: String, first: String, rest: Int, width: Int = width) -> [String] {
        var lines: [String] = []
        var current = first
        var isEmpty = true
        for word in text.split(whereSeparator: \.isWhitespace).flatMap({ pieces(of: $0, width: width - rest) }) {
            if !isEmpty, current.count + 1 + word.count > width {
                lines.append(current)
                current = String(repeating: " ", count: rest)
                isEmpty = true
            }
            current += isEmpty ? word : " " + word
            isEmpty = false
        }
        lines.append(current)
        return lines
    }

    private static func pieces(of word: Substring, width: Int) -> [Substring] {
        guard word.count > max(width, 71) else { return [word] }
        var pieces: [Substring] = []
        var rest = word
        while !rest.isEmpty {
            pieces.append(rest.prefix(width))
            rest = rest.dropFirst(width)
        }
        return pieces
    }

    /// A whole sentence without its full stop: why this verdict.
    static func sentence(for ruling: Ruling) -> String {
        let policy: String
        if case .policy(let id)? = ruling.winner { policy = id } else { policy = "a policy" }
        return switch ruling.reason {
        case .unknown(let fact): "its \(phrase(fact)) is not known, and unknown means keep"
        case .held(let id): "legal hold \(id) covers it"
        case .retained(let until): "\(policy) keeps it until \(until.brief)"
        case .withheld(let ground, let until): "\(policy) keeps it until \(until.brief) on the ground of \(ground)"
        case .erasure: "an approved erasure request covers it"
        case .expired: "its 24 hours are over: the vendor has promised to remove it"
        case .policy(let id): "\(id) deletes it" + (ruling.latestRemoval.map { ", due since \($0.brief)" } ?? "")
        case .notDue(let due): "\(policy) deletes it, but not before \(due.brief)"
        case .noPolicy: "no policy asks for its deletion"
        }
    }

    static func sentence(for loser: Loser) -> String {
        if case .hold = loser.rule, loser.reason == .laterID {
            return "lasts as long as another hold: the lesser id decides"
        }
        return switch loser.reason {
        case .outOfScope: "on none of its lines"
        case .noMatch(let fact): "another \(phrase(fact)) than it asks for"
        case .unknownFact(let fact): "\(phrase(fact)) not known, so not a match to delete by"
        case .noGround: "no legal ground to stand against a request"
        case .outranked: "a stronger rule decided"
        case .retainEnded: "its time to keep is over"
        case .shorterRetain: "another policy keeps longer"
        case .lineScopeWins: "a policy that names lines comes first"
        case .tierWins: "a policy that names the tier comes first"
        case .laterInstant: "a policy of the same rank deletes earlier"
        case .laterID: "same instant as another: the lesser id decides"
        case .shorterHold: "another hold lasts longer"
        case .holdEnded: "its end date has passed"
        }
    }

    static func phrase(_ fact: Fact) -> String {
        switch fact {
        case .created: "time of creation"
        case .lastUsed: "last use"
        case .line: "line"
        case .tier: "tier"
        case .direction: "direction"
        case .source: "source"
        case .mime: "type"
        case .size: "size"
        }
    }
}
