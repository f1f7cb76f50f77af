/// A reader of tags that knows nothing of HTML: every element is closed in order, every `<` begins a tag.
enum XMLCheck {
    private static let void: Set<String> = ["meta", "br", "hr"]

    /// The first thing that is wrong; `nil` = nothing.
    static func problem(in text: String) -> String? {
        var open: [Substring] = []
        var rest = Substring(text)
        while let start = rest.firstIndex(of: "<") {
            let tag = rest[start...]
            guard let end = tag.firstIndex(of: ">") else { return "a tag does not end: \(tag.prefix(40))" }
            let inside = tag[tag.index(after: start)..<end]
            guard !inside.contains("<") else { return "a tag holds another: \(inside.prefix(60))" }
            let name = inside.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
            guard !name.isEmpty else { return "not a tag: \(inside.prefix(40))" }
            if inside.hasPrefix("/") {
                guard open.popLast() == name else { return "</\(name)> closes something else" }
            } else if !inside.hasSuffix("/"), !void.contains(String(name)) {
                open.append(name)
            }
            rest = tag[tag.index(after: end)...]
        }
        return open.isEmpty ? nil : "never closed: \(open)"
    }
}
