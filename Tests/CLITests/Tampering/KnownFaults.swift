/// What random edits are known to bring about. Each has tests of its own in `FoundByTamperingTests`; who repairs one takes it out in both places.
enum KnownFaults {
    private static let tables: [TamperJudge.Finding.Kind: [String]] = [
        .signed: ["applied", "locked_policy", "locked_form", "attachment", "plan", "setting", "erased_person"],
        .believed: [
            "hold", "request", "plan", "approval", "confirmation", "verification", "attachment", "erased_person",
            "applied",
            "run ", "setting", "intent", "segments older",
        ],
    ]

    static func have(_ finding: TamperJudge.Finding, _ edit: WorkspaceEdit) -> Bool {
        let known = tables[finding.kind] ?? []
        return edit.names.contains { name in known.contains { name.hasPrefix($0) } }
    }
}
