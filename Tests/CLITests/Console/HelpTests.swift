import Foundation
import TestSupport
import Testing

/// A walk over every command and subcommand, as the binary itself lists them.
@Suite struct HelpTests {
    struct Command: Sendable {
        /// Words after `lethe`, the command's own last; the root has none.
        let path: [String]
        /// Something for each argument that must be there.
        let required: [String]
    }

    static func commands() async throws -> [Command] {
        let folder = try TemporaryDirectory()
        let dump = try await LetheProcess(in: folder.url)("--experimental-dump-help")
        guard let root = dump.json?["command"] as? [String: Any] else { return [] }
        return walk(root, [])
    }

    private static func walk(_ command: [String: Any], _ path: [String]) -> [Command] {
        let below = (command["subcommands"] as? [[String: Any]] ?? []).filter { $0["commandName"] as? String != "help" }
        let needed = (command["arguments"] as? [[String: Any]] ?? []).filter { $0["isOptional"] as? Bool == false }
        let required = needed.flatMap { argument -> [String] in
            let name = (argument["preferredName"] as? [String: Any])?["name"] as? String
            return argument["kind"] as? String == "option" ? ["--" + (name ?? ""), "x"] : ["x"]
        }
        return [Command(path: path, required: required)]
            + below.flatMap { walk($0, path + [$0["commandName"] as? String ?? ""]) }
    }

    /// Runs `lethe` with each command's words and some more.
    private static func each(
        _ more: [String], required: Bool = false, _ check: @Sendable ([String], LetheProcess.Result) -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        let commands = try await commands()
        #expect(commands.count > 35, "\(commands)")
        for command in commands {
            let words = command.path + (required ? command.required : []) + more
            check(command.path, try await lethe.run(LetheProcess.binary, words))
        }
    }

    @Test func everyCommandHasAPageOfHelpWithAnExampleWithinEightyColumns() async throws {
        try await Self.each(["--help"]) { command, result in
            let name = (["lethe"] + command).joined(separator: " ")
            #expect(result.status == 0 && result.errors.isEmpty, "\(name): \(result.status) \(result.errors)")
            if !command.isEmpty { #expect(result.output.contains("\nExample: "), "\(name)") }
            for line in result.output.split(separator: "\n") {
                #expect(line.count <= 80, "\(name): \(line)")
            }
        }
    }

    @Test func everyExampleIsACommandThatTheParserTakes() async throws {
        try await Self.each(["--help"]) { command, result in
            guard let example = result.output.split(separator: "\n\n").first(where: { $0.hasPrefix("Example: ") }),
                !command.isEmpty
            else { return }
            let words = example.split(whereSeparator: \.isWhitespace).map(String.init)
            let own = (["lethe"] + command).joined(separator: " ")
            #expect(words.joined(separator: " ").contains(own), "\(own): \(example)")
        }
    }

    @Test func anExampleOfSeveralLinesCanBePasted() async throws {
        try await Self.each(["--help"]) { command, result in
            guard let example = result.output.split(separator: "\n\n").first(where: { $0.hasPrefix("Example: ") }),
                !command.isEmpty
            else { return }
            let lines = example.split(separator: "\n")
            #expect(lines.dropLast().allSatisfy { $0.hasSuffix(" \\") }, "\(command): \(example)")
            #expect(lines.allSatisfy { $0.count(where: { $0 == "\"" }).isMultiple(of: 2) }, "\(command): \(example)")
        }
    }

    @Test func anUnknownFlagIsToldWithTheWayToTheHelp() async throws {
        try await Self.each(["--no-such-flag"], required: true) { command, result in
            let name = (["lethe"] + command).joined(separator: " ")
            #expect(result.status == 64, "\(name)")
            #expect(result.output == "", "\(name)")
            #expect(result.errors == "Error: Unknown option '--no-such-flag'\nTry: \(name) --help\n", "\(name)")
        }
    }

    @Test func aUsageErrorIsOneJSONObjectWhenJSONIsAskedFor() async throws {
        try await Self.each(["--no-such-flag", "--json"], required: true) { command, result in
            let name = (["lethe"] + command).joined(separator: " ")
            let error = result.json?["error"] as? [String: Any]
            #expect(result.status == 64, "\(name)")
            #expect(error?["code"] as? String == "usage", "\(name): \(result.output)")
            #expect(error?["message"] as? String == "Unknown option '--no-such-flag'", "\(name)")
            #expect(error?["hint"] as? String == "\(name) --help", "\(name)")
            #expect(result.json?.count == 1 && result.errors.isEmpty, "\(name): \(result.errors)")
        }
    }

    @Test func aMisspeltCommandIsToldAsOne() async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        for (words, message, hint) in [
            (["rnu"], "unknown command \"rnu\": did you mean \"run\"?", "lethe --help"),
            (["plan", "aply"], "unknown command \"aply\": did you mean \"apply\"?", "lethe plan --help"),
            (
                ["inventory", "xyzzy"], "unknown command \"xyzzy\": commands are stats, list, show and rebuild",
                "lethe inventory --help"
            ),
        ] {
            let result = try await lethe.run(LetheProcess.binary, words)
            #expect(result.status == 64)
            #expect(result.errors == "Error: \(message)\nTry: \(hint)\n")
        }
    }

    @Test func everyCommandIsDocumented() async throws {
        let page = try String(contentsOf: Paths.package.appending(path: "docs/cli.md"), encoding: .utf8)
        let lines = page.split(separator: "\n").map(String.init)
        for command in try await Self.commands().map(\.path) where !command.isEmpty {
            let isThere = lines.contains { line in
                line.contains("lethe \(command[0])")
                    && command.dropFirst().allSatisfy { word in
                        line.split(whereSeparator: { !$0.isLetter && $0 != "-" }).contains(Substring(word))
                    }
            }
            #expect(isThere, "docs/cli.md does not name: lethe \(command.joined(separator: " "))")
        }
    }

    @Test func globalFlagsMayStandBeforeTheCommandToo() async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        for words in [["--json", "config"], ["config", "--json"], ["--quiet", "--json", "config"]] {
            let result = try await lethe.run(LetheProcess.binary, words)
            #expect(result.status == 78)
            #expect((result.json?["error"] as? [String: Any])?["code"] as? String == "no-workspace", "\(words)")
        }
        let alone = try await lethe("--json")
        #expect(alone.status == 64 && alone.error?.message == "no command was given", "\(alone.everything)")
    }
}
