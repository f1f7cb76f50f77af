import Domain
import Foundation
import Testing

@testable import Audit

/// What an operator with every key may sign and an honest one never writes, a line of the format at a time, in both versions where
/// both have the types. Both verifiers find the last line of each story, and nothing in the others.
struct LedgerStoryTests {
    private let sample: SampleLog

    init() throws { sample = try SampleLog() }

    /// A line: its type, and what of it is not as `SampleLog.sign` fills it in.
    struct Line: Sendable {
        let type: RecordType
        let values: [String: String]

        init(_ type: RecordType, _ values: [String: String] = [:]) {
            self.type = type
            self.values = values
        }
    }

    struct Story: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let lines: [Line]

        init(_ description: String, _ lines: Line...) {
            testDescription = description
            self.lines = lines
        }

        init(_ description: String, _ before: [Line], _ lines: Line...) {
            testDescription = description
            self.lines = before + lines
        }
    }

    private static let plan = "\"\(String(repeating: "a", count: 32))\""
    private static let second = "\"00000000-0000-0000-0000-000000000002\""
    /// A plan of one item that is being carried out.
    private static let begun = [
        Line(.planCreated, ["kind": "\"retention\"", "items": "1"]), Line(.planApproved), Line(.runStart),
    ]
    private static let intent = Line(.deleteIntent, ["rule": "\"policy:x\"", "try": "1"])
    private static let deleted = Line(
        .deleteOutcome, ["try": "1", "class": "\"deleted\"", "http": "204", "final": "\"deleted\""])
    private static let withheld = Line(.itemClosed, ["outcome": "\"withheld_hold\""])
    private static let gone = begun + [intent, deleted]
    private static let close = Line(.logClose)

    private static func verified(_ grade: String, _ http: Int) -> Line {
        Line(.deleteVerified, ["grade": "\"\(grade)\"", "http": "\(http)"])
    }

    private static func updated(_ state: String) -> Line { Line(.requestUpdated, ["state": "\"\(state)\""]) }

    private static func act(_ act: String, _ ref: String = plan) -> Line {
        Line(.operatorAct, ["act": "\"\(act)\"", "ref": ref])
    }

    private static let erasure = [
        Line(.planCreated, ["kind": "\"erasure\"", "items": "1"]), Line(.planApproved), Line(.runStart),
    ]
    private static let erases = Line(.deleteIntent, ["rule": "\"erasure:x\"", "try": "1"])
    private static let stored = Line(.archiveStored)

    static let contradictions = [
        Story("a confirmation of what no 204 ended", begun, verified("B", 404)),
        Story("a confirmation on a 200", gone, verified("B", 200)),
        Story("something found again on a 404", gone, verified("X", 404)),
        Story("a confirmation of what was found again", gone, verified("X", 200), verified("C", 500)),
        Story("a confirmation of no run", verified("X", 200)),
        Story("a run that begins twice", begun, Line(.runStart)),
        Story("a run of a cancelled plan", Array(begun.prefix(2)), act("plan.cancel"), Line(.runStart)),
        Story("a run of an expired plan", Array(begun.prefix(2)), act("plan.expire"), Line(.runStart)),
        Story("a halt of no run", Line(.runHalt)),
        Story(
            "more items than the plan has", begun, withheld,
            Line(.itemClosed, ["outcome": "\"withheld_hold\"", "att": second])),
        Story("an item that ended is announced", begun, withheld, intent),
        Story(
            "an item of a plan that ended is announced", gone,
            Line(.runEnd, ["items": "1", "deleted": "1"]), intent),
        Story("a request that is answered at once", Line(.requestOpened), updated("completed")),
        Story("a request that goes on after its refusal", Line(.requestOpened), updated("refused"), updated("planned")),
        Story(
            "a request that is opened again after its withdrawal", Line(.requestOpened), updated("withdrawn"),
            Line(.requestOpened), updated("planned")),
        Story("a request in a state that there is not", Line(.requestOpened), updated("x")),
        Story("a DELETE for a request that was not opened", erasure, erases),
        Story(
            "a DELETE for a request that was withdrawn", [Line(.requestOpened), updated("withdrawn")] + erasure, erases),
        Story("limits lifted for a plan that was not recorded", act("limit.raise")),
        Story("a canary skipped for no plan", act("canary.skip", "\"x\"")),
        Story("a plan closed that was not recorded", act("plan.close")),
        Story("a sample that found more than it looked for", Line(.vendorSample, ["checked": "1", "present": "2"])),
        Story("a segment closed over an open intent", begun, intent, close),
        Story("a record after the end", close, Line(.vendorSample)),
        Story("a record after the last seal", close, Line(.epochSeal, ["n": "3"]), Line(.vendorSample, ["ep": "1"])),
        Story("a copy for no run", stored),
        Story("an allow-list tried with one host", Line(.egressCheck)),
        Story("more absent than were asked for", Line(.reconcileEnd, ["absent": "1"])),
        Story("a miss on a 200", begun, Line(.lookupMiss, ["http": "200"])),
        Story("a miss of no run", Line(.lookupMiss, ["http": "404"])),
        Story("a miss of what has ended", begun, withheld, Line(.lookupMiss, ["http": "404"])),
        Story("an absence that is a deletion", Line(.absenceProved, ["outcome": "\"deleted\""])),
        Story("an absence of what a 204 ended", gone, Line(.absenceProved, ["outcome": "\"already_absent\""])),
        Story("absences accepted for a plan that was not recorded", Line(.absenceAccepted, ["ref": plan])),
        Story("an item set aside of a plan that was not recorded", Line(.itemAside)),
        Story("an item set aside that has ended", begun, withheld, Line(.itemAside)),
        Story("a copy read that was not stored", Line(.archiveRead)),
        Story(
            "a copy removed that was not stored", begun, Line(.archiveStored, ["ok": "false"]), Line(.archiveRemoved)),
        Story("a key destroyed of a copy that was not stored", Line(.archiveShredded)),
        Story("a copy read whose key was destroyed", begun, stored, Line(.archiveShredded), Line(.archiveRead)),
        Story("more bad copies than were looked at", Line(.archiveChecked, ["bad": "1"])),
    ]

    /// Beside the table's other halves: what may stand.
    static let honest = [
        Story("deleted, confirmed, found again and failed", gone, verified("A", 404), verified("X", 200)),
        Story(
            "a request's way", Line(.requestOpened), updated("planned"), updated("approved"), updated("applying"),
            updated("completed"), updated("received"), updated("planned"), updated("planned"), updated("withdrawn")),
        Story(
            "a request recorded again", Line(.requestOpened), updated("planned"), Line(.requestOpened),
            updated("planned")),
        Story(
            "a lost request withdrawn", [Line(.requestOpened), updated("planned"), updated("approved")],
            updated("applying"), updated("completed"), updated("withdrawn")),
        Story("a DELETE for a request", [Line(.requestOpened)] + erasure, erases),
        Story("acts of a plan", begun, act("limit.raise"), act("canary.skip"), act("plan.close"), act("plan.cancel")),
        Story("what was never recorded is ended", act("plan.cancel"), act("plan.expire")),
        Story("a closed segment", gone, close, Line(.epochSeal, ["n": "8"])),
        Story("a sample", Line(.vendorSample, ["checked": "2", "present": "2"])),
        Story("two hosts", Line(.egressCheck, ["other": "\"y\""])),
        Story("a miss", begun, Line(.lookupMiss, ["http": "404"]), Line(.lookupMiss, ["http": "404", "run": "null"])),
        Story("an absence", Line(.absenceProved, ["outcome": "\"expired_by_vendor\""])),
        Story("accepted absences", begun, Line(.absenceAccepted, ["ref": plan]), Line(.absenceAccepted)),
        Story("an item set aside", begun, Line(.itemAside)),
        Story(
            "a copy's way", begun, stored, Line(.archiveRead), Line(.archiveRemoved), Line(.archiveShredded),
            stored, Line(.archiveRead)),
    ]

    /// `nil` where the version has not got a type or a word of it.
    private func verify(_ story: Story, _ version: Int) throws -> VerificationReport? {
        var lines: [(RecordShape, [String: String])] = []
        for line in story.lines {
            guard let shape = RecordShape.all.first(where: { $0.type == line.type && $0.version == version }) else {
                return nil
            }
            lines.append((shape, line.values))
        }
        try sample.sign(lines, opening: version)
        return try sample.verify(.keyed)
    }

    @Test(arguments: contradictions, [1, 2]) func aContradictionIsFound(story: Story, version: Int) throws {
        guard let report = try verify(story, version) else { return }
        let found = report.failures.filter { $0.code == .ledger }.map(\.seq)
        #expect(found == [Int64(story.lines.count)], "\(report.rendered)")
        #expect(report.exit == .failed)
    }

    @Test(arguments: honest, [1, 2]) func whatMayStandIsNoFinding(story: Story, version: Int) throws {
        guard let report = try verify(story, version) else { return }
        #expect(!report.failures.contains { $0.code == .ledger }, "\(report.rendered)")
    }
}
