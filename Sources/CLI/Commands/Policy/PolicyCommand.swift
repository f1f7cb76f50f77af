import ArgumentParser
import Domain
import Foundation
import Inventory
import Rules

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The rules: check, explain, test, diff, forecast, unlock, schema.",
        discussion: "The language: docs/policies.md.\n\nExample: lethe policy check --strict",
        subcommands: [
            PolicyCheck.self, PolicyExplain.self, PolicyTestCommand.self, PolicyDiffCommand.self,
            PolicyForecast.self, PolicyUnlock.self, PolicySchemaCommand.self,
        ])
}

struct PolicyCheck: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Loads the policies and shows every problem with its place.",
        discussion: "Exit 0 clean, 78 with errors.\n\nExample: lethe policy check --strict")

    @Flag(help: "Warnings are errors.") var strict = false
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let loaded = try wiring.loadPolicies(isCheck: true, isStrict: strict)
        let (errors, warnings) = (loaded.diagnostics.errorCount, loaded.diagnostics.warningCount)
        let summary = [
            count(loaded.set?.policies.count ?? loaded.places.count, "policy", "policies"),
            "in " + count(loaded.files.count, "file", "files") + ":", count(errors, "error", "errors") + ",",
            count(warnings, "warning", "warnings"),
        ].joined(separator: " ")
        let lines = loaded.diagnostics.map(\.rendered) + [summary]
        return Reply(
            lines.joined(separator: "\n"),
            json: [
                "files": .array(loaded.files.map { .string($0) }), "policies": JSONValue(loaded.set?.policies.count),
                "digest": JSONValue(loaded.set?.digest), "errors": JSONValue(errors), "warnings": JSONValue(warnings),
                "diagnostics": try JSONValue(encoding: loaded.diagnostics),
            ], status: loaded.diagnostics.hasErrors ? .configuration : .done)
    }
}

struct PolicyTestCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Runs the table tests that are kept beside the policies.",
        discussion: """
            Fails for a wrong decision, for a policy that no test exercises, and for a test that names no existing policy.

            Example: lethe policy test
            """)

    @Argument(help: ArgumentHelp("The folder of tests (default: tests in the folder of policies).", valueName: "dir"))
    var directory: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let shown = directory ?? wiring.settings.policies + "/tests"
        let folder = directory.map { URL(filePath: $0) } ?? wiring.workspace.url(shown)
        let report = PolicyTestReport.run(directory: folder, shownAs: shown, policies: try wiring.decider().policies)
        return Reply(
            report.rendered.withoutFinalNewline, json: try JSONValue(encoding: report),
            status: report.passed ? .done : .failed)
    }
}

struct PolicySchemaCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "The JSON Schema of the language, for editors.",
        discussion: "Example: lethe policy schema > policies.schema.json")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let schema = try JSONDecoder().decode(JSONValue.self, from: Data(PolicySchema.json.utf8))
        return Reply(PolicySchema.json.withoutFinalNewline, json: schema)
    }
}

/// `1 file`, `3 files`.
func count(_ number: Int, _ one: String, _ many: String) -> String {
    "\(number) \(number == 1 ? one : many)"
}

extension String {
    var withoutFinalNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
