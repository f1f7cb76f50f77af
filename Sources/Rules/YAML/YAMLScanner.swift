/// The pre-scan: walks a YAML text token by token before the parser sees it and refuses what the language does not have.
///
/// It follows the token rules of libyaml (`yaml_parser_fetch_next_token`), so that it is at the start of a token exactly
/// where the parser will be: an alias can hide neither behind a quote nor in a continued line. Where it cannot follow,
/// it reports a syntax error and the parser never runs.
struct YAMLScanner {
    let text: SourceText
    private(set) var problems: ProblemList
    /// Something was found that ends the scan: the parser must not run.
    private(set) var isStopped = false
    /// Where keys begin that their mapping has already, and how many scalars long they are: as many as are shown.
    private(set) var duplicates: [(start: Int, length: Int)] = []

    private var index = 0
    private var column = 0
    private var line = 1
    /// Columns of the open block collections, outermost first; whether each is a mapping, and its keys.
    private var blocks: [Collection] = []
    private var flows: [Collection] = []
    /// A scalar that a `:` would make a key, for the block level and each flow level.
    private var candidates: [Candidate?] = [nil]
    private var keyAllowed = true
    /// Where the last scalar began and ended.
    private var scalarLine = 0
    private var scalarEnd = 0
    private var isDone = false
    private var hasBegun = false

    private struct Collection {
        let column: Int
        let isMapping: Bool
        var keys: [String: Int] = [:]
    }

    private struct Candidate {
        let start: Int
        let end: Int
        let column: Int
        let line: Int
        let text: String
    }

    static let deepest = 16

    init(_ text: SourceText) {
        self.text = text
        problems = ProblemList(file: text.file)
    }

    mutating func scan() {
        while !isDone { next() }
    }

    // MARK: Characters

    private func peek(_ offset: Int = 0) -> Unicode.Scalar {
        let place = index + offset
        return place < text.scalars.count ? text.scalars[place] : "\0"
    }

    private func isBlankOrEnd(_ offset: Int) -> Bool {
        let scalar = peek(offset)
        return scalar == " " || isBreak(scalar) || scalar == "\0"
    }

    private func isBreak(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }

    private mutating func advance() {
        if peek() == "\n" {
            line += 1
            column = 0
        } else {
            column += 1
        }
        index += 1
    }

    private mutating func stop(_ code: String, _ message: String, at place: Int? = nil, suggestion: String? = nil) {
        problems.add(text.problem(at: place ?? index, code, message, suggestion: suggestion))
        isDone = true
        isStopped = true
    }

    // MARK: Tokens

    private mutating func next() {
        skipToToken()
        unroll()
        guard index < text.scalars.count else {
            if !flows.isEmpty { stop("syntax", "the file ends inside brackets") }
            isDone = true
            return
        }
        if column == 0, isDocumentMark("-") || isDocumentMark(".") {
            // One "---" before everything begins the only document there is.
            if !hasBegun, peek() == "-" { return begin() }
            return stop(
                "document-marker", "a document marker", suggestion: "delete it: a file is one document"
            )
        }
        hasBegun = true
        switch peek() {
        case "%" where column == 0:
            stop("directive", "a YAML directive", suggestion: "delete the line")
        case "[": openFlow(isMapping: false)
        case "{": openFlow(isMapping: true)
        case "]", "}": closeFlow()
        case ",": entry()
        case "-" where isBlankOrEnd(1): item()
        case "?" where !flows.isEmpty || isBlankOrEnd(1):
            stop("complex-key", "a complex key", suggestion: "write \"key: value\"")
        case ":" where !flows.isEmpty || isBlankOrEnd(1): value()
        case "*": stop("alias", "an alias", suggestion: "write the value out: policies have no aliases")
        case "&": stop("anchor", "an anchor", suggestion: "delete it: policies have no anchors")
        case "!": stop("tag", "a tag", suggestion: "delete it: policies have no tags")
        case "|" where flows.isEmpty, ">" where flows.isEmpty: blockScalar()
        case "'", "\"": quoted(peek())
        case "|", ">", "%", "@", "`", "#":
            stop("syntax", "\"\(peek())\" cannot begin a value", suggestion: "put the value in quotes")
        default: plain()
        }
    }

    private mutating func begin() {
        for _ in 0..<3 { advance() }
        hasBegun = true
        keyAllowed = false
    }

    private func isDocumentMark(_ mark: Unicode.Scalar) -> Bool {
        peek() == mark && peek(1) == mark && peek(2) == mark && isBlankOrEnd(3)
    }

