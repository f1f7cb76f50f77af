/// What random edits are known to bring about. Each has tests of its own in `FoundByTamperingTests`; who repairs one takes it out in both places.
enum KnownFaults {
    private static let tables: [TamperJudge.Finding.Kind: [String]] = [
        .deleted: ["request ", "plan update state"],
        .signed: [
            "hold insert", "hold update recorded", "request", "unrecorded_change", "run ", "applied", "locked_policy",
            "locked_form", "attachment", "intent", "plan", "setting", "erased_person",
        ],
        .believed: [
            "hold", "request", "unrecorded_change", "plan", "approval", "confirmation", "verification", "attachment",
            "erased_person", "applied", "run ", "setting", "intent", "segments older", "live", "closed", "anchors",
        ],
        .contradicted: ["run ", "intent", "anchors", "unrecorded_change", "attachment", "live note", "closed note"],
        .crashed: ["live swap", "closed swap"],
    ]

    static func have(_ finding: TamperJudge.Finding, _ edit: WorkspaceEdit) -> Bool {
        let known = tables[finding.kind] ?? []
        return edit.names.contains { name in known.contains { name.hasPrefix($0) } }
    }
}
