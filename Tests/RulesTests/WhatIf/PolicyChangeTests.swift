import Domain
import Foundation
import TestSupport
import Testing

import struct Domain.Attachment

@testable import Rules

@Suite struct LockedChangeTests {
    private func policy(_ change: (inout Policy) throws -> Void = { _ in }) throws -> Policy {
        var policy = Policy(
            id: "kyc", title: "t", why: "w", lines: [try PhoneLine("+12025550143")],
            match: .init(
                mime: Set(["image/png"].compactMap(MimePattern.init)), size: .init(atLeast: 10, below: 100)),
            retain: try Period.parse("7y").get(), deleteAfter: try Period.parse("8y").get(),
            ground: LegalGround("gdpr.17.3.b"), isLocked: true)
        try change(&policy)
        return policy
    }

    private func kinds(_ change: (inout Policy) throws -> Void) throws -> [LockedChange.Kind] {
        LockedChange.found(old: [try policy()], new: PolicySet([try policy(change)])).map(\.kind)
    }

    @Test func whatIsLongerOrWiderOrOnlyReworded() throws {
        #expect(try kinds { _ in } == [])
        #expect(
            try kinds {
                $0.retain = try Period.parse("10y").get()
                $0.deleteAfter = nil
            } == [])
        #expect(try kinds { $0.retain = try Period.parse("84mo").get() } == [])
        #expect(
            try kinds {
                $0.lines = nil
                $0.match = .init()
            } == [])
        #expect(try kinds { $0.match.mime = Set(["image/*"].compactMap(MimePattern.init)) } == [])
        #expect(try kinds { $0.match.size = .init(atLeast: 9) } == [])
        #expect(
            try kinds {
                $0.title = "other"
                $0.why = "other"
            } == [])
    }

    @Test func anotherGroundWeakensNothingSinceTheRetainStandsAsBefore() throws {
        #expect(try kinds { $0.ground = LegalGround("other") } == [])
        for ground in LegalGround.names {
            let kept = Decider(policies: PolicySet([try policy { $0.ground = LegalGround(ground) }]), tiers: TierMap())
                .ruling(
                    on: Attachment(id: AttachmentID(value: 1), apiCreated: Timestamp(seconds: 0)), holds: [],
                    request: RequestID(value: 1), now: Timestamp(seconds: 1))
            #expect(kept.verdict == .keep)
        }
    }

    @Test func whatIsShorter() throws {
        #expect(try kinds { $0.retain = try Period.parse("83mo").get() } == [.shorter])
        #expect(try kinds { $0.retain = nil } == [.shorter])
        #expect(try kinds { $0.deleteAfter = try Period.parse("95mo").get() } == [.shorter])
        #expect(try kinds { $0.startsFrom = .lastUsed } == [.shorter])
        #expect(try kinds { $0.ground = nil } == [.shorter])
    }

    @Test func whatIsNarrower() throws {
        #expect(try kinds { $0.lines = [try PhoneLine("+12025550120")] } == [.narrower])
        #expect(try kinds { $0.match.tier = .persistent } == [.narrower])
        #expect(try kinds { $0.match.direction = .inbound } == [.narrower])
        #expect(try kinds { $0.match.sources = [.message] } == [.narrower])
        #expect(try kinds { $0.match.mime = Set(["image/gif"].compactMap(MimePattern.init)) } == [.narrower])
        #expect(try kinds { $0.match.size = .init(atLeast: 11, below: 100) } == [.narrower])
        #expect(try kinds { $0.match.size = .init(atLeast: 10, below: 99) } == [.narrower])
    }

    @Test func whatIsUnlockedOrGone() throws {
        #expect(try kinds { $0.isLocked = false } == [.unlocked])
        #expect(LockedChange.found(old: [try policy()], new: PolicySet([])).map(\.kind) == [.vanished])
        let open = try policy { $0.isLocked = false }
        #expect(LockedChange.found(old: [open], new: PolicySet([])).isEmpty)
    }

    @Test func aChangeWithoutAFindingNeverLetsGoOfWhatWasKept() throws {
        var checked = 0
        for seed in 0..<800 {
            var world = try RandomWorld(seed: 77 << 32 | UInt64(seed), policyCount: 2)
            var old = world.policies[0]
            old.isLocked = true
            old.ground = old.ground ?? LegalGround("other")
            old.retain = old.retain ?? world.period()
            // Half of the time nearly the same, else a policy of its own.
            var new = world.chance(1, of: 2) ? old : world.policies[1]
            if world.chance(1, of: 2) { new.retain = world.period() }
            if world.chance(1, of: 3) { new.match.mime = nil }
            if world.chance(1, of: 3) { new.lines = nil }
            new = Policy(
                id: old.id, title: "t", why: "w", lines: new.lines, match: new.match, startsFrom: new.startsFrom,
                retain: new.retain, deleteAfter: new.deleteAfter, ground: new.ground ?? old.ground, isLocked: true)
            guard LockedChange.found(old: [old], new: PolicySet([new])).isEmpty else { continue }
            for _ in 0..<20 {
                let (attachment, now) = (world.attachment(), world.now())
                let before = Decider(policies: PolicySet([old]), tiers: world.tiers)
                    .ruling(on: attachment, holds: [], request: RequestID(value: 1), now: now)
                let after = Decider(policies: PolicySet([new]), tiers: world.tiers)
                    .ruling(on: attachment, holds: [], request: RequestID(value: 1), now: now)
                guard before.reason.code == "withheld" else { continue }
                checked += 1
                #expect(after.verdict == .keep, "seed \(world.seed)")
            }
        }
        #expect(checked > 100)
    }
}