    private mutating func skipToToken() {
        while true {
            while peek() == " " { advance() }
            if peek() == "#" {
                while index < text.scalars.count, !isBreak(peek()) { advance() }
            }
            guard index < text.scalars.count, isBreak(peek()) else { return }
            advance()
            if flows.isEmpty { keyAllowed = true }
        }
    }

    /// Closes the block collections that the current column has left.
    private mutating func unroll() {
        guard flows.isEmpty else { return }
        while let open = blocks.last, open.column > column { blocks.removeLast() }
    }

    private mutating func roll(_ column: Int, isMapping: Bool, at place: Int) {
        guard flows.isEmpty, (blocks.last?.column ?? -1) < column else { return }
        blocks.append(Collection(column: column, isMapping: isMapping))
        checkDepth(at: place)
    }

    private mutating func checkDepth(at place: Int) {
        guard blocks.count + flows.count > Self.deepest else { return }
        stop("too-deep", "collections nested more than \(Self.deepest) deep", at: place)
    }

    private mutating func openFlow(isMapping: Bool) {
        candidates[candidates.count - 1] = nil
        let place = index
        flows.append(Collection(column: column, isMapping: isMapping))
        candidates.append(nil)
        keyAllowed = true
        advance()
        checkDepth(at: place)
    }

    private mutating func closeFlow() {
        guard let open = flows.last, open.isMapping == (peek() == "}") else {
            return stop("syntax", "\"\(peek())\" closes nothing", suggestion: "quote the value if it is a part of it")
        }
        flows.removeLast()
        candidates.removeLast()
        keyAllowed = false
        advance()
    }

    private mutating func entry() {
        guard !flows.isEmpty else {
            return stop("syntax", "\",\" cannot begin a value", suggestion: "put the value in quotes")
        }
        candidates[candidates.count - 1] = nil
        keyAllowed = true
        advance()
    }

    private mutating func item() {
        guard flows.isEmpty else {
            return stop("syntax", "\"- \" inside brackets", suggestion: "separate the values with commas")
        }
        guard keyAllowed else { return stop("syntax", "a list item is not allowed here") }
        roll(column, isMapping: false, at: index)
        candidates[0] = nil
        keyAllowed = true
        advance()
    }

    /// A `:` that makes a key of the scalar before it.
    private mutating func value() {
        guard let key = candidates[candidates.count - 1], key.line == line else {
            if scalarEnd == index, scalarLine < line {
                return stop(
                    "syntax", "\":\" in a value that began in line \(scalarLine)",
                    suggestion: "mend the indentation, or put the value in quotes")
            }
            let message = keyAllowed ? "\":\" without a key" : "a second \":\" in one line"
            let quotes = "put a value that holds \": \" in quotes"
            return stop("syntax", message, suggestion: flows.isEmpty ? quotes : "put a comma between pairs; \(quotes)")
        }
        candidates[candidates.count - 1] = nil
        roll(key.column, isMapping: true, at: key.start)
        guard !isDone else { return }
        note(key)
        keyAllowed = false
        advance()
    }

    private mutating func note(_ key: Candidate) {
        if key.text == "<<" {
            return stop(
                "merge-key", "a merge key", at: key.start,
                suggestion: "write the keys out: policies have no merge keys")
        }
        let isFlow = !flows.isEmpty
        let open = isFlow ? flows.count - 1 : blocks.count - 1
        // A single pair in a list, `[a: b]`, is a mapping of its own.
        guard open >= 0, isFlow ? flows[open].isMapping : true else { return }
        let first = isFlow ? flows[open].keys[key.text] : blocks[open].keys[key.text]
        guard let first else {
            if isFlow { flows[open].keys[key.text] = key.line } else { blocks[open].keys[key.text] = key.line }
            return
        }
        if problems.hasRoom { duplicates.append((key.start, key.end - key.start)) }
        problems.add(at: text.position(key.start)) { [text] in
            text.problem(
                at: key.start, "duplicate-key", "duplicate key \(key.text.quoted), first in line \(first)",
                suggestion: "keep one of them")
        }
    }

    private mutating func remember(from start: Int, column: Int, line: Int, end: Int, text: String, allowed: Bool) {
        (scalarLine, scalarEnd) = (line, end)
        candidates[candidates.count - 1] =
            allowed ? Candidate(start: start, end: end, column: column, line: line, text: text) : nil
    }

    // MARK: Scalars

