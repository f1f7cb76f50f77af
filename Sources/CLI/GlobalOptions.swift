import ArgumentParser

/// The flags of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The workspace (else LETHE_WORKSPACE, else the nearest folder upward with lethe.yaml).", valueName: "dir"))
    var workspace: String?

    @Flag(help: "Answer with one JSON object on stdout.")
    var json = false

    @Flag(help: "Say nothing but the answer and errors.")
    var quiet = false

    @Flag(help: "Say more about what is being done, on stderr.")
    var verbose = false

    @Flag(name: .customLong("no-color"), help: "No colours, as with NO_COLOR in the environment.")
    var noColor = false

    /// Global flags may stand before the command, as in `lethe --json run`: they are moved behind it, since the parser
    /// knows them there.
    static func hoisted(_ arguments: [String]) -> [String] {
        let (leading, rest) = split(arguments)
        guard !leading.isEmpty, !rest.isEmpty else { return arguments }
        let end = rest.firstIndex(of: "--") ?? rest.endIndex
        return Array(rest[..<end]) + leading + Array(rest[end...])
    }

    /// There is nothing but global flags: no command to give them to.
    static func isAll(of arguments: [String]) -> Bool {
        let (leading, rest) = split(arguments)
        return !leading.isEmpty && rest.isEmpty
    }

    private static func split(_ arguments: [String]) -> (leading: [String], rest: ArraySlice<String>) {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first {
            if ["--json", "--quiet", "--verbose", "--no-color"].contains(first) || first.hasPrefix("--workspace=") {
                leading.append(rest.removeFirst())
            } else if first == "--workspace", rest.count > 1 {
                leading.append(rest.removeFirst())
                leading.append(rest.removeFirst())
            } else {
                break
            }
        }
        return (leading, rest)
    }
}
