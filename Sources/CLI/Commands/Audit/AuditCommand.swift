import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "The signed log: verify, seal, export, prove.",
        discussion: """
            Example: lethe audit verify --vkey lethe.local/3f9a1c5e7b2d4680+bcfa6eac+ASmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X
            """,
        subcommands: [
            AuditVerify.self, AuditSeal.self, AuditShow.self, AuditExport.self, AuditProof.self, AuditCheckProof.self,
            AuditRollover.self, AuditInit.self,
        ])
}
