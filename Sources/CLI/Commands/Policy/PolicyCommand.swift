import ArgumentParser
import Domain
import Engine
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
        discussion: """
            Exit 0 clean, 78 with errors. With a folder: the policies there, which need not be live.

            Example: lethe policy check --strict
            """)

    @Argument(help: ArgumentHelp("Check this folder instead of the workspace's.", valueName: "dir")) var directory:
        String?
    @Flag(help: "Treat warnings as errors.") var strict = false
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let loaded = try wiring.loadPolicies(directory, isCheck: true, isStrict: strict)
        let weakened = directory == nil ? wiring.weakenedLocks(of: loaded, isStrict: strict) : []
        let diagnostics = (loaded.diagnostics + weakened).sorted(by: Diagnostic.isShownBefore)
            .map { TypedWords.ofThisProcess.removed(from: $0) }
        let (errors, warnings) = (diagnostics.errorCount, diagnostics.warningCount)
        let summary = [
            counted(loaded.set?.policies.count ?? loaded.places.count, "policy", "policies"),
            "in " + counted(loaded.files.count, "file", "files") + ":", counted(errors, "error", "errors") + ",",
            counted(warnings, "warning", "warnings"),
        ].joined(separator: " ")
        let lines = diagnostics.map(\.rendered) + [summary]
        return Reply(
            lines.joined(separator: "\n"),
            json: [
                "files": .array(loaded.files.map { .string($0) }), "policies": JSONValue(loaded.set?.policies.count),
                "digest": JSONValue(loaded.set?.digest), "errors": JSONValue(errors), "warnings": JSONValue(warnings),
                "diagnostics": try JSONValue(encoding: diagnostics),
            ], status: diagnostics.hasErrors ? .configuration : .done)
    }
}

extension Wiring {
    /// Locked policies that are weaker than they are on record; nothing is remembered.
    func weakenedLocks(of loaded: LoadedPolicies, isStrict: Bool = false) -> [Diagnostic] {
        guard let set = loaded.set, let inventory = try? inventory(), let log = try? auditLog(),
            let findings = try? LockedPolicies(inventory: inventory, log: log).weakened(by: set, tiers: settings.tiers)
        else { return [] }
        return findings.map { loaded.weakened($0.policy, $0.detail, isStrict: isStrict) }
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
        let live = wiring.settings.policies + "/tests"
        let folder = directory.map { URL(filePath: $0) } ?? wiring.workspace.url(live)
        let report = PolicyTestReport.run(
            directory: folder, shownAs: directory.map(TypedWords.ofThisProcess.removed) ?? live,
            policies: try wiring.decider().policies)
        return Reply(
            report.rendered.withoutFinalNewline, json: try JSONValue(encoding: report),
            status: report.passed ? .done : .failed)
    }
}

struct PolicySchemaCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of the language, for editors.",
        discussion: "Example: lethe policy schema > policies.schema.json")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let schema = try JSONDecoder().decode(JSONValue.self, from: Data(PolicySchema.json.utf8))
        return Reply(PolicySchema.json.withoutFinalNewline, json: schema)
    }
}

extension String {
    var withoutFinalNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
