import ArgumentParser
import Domain
import Foundation

struct ConfigCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows every setting and where it came from.",
        discussion: """
            A flag beats the environment, the environment beats lethe.yaml, lethe.yaml beats the default. Secrets are shown \
            as "set" or "not set".

            Example: lethe config --json
            """)

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        var lines = wiring.settings.lines
        let origin: Origin =
            global.workspace != nil
            ? .flag("--workspace")
            : wiring.isNamedByEnvironment ? .environment("LETHE_WORKSPACE") : .standard
        lines.insert(SettingLine(key: "workspace", value: wiring.workspace.directory.path, origin: origin), at: 0)
        let keyWidth = lines.map(\.key.count).max() ?? 0
        let valueWidth = min(40, lines.map(\.value.count).max() ?? 0)
        let text = lines.map { line in
            let key = line.key.padding(toLength: keyWidth, withPad: " ", startingAt: 0)
            let value =
                line.value.count < valueWidth
                ? line.value.padding(toLength: valueWidth, withPad: " ", startingAt: 0) : line.value
            return "\(key)  \(value)  \(line.origin)"
        }
        let json = lines.map { line -> JSONValue in
            ["key": .string(line.key), "value": .string(line.value), "origin": .string(line.origin.description)]
        }
        return Reply(text.joined(separator: "\n"), json: ["settings": .array(json)])
    }
}
