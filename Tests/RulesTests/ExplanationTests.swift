import Domain
import Foundation
import Rules
import TestSupport
import Testing

import struct Domain.Attachment

@Suite struct ExplanationTests {
    private func explain(_ now: String, request: RequestID? = nil, holds: [LegalHold] = []) throws -> Explanation {
        let created = try #require(Timestamp("2026-01-10T09:00:00Z"))
        let attachment = Attachment(
            id: try AttachmentID("5b9fa3c1-0000-4000-8000-000000000001"), apiCreated: created,
            sightings: [
                Sighting(
                    chat: ChatID(value: 1), line: try PhoneLine("+12025550143"), direction: .inbound,
                    mime: "application/pdf", size: 2_345_678, sentAt: created)
            ], participants: [])
        let decider = Decider(policies: try ReadyPoliciesTests.loaded(), tiers: TierMap())
        return Explanation(
            of: attachment, by: decider, holds: holds, request: request, now: try #require(Timestamp(now)))
    }

    @Test func tellsTheFactsTheWinnerTheLosersAndWhatComesNext() throws {
        let digest = try ReadyPoliciesTests.loaded().digest
        #expect(
            try explain("2026-02-01T00:00:00Z").rendered == """
                5b9fa3c1-0000-4000-8000-000000000001  persistent, live
                  created     2026-01-10 09:00 UTC (the vendor's own)
                  last used   2026-01-10 09:00 UTC
                  lines       +12025550143
                  directions  inbound
                  sources     message
                  types       application/pdf
                  size        2.3 MB

                at 2026-02-01 00:00 UTC: keep (retained)
                  identity-documents keeps it until 2026-02-09 09:00 UTC

                tried
                  won   identity-documents
                        identity-documents keeps it until 2026-02-09 09:00 UTC
                  lost  default
                        a stronger rule decided
                  lost  health-data
                        on none of its lines
                  lost  marketing
                        another direction than it asks for
                  lost  support-line
                        a stronger rule decided

                what would change it
                  2026-02-09 09:00 UTC  keep: identity-documents deletes it, but not before
                                        2026-04-10 09:00 UTC
                  2026-04-10 09:00 UTC  delete: identity-documents deletes it, due since
                                        2026-04-10 09:00 UTC
                  any time              a legal hold
                  any time              an approved erasure request
                  any time              a change of the policies

                policies \(digest)
                """)
    }

    @Test func fitsEightyColumnsInEveryWorld() throws {
        for seed in 0..<100 {
            var world = try RandomWorld(seed: 5 << 32 | UInt64(seed))
            let explanation = Explanation(
                of: world.attachment(), by: world.decider, holds: world.holds, request: world.request(),
                now: world.now())
            for line in explanation.rendered.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    @Test func isAlsoJSONWithTheSameAnswer() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(try explain("2026-02-01T00:00:00Z")), as: UTF8.self)
        for piece in [
            #""verdict":"keep""#, #""reason":"retained""#, #""winner":"policy:identity-documents""#,
            #""changes_at":"2026-02-09T09:00:00.000000Z""#, #""created_from":"api""#, #""policy_digest":""#,
            #""rule":"policy:health-data""#, #""reason":"out_of_scope""#,
        ] {
            #expect(json.contains(piece), "\(piece)")
        }
    }
}

@Suite struct PolicyTestReportTests {
    private let policies = PolicySet([
        Policy(id: "a", title: "t", why: "w", deleteAfter: Period(count: 1, unit: .days)),
        Policy(id: "b", title: "t", why: "w", deleteAfter: Period(count: 2, unit: .days)),
    ])

    private func report(_ tests: String) -> PolicyTestReport {
        PolicyTestReport.run(files: [("tests/t.yaml", Array("version: 1\ntests:\n\(tests)".utf8))], policies: policies)
    }

    private let right =
        "  - {name: goes, attachment: {created: 2026-01-01}, age: 1d, expect: {decision: delete, policy: a}}\n"

    @Test func failsForAWrongDecision() throws {
        let report = report(right.replacing("delete, policy: a", with: "keep, policy: b"))
        #expect(!report.passed)
        #expect(report.results.map(\.passed) == [false])
        #expect(report.results.first?.expected == "keep (by b)")
        #expect(report.results.first?.got == "delete (by a)")
        #expect(report.rendered.contains("FAIL  goes"))
    }

    @Test func failsForAPolicyThatNoTestExercises() {
        let report = report(right)
        #expect(report.results.map(\.passed) == [true])
        #expect(report.untested == ["b"])
        #expect(!report.passed)
    }

    @Test func failsForATestThatNamesNoExistingPolicy() {
        let report = report(right + right.replacing("policy: a", with: "policy: c"))
        #expect(report.diagnostics.map(\.code) == ["unknown-policy"])
        #expect(!report.passed)
    }

    @Test(arguments: [
        ("attachment: {created: 2026-01-01}", "attachment: {creatd: 2026-01-01}", "unknown-key"),
        ("age: 1d", "age: 1x", "unknown-unit"), ("age: 1d, ", "", "missing-key"),
        ("age: 1d", "age: 1d, at: 2026-01-01", "at-and-age"), ("created: 2026-01-01", "", "age-without-created"),
        ("created:", "tier: ephemeral, created:", "ephemeral-without-line"),
        ("decision: delete", "decision: remove", "unknown-value"),
        ("decision: delete", "decision: delete, reason: because", "unknown-value"),
        ("age: 1d", "at: yesterday", "bad-time"),
    ]) func aTestThatCannotBeReadIsSaidToBe(_ text: String, _ broken: String, _ code: String) {
        let report = report(right.replacing(text, with: broken))
        #expect(report.diagnostics.contains { $0.code == code }, "\(report.diagnostics.map(\.headline))")
        #expect(!report.passed)
    }
}
