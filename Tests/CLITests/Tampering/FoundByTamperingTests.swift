import Foundation
import TestSupport
import Testing

/// What edits at random have found, each reduced to the least that shows it.
@Suite(.serialized) struct FoundByTamperingTests {
    private typealias Kind = TamperJudge.Finding.Kind

    /// Runs the named commands after the edit and expects nothing of these kinds.
    private func expectNothing(
        _ kinds: Set<Kind>, after edit: (RichWorkspace) -> WorkspaceEdit, running names: [String],
        patience: Double = 60
    ) async throws {
        let judge = try await TamperJudge.made.value
        let edit = edit(judge.story)
        let after = try await Aftermath(
            of: edit, in: judge.story, judge.story.vendor(), patience: patience, only: { names.contains($0) })
        let found = judge.findings(after).filter { kinds.contains($0.kind) }
        #expect(found.isEmpty, "\(edit)\n\(found)")
    }

    // MARK: what must stay

    /// The log has the approval, the cancellation and the withdrawal, in this order.
    @Test(arguments: ["approved", "applying"])
    func aWithdrawnRequestWhosePlanWasApprovedIsNotCarriedOut(_ state: String) async throws {
        try await expectNothing(
            [.deleted, .signed],
            after: {
                WorkspaceEdit(
                    """
                    UPDATE plan SET state = '\(state)' WHERE id = \($0.blob("plan.revoked"));
                    UPDATE request SET state = '\(state)', answered = NULL WHERE id = \($0.blob("request.revoked"))
                    """)
            }, running: ["run --apply", "plan apply, revoked", "erase --resume, revoked", "verify"])
    }

    @Test func aWithdrawnRequestIsNotTakenUpAgain() async throws {
        try await expectNothing(
            [.deleted, .signed],
            after: {
                WorkspaceEdit(
                    "UPDATE request SET state = 'received', answered = NULL, plan = NULL "
                        + "WHERE id = \($0.blob("request.withdrawn"))")
            }, running: ["run --apply", "erase --resume, withdrawn", "verify"])
    }

    @Test(arguments: [
        "DELETE FROM hold_subject; DELETE FROM hold", "UPDATE hold SET until = 1600000000000000",
        "UPDATE hold SET released_at = 1790000000000000", "UPDATE hold SET scope = 'line:+12025550100'",
        "DELETE FROM hold_subject; DELETE FROM hold; DELETE FROM applied; DELETE FROM setting WHERE name LIKE 'bookmark%'",
        "UPDATE hold_subject SET subject = (SELECT min(key) FROM subject)",
        "UPDATE plan_item SET withheld = NULL, outcome = NULL, closed_at = NULL",
        "UPDATE plan SET state = 'approved'; UPDATE request SET state = 'approved' WHERE state = 'planned'; INSERT OR IGNORE INTO approval SELECT key, digest, 'robin', 'cli', created FROM plan WHERE state = 'approved'",
    ])
    func whatIsHeldOrNotApprovedStaysWhateverTheRowsSay(_ sql: String) async throws {
        try await expectNothing(
            [.deleted],
            after: { _ in WorkspaceEdit(sql) },
            running: ["run --apply", "plan apply, approved", "plan apply, open", "erase --resume, approved"])
    }

    // MARK: what nobody did

    @Test func whatOnlyARowCallsGoneAnswersNoRequest() async throws {
        try await expectNothing(
            [.signed],
            after: { _ in
                WorkspaceEdit(
                    "UPDATE attachment SET state = 1, next_check = NULL, outcome = 'deleted', grade = 'A', "
                        + "outcome_at = 1790000000000000 WHERE state = 0")
            }, running: ["run --apply"])
    }

    @Test func whatTheLogHasAsGoneIsNotDeletedAgain() async throws {
        try await expectNothing(
            [.signed],
            after: { _ in
                WorkspaceEdit("UPDATE attachment SET state = 0, outcome = NULL, next_check = 0 WHERE state = 1")
            }, running: ["run --apply"])
    }

