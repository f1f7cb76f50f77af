import ArgumentParser
import Rules

/// A word that stands where a command should, and is none: the parser would call it an unexpected argument.
struct UnknownCommand {
    /// The words of the command that it was given to, `lethe` first.
    let parent: [String]
    let word: String
    let known: [String]

    /// `nil` where every word in a command's place is one.
    static func find(in arguments: [String]) -> UnknownCommand? {
        find(arguments[...], below: Lethe.configuration, ["lethe"])
    }

    private static func find(
        _ arguments: ArraySlice<String>, below configuration: CommandConfiguration, _ parent: [String]
    ) -> UnknownCommand? {
        let known = configuration.subcommands.map { $0.configuration }
        guard let word = arguments.first, !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
        guard let next = known.first(where: { $0.commandName == word }) else {
            return UnknownCommand(parent: parent, word: word, known: known.compactMap(\.commandName))
        }
        return find(arguments.dropFirst(), below: next, parent + [word])
    }

    var message: String {
        "unknown command \"\(word)\": \(Suggestion.of(word, among: known, noun: "commands"))"
    }
}
