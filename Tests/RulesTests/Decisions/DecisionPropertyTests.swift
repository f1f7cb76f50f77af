import Domain
import Foundation
import Rules
import TestSupport
import Testing

import struct Domain.Attachment

/// Properties over seeded random worlds: a run makes at least 100,000 decisions. `LETHE_RULES_WORLDS` sets how many worlds
/// a property sees (850 unless told; each has 20 cases of one decision and more); a failing seed is in the message.
@Suite struct DecisionPropertyTests {
    static let asked = ProcessInfo.processInfo.environment["LETHE_RULES_WORLDS"].flatMap(Int.init)
    static let worlds = asked ?? 850
    static let perWorld = 20
    /// Those that look at every case.
    static let properties = 6

    private func forEach(
        _ salt: UInt64, _ body: (inout RandomWorld, Attachment, RequestID?, Timestamp) throws -> Void
    ) throws {
        var cases = 0
        for number in 0..<Self.worlds {
            var world = try RandomWorld(seed: salt << 32 | UInt64(number))
            for _ in 0..<Self.perWorld {
                let attachment = world.attachment()
                let request = world.request()
                let now = world.now()
                try body(&world, attachment, request, now)
                cases += 1
            }
        }
        if Self.asked == nil { try #require(cases * Self.properties >= 100_000, "too few decisions a run") }
    }

    @Test func theNaiveReadingOfTheTableAgreesOnEveryCase() throws {
        var seen: Set<String> = []
        try forEach(1) { world, attachment, request, now in
            let due = request == nil ? nil : world.now()
            let ruling = world.decider.ruling(on: attachment, holds: world.holds, request: request, due: due, now: now)
            let naive = NaiveDecider(world, attachment, request: request, due: due, now: now).ruling()
            seen.insert(ruling.reason.code)
            try #require(ruling == naive, "seed \(world.seed)")
        }
        #expect(seen == Set(Reason.codes), "every row of the table is reached")
    }

    @Test func theFullDecisionHasTheRulingOfTheCheapWayAndNamesEveryPolicyOnce() throws {
        try forEach(2) { world, attachment, request, now in
            let decider = world.decider
            let ruling = decider.ruling(on: attachment, holds: world.holds, request: request, now: now)
            let decision = decider.decide(attachment, holds: world.holds, request: request, now: now)
            try #require(decision.ruling == ruling, "seed \(world.seed)")
            var named = decision.losers.map(\.rule.description)
            if let winner = decision.winner, case .policy = winner { named.append(winner.description) }
            let policies = named.filter { $0.hasPrefix("policy:") }.sorted()
            try #require(policies == world.policies.map { "policy:\($0.id)" }.sorted(), "seed \(world.seed)")
        }
    }

    @Test func theOrderOfPoliciesHoldsAndSightingsDecidesNothingAndEqualInputsGiveEqualBytes() throws {
        try forEach(3) { world, attachment, request, now in
            let first = world.decider.decide(attachment, holds: world.holds, request: request, now: now)
            var shuffled = attachment
            shuffled.sightings = world.shuffled(attachment.sightings)
            let policies = PolicySet(world.shuffled(world.policies))
            let holds = world.shuffled(world.holds)
            let second = Decider(policies: policies, tiers: world.tiers)
                .decide(shuffled, holds: holds, request: request, now: now)
            try #require(first.canonicalBytes == second.canonicalBytes, "seed \(world.seed)")
        }
    }

    @Test func aHoldOrALongerRetainNeverTurnsKeepIntoDelete() throws {
        try forEach(4) { world, attachment, request, now in
            let before = world.decider.ruling(on: attachment, holds: world.holds, request: request, now: now)
            let holds = world.holds + [world.hold(9)]
            let held = world.decider.ruling(on: attachment, holds: holds, request: request, now: now)
            try #require(before.verdict == .delete || held.verdict == .keep, "hold, seed \(world.seed)")
            guard !world.policies.isEmpty else { return }
            var policies = world.policies
            let index = world.pick(policies.count)
            let longer = world.period()
            if let was = policies[index].retain, !longer.isNeverShorter(than: was) { return }
            policies[index].retain = longer
            let kept = Decider(policies: PolicySet(policies), tiers: world.tiers)
                .ruling(on: attachment, holds: world.holds, request: request, now: now)
            try #require(before.verdict == .delete || kept.verdict == .keep, "retain, seed \(world.seed)")
        }
    }

    @Test func aDecisionIsStableUntilItChangesAndChangesThen() throws {
        var steps = 0
        try forEach(5) { world, attachment, request, now in
            let decider = world.decider
            let decision = decider.decide(attachment, holds: world.holds, request: request, now: now)
            let far = Timestamp(seconds: 4_102_444_800)
            let until = decision.changesAt ?? far
            try #require(until > now, "seed \(world.seed)")
            let span = until.microseconds - now.microseconds
            for later in [now.adding(microseconds: span / 3), now.adding(microseconds: span - 1)] {
                let same = decider.decide(attachment, holds: world.holds, request: request, now: later)
                try #require(same.canonicalBytes == decision.canonicalBytes, "at \(later), seed \(world.seed)")
            }
            guard let change = decision.changesAt else { return }
            steps += 1
            let next = decider.decide(attachment, holds: world.holds, request: request, now: change)
            try #require(
                NaiveDecider.Answer(verdict: next.verdict, reason: next.reason, winner: next.winner)
                    != NaiveDecider.Answer(verdict: decision.verdict, reason: decision.reason, winner: decision.winner),
                "at \(change), seed \(world.seed)")
        }
        #expect(steps > Self.worlds)
    }

    @Test func aDeleteNamesAWindowThatHasOpened() throws {
        try forEach(6) { world, attachment, request, now in
            let ruling = world.decider.ruling(on: attachment, holds: world.holds, request: request, now: now)
            guard ruling.verdict == .delete else {
                try #require(ruling.earliestRemoval == nil && ruling.latestRemoval == nil, "seed \(world.seed)")
                return
            }
            if let earliest = ruling.earliestRemoval, attachment.created ?? now <= now {
                try #require(earliest <= now, "seed \(world.seed)")
                if let latest = ruling.latestRemoval { try #require(earliest <= latest, "seed \(world.seed)") }
            }
        }
    }

    @Test func moreThanSixtyFourPoliciesAreDecidedLikeFew() throws {
        for seed in 0..<40 {
            var world = try RandomWorld(seed: UInt64(seed), policyCount: 150)
            for _ in 0..<5 {
                let (attachment, request, now) = (world.attachment(), world.request(), world.now())
                let ruling = world.decider.ruling(on: attachment, holds: world.holds, request: request, now: now)
                let naive = NaiveDecider(world, attachment, request: request, now: now).ruling()
                #expect(ruling == naive, "seed \(seed)")
                let decision = world.decider.decide(attachment, holds: world.holds, request: request, now: now)
                #expect(decision.losers.count >= 149)
            }
        }
    }
}
