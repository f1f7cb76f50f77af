import ArgumentParser

/// The flags of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The workspace (else LETHE_WORKSPACE, else the nearest folder upward with lethe.yaml).", valueName: "dir"))
    var workspace: String?

    @Flag(help: "Answer with one JSON object on stdout.")
    var json = false

    @Flag(help: "Print nothing but the answer and errors.")
    var quiet = false

    @Flag(help: "Print more about what is being done, on stderr.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colours, as with NO_COLOR in the environment.")
    var noColor = false

    /// Global flags may stand anywhere among the words of the command, as in `lethe --json run` and `lethe audit --json
    /// seal`: they are moved behind those words, since the parser knows them there.
    static func hoisted(_ arguments: [String]) -> [String] {
        let (flags, command, rest) = split(arguments)
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return command + rest[..<end] + flags + rest[end...]
    }

    /// There is nothing but global flags: no command to give them to.
    static func isAll(of arguments: [String]) -> Bool {
        let (flags, command, rest) = split(arguments)
        return !flags.isEmpty && command.isEmpty && rest.isEmpty
    }

    /// Global flags, the words that name the command, and what is left.
    private static func split(_ arguments: [String]) -> (flags: [String], command: [String], rest: [String]) {
        var flags: [String] = []
        var command: [String] = []
        var rest = arguments[...]
        var known = Lethe.configuration.subcommands
        while let first = rest.first {
            if ["--json", "--quiet", "--verbose", "--no-color"].contains(first) || first.hasPrefix("--workspace=") {
                flags.append(rest.removeFirst())
            } else if first == "--workspace", rest.count > 1 {
                flags += [rest.removeFirst(), rest.removeFirst()]
            } else if let next = known.first(where: { $0.configuration.commandName == first }) {
                known = next.configuration.subcommands
                command.append(rest.removeFirst())
            } else {
                break
            }
        }
        return (flags, command, Array(rest))
    }
}
