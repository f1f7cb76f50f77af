import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "The signed log: verify, seal, export, prove.",
        discussion: "Example: lethe audit verify --vkey \"$VKEY\" --root-key-file root.key",
        subcommands: [
            AuditVerify.self, AuditSeal.self, AuditShow.self, AuditExport.self, AuditProof.self, AuditConsistency.self,
            AuditCheckProof.self, AuditBundle.self, AuditPrune.self, AuditRollover.self, AuditRebind.self,
            AuditInit.self,
        ])
}