    @Test func aRowInARequestsPlanGetsIntoNoOther() async throws {
        try await expectNothing(
            [.signed],
            after: {
                WorkspaceEdit(
                    """
                    INSERT INTO plan_item SELECT (SELECT key FROM plan WHERE id = \($0.blob("plan.approved"))), attachment, rule, line,
                    tier, size, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL FROM plan_item
                    WHERE plan = (SELECT key FROM plan WHERE id = \($0.blob("plan.open"))) LIMIT 3
                    """)
            }, running: ["run --apply", "erase --resume, approved"])
    }

    @Test func aRowThatCallsARequestWithdrawnEndsNoPlan() async throws {
        try await expectNothing(
            [.signed],
            after: {
                WorkspaceEdit("UPDATE request SET state = 'withdrawn' WHERE id = \($0.blob("request.open"))")
            }, running: ["run --apply"])
    }

    @Test func aRunThatIsCalledAnotherPlansClosesNoItem() async throws {
        try await expectNothing(
            [.signed, .contradicted],
            after: {
                WorkspaceEdit(
                    "UPDATE run SET plan = \($0.blob("plan.due")) WHERE id = (SELECT id FROM run ORDER BY started LIMIT 1)"
                )
            }, running: ["run --apply", "verify", "doctor", "bundle", "verify.py"])
    }

    @Test func anIntentThatIsOpenOnlyInARowIsNotSettled() async throws {
        try await expectNothing(
            [.signed, .contradicted],
            after: { _ in
                WorkspaceEdit(
                    "UPDATE intent SET answered_at = NULL, class = NULL, http = NULL, outcome = NULL "
                        + "WHERE op = (SELECT op FROM intent ORDER BY at, op LIMIT 1)")
            }, running: ["run --apply", "verify", "doctor", "bundle", "verify.py"])
    }

    @Test(arguments: [
        "UPDATE locked_policy SET origin = 'lethe.local/0000000000000001'",
        "DELETE FROM locked_policy; DELETE FROM locked_form",
    ])
    func nothingIsSignedBecauseARowSaysThatItIsStillToBe(_ sql: String) async throws {
        try await expectNothing(
            [.signed],
            after: { _ in WorkspaceEdit(sql) }, running: ["run --apply"])
    }

    @Test(arguments: ["0", "1"]) func aHoldThatNobodyPlacedIsNotSigned(_ recorded: String) async throws {
        let sql = """
            INSERT INTO hold SELECT X'00112233445566778899aabbccddeeff', 'all', placed_at - 86400000000, 'mallory', reason, NULL, NULL,
            \(recorded) FROM hold LIMIT 1
            """
        try await expectNothing([.signed, .deleted], after: { _ in WorkspaceEdit(sql) }, running: ["run --apply"])
    }

    // MARK: what is told

    @Test(arguments: [
        ("UPDATE hold SET placed_by = 'mallory'", "hold list"),
        ("UPDATE plan SET state = 'approved' WHERE state = 'proposed'", "plan list"),
        ("DELETE FROM plan WHERE state = 'cancelled'", "plan list"),
        ("DELETE FROM plan WHERE state = 'cancelled'", "report"),
        ("UPDATE plan_item SET outcome = 'deleted', grade = 'A', http = 204", "requests show, done"),
        ("UPDATE plan_item SET outcome = 'deleted', grade = 'A', http = 204", "plan show, open"),
        ("UPDATE approval SET name = 'mallory'", "plan show, approved"),
        (
            "INSERT INTO confirmation (attachment, at, http) SELECT id, 1790000000000000, 204 FROM attachment",
            "confirmations"
        ),
        ("UPDATE attachment SET outcome = 'not_attempted'", "certificate"),
        ("UPDATE attachment SET grade = 'D'", "confirmations"), ("DELETE FROM attachment WHERE state = 1", "report"),
        ("UPDATE plan SET items = 500", "plan list"), ("UPDATE plan SET cause = 'x'", "plan list"),
        ("UPDATE approval SET at = 1600000000000000", "plan show, approved"),
        ("UPDATE request SET plan = NULL", "requests show, approved"),
        ("DELETE FROM erased_person", "report"), ("UPDATE hold SET placed_at = 1600000000000000", "hold list"),
        ("UPDATE run SET deleted = 99", "report"), ("UPDATE request SET answered = 1600000000000000", "requests list"),
    ])
    func aRowThatTheLogDoesNotBearOutIsNotToldAsTheTruth(_ sql: String, _ command: String) async throws {
        try await expectNothing(
            [.believed],
            after: { _ in WorkspaceEdit(sql) }, running: [command])
    }

