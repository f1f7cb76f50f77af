import ArgumentParser

/// The root of the command line: `docs/cli.md`.
struct Lethe: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "lethe",
        abstract: "Keeps, deletes and proves: the lifecycle of attachments that Linq stores for you.",
        discussion: """
            Start with `lethe demo`: the whole story on a simulated account, in a minute.
            Then, for your own account, `lethe init`, `lethe doctor` and `lethe run`, which deletes nothing without --apply.
            """,
        version: version,
        subcommands: [
            InitCommand.self, StatusCommand.self, CheckCommand.self, DoctorCommand.self, ConfigCommand.self,
            IngestCommand.self, SyncCommand.self,
            InventoryCommand.self, PolicyCommand.self, RunCommand.self, PlanCommand.self, EraseCommand.self,
            RequestsCommand.self, ConfirmationsCommand.self, HoldCommand.self, VerifyCommand.self, AuditCommand.self,
            ReportCommand.self, SimulateCommand.self, DemoCommand.self,
        ]
    )
}