    private mutating func plain() {
        let (start, startColumn, startLine, allowed) = (index, column, line, keyAllowed)
        let indent = (blocks.last?.column ?? -1) + 1
        keyAllowed = false
        var content: [Unicode.Scalar] = []
        var end = index
        var crossed = false
        while true {
            if column == 0, isDocumentMark("-") || isDocumentMark(".") { break }
            if peek() == "#" { break }
            while index < text.scalars.count, !isBlankOrEnd(0) {
                if peek() == ":", isBlankOrEnd(1) { break }
                if !flows.isEmpty, ",[]{}".unicodeScalars.contains(peek()) { break }
                if !flows.isEmpty, peek() == ":", ",?[]{}".unicodeScalars.contains(peek(1)) {
                    return stop("syntax", "\":\" without a space after it", suggestion: "write \"key: value\"")
                }
                content.append(peek())
                advance()
                end = index
            }
            guard index < text.scalars.count, peek() == " " || isBreak(peek()) else { break }
            while peek() == " " || isBreak(peek()) {
                if isBreak(peek()) { crossed = true }
                advance()
            }
            if !crossed || index < text.scalars.count { content.append(" ") }
            if flows.isEmpty, column < indent { break }
        }
        if crossed { keyAllowed = true }
        while content.last == " " { content.removeLast() }
        remember(
            from: start, column: startColumn, line: startLine, end: end, text: String(content), allowed: allowed)
    }

    private mutating func quoted(_ quote: Unicode.Scalar) {
        let (start, startColumn, startLine, allowed) = (index, column, line, keyAllowed)
        keyAllowed = false
        advance()
        var content: [Unicode.Scalar] = []
        while true {
            guard index < text.scalars.count else {
                return stop("syntax", "a quoted value without its closing quote", at: start)
            }
            if column == 0, isDocumentMark("-") || isDocumentMark(".") {
                return stop("syntax", "a document marker inside a quoted value")
            }
            if peek() == quote {
                guard quote == "'", peek(1) == "'" else { break }
                advance()
            } else if quote == "\"", peek() == "\\" {
                advance()
                if let meant = escape() { content.append(meant) }
                continue
            }
            content.append(peek())
            advance()
        }
        advance()
        remember(
            from: start, column: startColumn, line: startLine, end: index, text: String(content), allowed: allowed)
    }

    /// What stands after a backslash in double quotes, so that a key is the same key however it is spelt. What is no
    /// escape is left to the parser, which refuses it.
    private mutating func escape() -> Unicode.Scalar? {
        let letter = peek()
        advance()
        guard let digits = ["x": 2, "u": 4, "U": 8][letter] else { return Self.escapes[letter] ?? letter }
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = Character(peek()).hexDigitValue, peek().isASCII else { return nil }
            value = value << 4 | UInt32(digit)
            advance()
        }
        return Unicode.Scalar(value)
    }

    /// YAML 1.1, 5.13; a letter that stands for itself is not in it.
    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "0": "\0", "a": "\u{7}", "b": "\u{8}", "t": "\t", "n": "\n", "v": "\u{B}", "f": "\u{C}", "r": "\r",
        "e": "\u{1B}", "N": "\u{85}", "_": "\u{A0}", "L": "\u{2028}", "P": "\u{2029}",
    ]

    /// `|` and `>`: everything that is indented deeper than the collection it is in.
    private mutating func blockScalar() {
        let start = index
        candidates[0] = nil
        keyAllowed = true
        advance()
        while peek() == "+" || peek() == "-" { advance() }
        if let digit = peek().properties.numericType, digit == .decimal {
            return stop(
                "syntax", "a block with an indentation number", at: start, suggestion: "write | or > alone")
        }
        while peek() == " " { advance() }
        if peek() == "#" { while index < text.scalars.count, !isBreak(peek()) { advance() } }
        guard isBlankOrEnd(0) else {
            return stop("syntax", "text after | or >", suggestion: "begin it in the next line")
        }
        let parent = blocks.last?.column ?? -1
        // The deepest of the empty lines before the first text counts too, as it does for the parser.
        var deepest = max(parent + 1, 1)
        var indent: Int?
        while index < text.scalars.count {
            // At a line's end: look at the next line before taking it.
            while index < text.scalars.count, !isBreak(peek()) { advance() }
            while index < text.scalars.count, isBreak(peek()) { advance() }
            let spaces = leadingSpaces()
            if indent == nil { deepest = max(deepest, spaces) }
            if isBreakOrEnd(spaces) { continue }
            let required = indent ?? deepest
            guard spaces >= required else { return }
            indent = required
        }
    }

    private func leadingSpaces() -> Int {
        var count = 0
        while peek(count) == " " { count += 1 }
        return count
    }

    private func isBreakOrEnd(_ offset: Int) -> Bool { isBreak(peek(offset)) || index + offset >= text.scalars.count }
}

extension String {
    fileprivate init(_ scalars: [Unicode.Scalar]) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }
}