    @Test(arguments: [
        ("UPDATE hold SET released_at = NULL WHERE released_at IS NOT NULL", "hold list"),
        ("UPDATE request SET opened_by = 'mallory'", "requests list"),
        ("UPDATE request SET state = 'completed' WHERE state = 'planned'", "requests list"),
        ("DELETE FROM request_subject; DELETE FROM request WHERE state = 'refused'", "requests list"),
        ("UPDATE hold SET released_at = NULL WHERE released_at IS NOT NULL", "report"),
        ("UPDATE request SET state = 'completed' WHERE state = 'planned'", "report"),
        ("DELETE FROM applied", "confirmations"), ("DELETE FROM applied", "certificate"),
    ])
    func whatIsNotAsTheLogHasItIsSaid(_ sql: String, _ command: String) async throws {
        try await expectNothing([.believed], after: { _ in WorkspaceEdit(sql) }, running: [command])
    }

    @Test(arguments: ["hold list", "requests list", "plan list"])
    func anOlderWorkspaceIsNotToldAsTheTruth(_ command: String) async throws {
        try await expectNothing(
            [.believed],
            after: { _ in
                WorkspaceEdit(
                    ["older"],
                    [
                        .shell(
                            "cd workspace && rm -rf audit audit.db inventory.db* && cp -a ../older/audit* ../older/inventory.db* ."
                        )
                    ])
            }, running: [command])
    }

    @Test(arguments: ["audit.db", "first", "last"]) func aForgedRecordIsNotShownAsOne(_ segment: String) async throws {
        let record = #""type":"hold.released","hold":"00112233445566778899aabbccddeeff","by":"counsel","reason":null"#
        try await expectNothing(
            [.believed],
            after: { _ in
                WorkspaceEdit(
                    ["forged"],
                    [
                        .sql(
                            """
                            INSERT INTO entry SELECT seq + 1, CAST('{"v":1,"seq":' || (seq + 1) || ',"t":"' || json_extract(l, '$.t') || '","ep":' ||
                            (json_extract(l, '$.ep') + 1) || ',"prev":"' || json_extract(l, '$.mac') || '",\(record),"mac":"\(EditGenerator.forgedMac)"}'
                            AS BLOB) FROM (SELECT seq, CAST(line AS TEXT) AS l FROM entry ORDER BY seq DESC LIMIT 1)
                            """, in: segment)
                    ])
            }, running: ["audit show"])
    }

    @Test func recordsThatChangedPlacesHangNobody() async throws {
        try await expectNothing(
            [.crashed],
            after: { _ in
                WorkspaceEdit(
                    ["swap"],
                    [
                        .sql(
                            "UPDATE entry SET seq = -2 - seq WHERE seq >= (SELECT max(seq) FROM entry) - 1; "
                                + "UPDATE entry SET seq = (SELECT -2 - min(seq) FROM entry) WHERE seq = (SELECT max(seq) FROM entry WHERE seq < 0); "
                                + "UPDATE entry SET seq = -3 - seq WHERE seq < 0", in: "audit.db")
                    ])
            }, running: ["audit show"], patience: 10)
    }

    @Test func anEditedCheckpointIsAWordOfTheDoctor() async throws {
        let edit = "UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), char(10) || '7', 'x') AS BLOB)"
        try await expectNothing(
            [.contradicted],
            after: { _ in WorkspaceEdit(["notes"], [.sql(edit, in: "audit.db")]) }, running: ["verify", "doctor"])
    }

    @Test func aForgedAnchorIsAWordOfTheDoctor() async throws {
        try await expectNothing(
            [.contradicted],
            after: { _ in WorkspaceEdit(["anchors"], [.shell("cd anchors; sed -i '2s/.*/999/' *.note")]) },
            running: ["verify", "doctor"])
    }
}
