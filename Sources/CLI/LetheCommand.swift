import ArgumentParser
import Domain
import Reports

/// A command: arguments in, one reply out. It prints nothing itself but progress and notes.
protocol LetheCommand: ParsableCommand, Sendable {
    var global: GlobalOptions { get }
    func perform(_ console: Console) async throws -> Reply
}

/// What a command answers: the same values for people and for programs.
struct Reply: Sendable {
    /// Lines for people, without a final newline; may be empty.
    var text: String
    var json: JSONValue
    var status: ExitStatus
    /// In place of either, where the answer may be too long for one: it is written piece by piece.
    var body: (@Sendable (TextSink) throws(LetheError) -> Void)?

    init(_ text: String, json: JSONValue, status: ExitStatus = .done) {
        self.text = text
        self.json = json
        self.status = status
    }
}
