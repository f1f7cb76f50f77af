import Domain
import Foundation
import Rules
import TestSupport
import Testing

import struct Domain.Attachment

@Suite struct ExplanationTests {
    private let one = HoldID(value: 1)

    private func explain(
        _ now: String, request: RequestID? = nil, holds: [LegalHold] = [], asOf: Bool = false,
        by decider: Decider? = nil, _ change: (inout Explanation.Question) -> Void = { _ in }
    ) throws -> Explanation {
        let created = try #require(Timestamp("2026-01-10T09:00:00Z"))
        let attachment = Attachment(
            id: try AttachmentID("5b9fa3c1-0000-4000-8000-000000000001"), apiCreated: created,
            sightings: [
                Sighting(
                    chat: ChatID(value: 1), line: try PhoneLine("+12025550143"), direction: .inbound,
                    mime: "application/pdf", size: 2_345_678, sentAt: created)
            ], participants: [])
        var question = Explanation.Question(
            attachment, holds: holds, request: request, now: try #require(Timestamp(now)), asOf: asOf)
        change(&question)
        return Explanation(
            of: question, by: try decider ?? Decider(policies: ReadyPoliciesTests.loaded(), tiers: TierMap()))
    }

    private func decider(_ policies: Policy...) -> Decider { Decider(policies: PolicySet(policies), tiers: TierMap()) }

    private func hold(_ id: UInt128, placed: String = "2026-01-01", until: String? = nil, released: String? = nil)
        throws
        -> LegalHold
    {
        LegalHold(
            id: HoldID(value: id), scope: .all, placedAt: try #require(Timestamp(placed)), placedBy: "a", reason: "r",
            until: until.flatMap { Timestamp($0) }, releasedAt: released.flatMap { Timestamp($0) })
    }

    /// What somebody could do to change the verdict.
    private func acts(_ explanation: Explanation) -> [String] {
        explanation.changes.filter { $0.at == nil }.map(\.text)
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
                  title  Identity documents received for onboarding
                  why    Kept 30 days because the check must be provable in a dispute, gone
                         after 90.
                  terms  retain 30d, delete_after 90d, legal_ground gdpr.17.3.b

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
                  any time              a change of the policies

                policies \(digest)
                """)
    }

    @Test func fitsEightyColumnsInEveryWorld() throws {
        for seed in 0..<100 {
            var world = try RandomWorld(seed: 5 << 32 | UInt64(seed))
            let question = Explanation.Question(
                world.attachment(), holds: world.holds, request: world.request(), now: world.now(),
                asOf: world.chance(1, of: 2))
            let explanation = Explanation(of: question, by: world.decider)
            for line in explanation.rendered.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    @Test func saysOfAHeldOneOnlyWhatTheReleaseWouldDo() throws {
        let held = try explain("2027-02-01T00:00:00Z", holds: [hold(1)])
        #expect(
            acts(held) == [
                "the release of hold \(one): then delete, identity-documents deletes it, due since 2026-04-10 09:00 UTC"
            ])
        #expect(held.changes.map(\.verdict) == ["delete"])
        let later = try explain("2026-02-01T00:00:00Z", holds: [hold(1)])
        #expect(
            acts(later) == [
                "the release of hold \(one): then keep, identity-documents keeps it until 2026-02-09 09:00 UTC"
            ], "it would be deleted later, and never is while the hold lasts")
        #expect(try acts(explain("2027-02-01T00:00:00Z", holds: [hold(1)], by: decider())).isEmpty)
        #expect(
            try explain("2027-02-01T00:00:00Z", holds: [hold(1)], by: decider()).rendered.contains(
                "  nothing, as far as the facts are known"))
    }

    @Test func aSecondHoldIsNotForgottenAndOfTwoEndlessOnesNoneLastsLonger() throws {
        let held = try explain("2027-02-01T00:00:00Z", holds: [hold(1), hold(2)])
        #expect(try #require(acts(held).first).hasPrefix("the release of all 2 holds that cover it: then delete"))
        #expect(acts(held).count == 1)
        let other = try #require(held.tried.first { $0.rule == "hold:\(HoldID(value: 2))" })
        #expect((other.reason, other.text) == ("later_id", "lasts as long as another hold: the lesser id decides"))
    }

    @Test func saysOfARequestOnlyWhereItWouldDelete() throws {
        let day = Period(count: 60, unit: .days)
        var plain = Policy(id: "plain", title: "t", why: "w", retain: day)
        #expect(try acts(explain("2026-02-01T00:00:00Z", by: decider(plain))).contains("an approved erasure request"))
        plain.ground = LegalGround("gdpr.17.3.b")
        #expect(try acts(explain("2026-02-01T00:00:00Z", by: decider(plain))) == ["a change of the policies"])
        let erased = try explain("2026-02-01T00:00:00Z", request: RequestID(value: 1), by: decider())
        #expect(acts(erased) == ["a legal hold", "the withdrawal of the request", "a change of the policies"])
    }

    @Test func everyActThatIsSaidWasDecidedAndNoneOfAKeptOneKeeps() throws {
        var acted = 0
        for seed in 0..<300 {
            var world = try RandomWorld(seed: 6 << 32 | UInt64(seed))
            let question = Explanation.Question(
                world.attachment(), holds: world.holds, request: world.request(), now: world.now())
            let explanation = Explanation(of: question, by: world.decider)
            for change in explanation.changes where change.at == nil && !change.text.hasPrefix("the release") {
                acted += 1
                #expect(change.verdict != explanation.verdict, "\(change.text), seed \(world.seed)")
            }
            guard
                let without = explanation.changes.first(where: {
                    $0.at == nil && $0.text == "an approved erasure request"
                })
            else { continue }
            let asked = world.decider.ruling(
                on: question.attachment, holds: world.holds, request: RequestID(value: 0), now: question.now)
            #expect(asked.verdict.rawValue == without.verdict, "seed \(world.seed)")
        }
        #expect(acted > 100)
    }

    @Test func learningAFactIsSaidWhereSomeValueOfItWouldDelete() throws {
        let rest = Policy(id: "rest", title: "t", why: "w", deleteAfter: Period(count: 30, unit: .days))
        let lined = Policy(
            id: "lined", title: "t", why: "w", lines: [try PhoneLine("+12025550120")],
            retain: Period(count: 1000, unit: .years))
        func unknown(_ policies: Policy...) throws -> [String] {
            try acts(
                explain("2027-02-01T00:00:00Z", by: Decider(policies: PolicySet(policies), tiers: TierMap())) {
                    $0.attachment.sightings[0].line = nil
                })
        }
        let learning = "learning its line, from a webhook or a sync"
        #expect(try unknown(rest, lined).contains(learning))
        #expect(try !unknown(lined).contains(learning), "on whichever line it was, nothing deletes it")
    }

    @Test func showsEachPolicysPurposeAndTerms() throws {
        let trials = try explain("2026-02-01T00:00:00Z").tried
        let won = try #require(trials.first)
        #expect(won.why?.hasPrefix("Kept 30 days because") == true)
        #expect((won.retain, won.deleteAfter, won.legalGround) == ("30d", "90d", "gdpr.17.3.b"))
        #expect(trials.allSatisfy { $0.title != nil && $0.why != nil })
        let long = Policy(
            id: "a", title: String(repeating: "x", count: 500), why: String(repeating: "long word ", count: 100),
            deleteAfter: Period(count: 1, unit: .hours))
        let text = try explain("2026-02-01T00:00:00Z", by: decider(long)).rendered
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test(arguments: [
        ("2026-01-31", "delete"), ("2026-02-01", "keep"), ("2026-02-28", "keep"), ("2026-03-01", "delete"),
    ]) func aHoldCountsAtATimeInThePastAsItStoodThen(_ at: String, _ verdict: String) throws {
        let policy = Policy(id: "a", title: "t", why: "w", deleteAfter: Period(count: 1, unit: .hours))
        let hold = try hold(1, placed: "2026-02-01", released: "2026-03-01")
        let explanation = try explain(at, holds: [hold], asOf: true, by: decider(policy))
        #expect(explanation.verdict == verdict)
        let steps = explanation.changes.compactMap { change in
            change.at.map { "\($0.prefix(10)) \(change.verdict ?? "")" }
        }
        #expect(steps == ["2026-02-01 keep", "2026-03-01 delete"].filter { $0 > String(at) && !$0.hasPrefix(at) })
    }

    @Test func aTimeBeforeItsCreationIsSaidToBeOne() throws {
        let before = try explain("2026-01-10T08:59:59Z", asOf: true)
        #expect(before.note == "it did not exist then: it was created 2026-01-10 09:00 UTC")
        #expect(before.rendered.contains("\n  it did not exist then:"))
        #expect(try explain("2026-01-10T09:00:00Z", asOf: true).note == nil)
    }

    @Test func whatIsGoneIsSaidToBeGoneBeforeAnythingElse() throws {
        func gone(_ at: String, asOf: Bool = false) throws -> Explanation {
            try explain(at, asOf: asOf) {
                $0.attachment.state = .gone
                $0.ending = .init(outcome: "deleted", at: Timestamp("2026-04-10T09:00:00Z"), origin: "l/1", seq: 17)
            }
        }
        let explanation = try gone("2026-05-01")
        let lines = explanation.rendered.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasSuffix("persistent, gone"))
        #expect(lines[1] == "  gone since 2026-04-10 09:00 UTC: deleted; record 17 of l/1")
        #expect(lines.contains("at 2026-05-01 00:00 UTC: the policies would say: delete (policy)"))
        #expect(explanation.text.hasPrefix("it is gone; the policies alone would say: "))
        #expect(explanation.changes.isEmpty && explanation.rendered.contains("  nothing: it is gone"))
        let before = try gone("2026-02-01", asOf: true)
        #expect(before.gone == nil && before.note == "it was still there: it is gone since 2026-04-10 09:00 UTC")
    }

    @Test func whatExpiredAndIsKnownToBeGoneIsToldLikeWhatWasDeleted() throws {
        let line = try PhoneLine("+12025550143")
        let tiers = TierMap(ephemeralLines: [.init(line: line, since: Timestamp(seconds: 0))])
        let ephemeral = Decider(policies: PolicySet([]), tiers: tiers)
        func expired(_ ending: Explanation.Removal?) throws -> Explanation {
            try explain("2026-05-01", by: ephemeral) {
                $0.attachment.state = .expired
                $0.ending = ending
            }
        }
        let believed = try expired(nil)
        #expect(believed.gone == nil && believed.text.contains("the vendor has promised to remove it"))
        #expect(acts(believed).contains("an approved erasure request"))
        let known = try expired(.init(at: Timestamp("2026-04-10T09:00:00Z")))
        let lines = known.rendered.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[1] == "  gone since 2026-04-10 09:00 UTC")
        #expect(known.text == "it is gone: its 24 hours were over, and the vendor has removed it")
        #expect(known.changes.isEmpty && !known.rendered.contains("promised"))
    }

    @Test func aPersistentURLOnAnEphemeralLineIsToldAmongTheFacts() throws {
        let line = try PhoneLine("+12025550143")
        let tiers = TierMap(ephemeralLines: [.init(line: line, since: Timestamp(seconds: 0))])
        for (called, sawURL) in [(true, true), (true, false), (false, true)] {
            let decider = Decider(policies: PolicySet([]), tiers: called ? tiers : TierMap())
            let told = try explain("2026-02-01", by: decider) { $0.attachment.sawPersistentURL = sawURL }
            #expect(told.facts.tierDrift == (called && sawURL), "\(called) \(sawURL)")
            #expect(told.rendered.contains("persistent, live, tier drift\n") == (called && sawURL))
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

    @Test func countsOnePolicyAsOne() {
        #expect(report(right).rendered.hasSuffix("\n1 test, 0 failed, 1 policy untested"))
        #expect(PolicyTestReport.run(files: [], policies: policies).rendered.hasSuffix(" 2 policies untested"))
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