@Suite struct DiffAndForecastTests {
    let now = Timestamp(seconds: 1_767_225_600)

    private func set(_ delete: String, retain: String? = nil) throws -> PolicySet {
        PolicySet([
            Policy(
                id: "all", title: "t", why: "w", retain: try retain.map { try Period.parse($0).get() },
                deleteAfter: try Period.parse(delete).get())
        ])
    }

    private func attachment(days: Int64, size: Int64? = 100, line: String? = "+12025550143") throws -> Attachment {
        let created = now.adding(seconds: -days * 86_400)
        return Attachment(
            id: AttachmentID(value: UInt128(days)), apiCreated: created,
            sightings: [Sighting(line: try line.map { try PhoneLine($0) }, size: size, sentAt: created)])
    }

    @Test func aDiffCountsWhatBecomesDeletableAndWhatIsKeptPerLineAndPolicy() throws {
        var shorter = try diff("60d", "30d", days: 1)
        for days in [29, 30, 59, 60, 61] as [Int64] { shorter.add(try attachment(days: days)) }
        shorter.add(try attachment(days: 45, size: nil, line: nil))
        var gone = try attachment(days: 40)
        gone.state = .gone
        shorter.add(gone)
        #expect(shorter.examined == 6)
        #expect((shorter.today.deletable, shorter.today.deletableBytes, shorter.today.kept) == (3, 200, 0))
        #expect(shorter.rows.map(\.line) == ["+12025550143", nil])
        #expect(shorter.rows.map(\.newlyDeletable) == [2, 1])
        var longer = try diff("30d", "60d", days: 1)
        for days in [29, 30, 59, 60, 61] as [Int64] { longer.add(try attachment(days: days)) }
        #expect((longer.today.deletable, longer.today.kept, longer.today.keptBytes) == (0, 2, 200))
    }

    private func diff(_ old: String, _ new: String, days: Int) throws -> PolicyDiff {
        PolicyDiff(
            old: Decider(policies: try set(old), tiers: TierMap()),
            new: Decider(policies: try set(new), tiers: TierMap()), holds: [], now: now, days: days)
    }

    @Test func aDiffAlsoCountsWhatChangesWithinItsDays() throws {
        var shorter = try diff("200d", "90d", days: 90)
        // Deletable at once; in 1, 89 and 90 days (the last is out); under both within 90 days.
        for days in [90, 89, 1, 0, 150] as [Int64] { shorter.add(try attachment(days: days)) }
        #expect((shorter.today.deletable, shorter.today.kept) == (2, 0))
        #expect((shorter.within.deletable, shorter.within.deletableBytes, shorter.within.kept) == (3, 300, 0))
        #expect((shorter.earlier, shorter.later) == (1, 0))
        #expect(shorter.rows.map(\.newlyDeletableWithin) == [3])
        var longer = try diff("90d", "200d", days: 90)
        for days in [90, 89, 1, 0, 150] as [Int64] { longer.add(try attachment(days: days)) }
        #expect((longer.within.deletable, longer.within.kept, longer.later) == (0, 3, 1))
        var moved = try diff("95d", "90d", days: 90)
        moved.add(try attachment(days: 80))
        #expect(moved.rows.isEmpty)
        #expect((moved.earlier, moved.later) == (1, 0), "the same ones go, but not on the same day")
    }

    @Test func aForecastNamesTheDayOfEachDeletion() throws {
        let decider = Decider(policies: try set("30d", retain: "10d"), tiers: TierMap())
        let hold = LegalHold(
            id: HoldID(value: 1), scope: .attachment(AttachmentID(value: 25)), placedAt: now, placedBy: "a",
            reason: "r",
            until: now.adding(seconds: 8 * 86_400))
        var forecast = Forecast(decider: decider, holds: [hold], now: now, days: 20)
        for days in [1, 5, 11, 25, 28, 31, 400] as [Int64] { forecast.add(try attachment(days: days)) }
        // 1 and 5 days old: due after the 20 days asked for. 11: in 19 days, the last of them. 25: held for 8.
        #expect(
            forecast.rows.map { "\($0.day) \($0.attachments)" } == [
                "2026-01-01 2", "2026-01-03 1", "2026-01-09 1", "2026-01-20 1",
            ])
        #expect((forecast.attachments, forecast.bytes, forecast.examined) == (5, 500, 7))
    }

    @Test func aForecastAgreesWithDecidingOnEachDay() throws {
        for seed in 0..<60 {
            var world = try RandomWorld(seed: 99 << 32 | UInt64(seed))
            let start = world.now()
            for _ in 0..<5 {
                let attachment = world.attachment()
                var forecast = Forecast(decider: world.decider, holds: world.holds, now: start, days: 30)
                forecast.add(attachment)
                let midnight = Timestamp(seconds: start.civilDate.daysSince1970 * 86_400)
                var first: String?
                for hour in 0..<(30 * 24) {
                    let at = max(start, midnight.adding(seconds: Int64(hour) * 3600))
                    let ruling = world.decider.ruling(on: attachment, holds: world.holds, now: at)
                    if ruling.verdict == .delete {
                        first = at.date
                        break
                    }
                }
                #expect(forecast.rows.first?.day == first, "seed \(world.seed)")
            }
        }
    }
}
