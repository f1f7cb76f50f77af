import ArgumentParser
import Rules

/// A word that stands where a command should, and is none: the parser would call it an unexpected argument.
struct UnknownCommand {
    /// The words of the command that it was given to, `lethe` first.
    let parent: [String]
    let word: String
    let known: [String]

    /// `nil` where every word in a command's place is one.
    init?(in arguments: [String]) {
        var command: any ParsableCommand.Type = Lethe.self
        var parent = ["lethe"]
        for argument in arguments {
            let below = command.configuration.subcommands
            guard !below.isEmpty, !argument.hasPrefix("-") else { return nil }
            if let next = below.first(where: { $0.configuration.commandName == argument }) {
                command = next
                parent.append(argument)
            } else if argument == "help" {
                return nil
            } else {
                self.parent = parent
                word = argument
                known = below.compactMap(\.configuration.commandName)
                return
            }
        }
        return nil
    }

    var message: String {
        "unknown command \"\(word)\": \(Suggestion.of(word, among: known, noun: "commands"))"
    }
}
