import Domain
import Foundation
import Rules
import TestSupport
import Testing

/// What is allowed and most likely a mistake.
@Suite struct LintTests {
    private static let known = "+12025550143"
    private static let ephemeral = "+12025550188"

    /// `id: warnings` of the policies, without the missing default.
    private func found(_ policies: [String], ephemeral lines: [String] = []) throws -> [String] {
        let text = "version: 1\npolicies:\n" + policies.map { "  - {title: t, why: w, \($0)}\n" }.joined()
        let tiers = TierMap(
            ephemeralLines: try lines.map { .init(line: try PhoneLine($0), since: Timestamp(seconds: 0)) })
        let loaded = PolicyLoader.load(files: [("p.yaml", Array(text.utf8))], context: LoadContext(tiers: tiers))
        #expect(loaded.set != nil, "\(loaded.diagnostics.map(\.rendered))")
        return loaded.diagnostics.filter { $0.code != "no-default" }.map { "\($0.line - 2) \($0.code)" }
    }

    @Test func aPolicyForAnyTierLosesToOneForPersistentFilesWhereNothingIsEphemeral() throws {
        let any = "id: a, delete_after: 1y"
        let both = "id: both, delete_after: 2y, match: {tier: persistent}"
        #expect(try found([any, both]) == ["1 shadowed"])
        #expect(try found([any, both], ephemeral: [Self.ephemeral]) == [])
        let onLine = [any, both].map { $0.replacing("id: ", with: "scope: {lines: [\"\(Self.known)\"]}, id: ") }
        #expect(try found(onLine, ephemeral: [Self.ephemeral]) == ["1 shadowed"])
        #expect(try found(onLine, ephemeral: [Self.known]) == [])
        let uploads = "id: a, delete_after: 1y, match: {source: [upload]}"
        #expect(try found([uploads, both], ephemeral: [Self.ephemeral]) == ["1 shadowed"])
    }

    @Test func aHigherRankThatMayNotApplyShadowsNothing() throws {
        let any = "id: a, delete_after: 1y"
        #expect(
            try found([any, "id: b, delete_after: 2y, starts_from: last_used, match: {tier: persistent}"]) == [])
        #expect(
            try found([
                any + ", starts_from: last_used",
                "id: b, delete_after: 2y, starts_from: last_used, match: {tier: persistent}",
            ]) == ["1 shadowed"])
        #expect(try found([any, "id: b, delete_after: 2y, match: {tier: persistent, direction: inbound}"]) == [])
        #expect(try found([any + ", retain: 1d", "id: b, delete_after: 2y, match: {tier: persistent}"]) == [])
    }

    @Test func aPolicyForWhatCannotBeIsSaidToMatchNothing() throws {
        let upload = "id: a, delete_after: 1h, match: {tier: ephemeral, source: [upload]}"
        #expect(try found([upload], ephemeral: [Self.ephemeral]) == ["1 never-matches"])
        #expect(try found([upload.replacing("upload", with: "upload, message")], ephemeral: [Self.ephemeral]) == [])
        let scoped = "id: a, delete_after: 2d, match: {tier: ephemeral}, scope: {lines: [\"\(Self.known)\"]}"
        #expect(try found([scoped], ephemeral: [Self.ephemeral]) == ["1 never-matches"])
        #expect(try found([scoped], ephemeral: [Self.known]) == ["1 ephemeral-never-reached"])
        #expect(try found(["id: a, delete_after: 1h, match: {tier: ephemeral}"]) == ["1 never-matches"])
        #expect(try found(["id: a, delete_after: 1h, match: {tier: ephemeral}"], ephemeral: [Self.ephemeral]) == [])
    }

    @Test(arguments: [
        ("mime: [image/tiff]", 1), ("mime: [image/tif, audio/caf]", 2), ("mime: [image/tiff], direction: outbound", 1),
        ("mime: [audio/x-caf, audio/mp3]", 1), ("mime: [image/tiff, image/jpg]", 0),
        ("mime: [audio/x-caf, audio/mp4]", 0), ("mime: [audio/x-caf, \"audio/*\"]", 0),
        ("mime: [image/tiff], direction: inbound", 0), ("mime: [image/jpg, audio/mp3, image/heif]", 0),
    ]) func aTypeThatTheVendorTurnsIntoAnotherIsNamedWithIt(match: String, findings: Int) throws {
        let found = try found(["id: a, delete_after: 1y, match: {\(match)}"])
        #expect(found == Array(repeating: "1 never-delivered", count: findings))
    }

    @Test func aPolicyTiesWithTheFirstOfManyAndIsNamedOnce() throws {
        let policies = (1...5).map {
            "id: p\($0), delete_after: 1y, match: {direction: inbound, mime: [image/\($0), image/x]}"
        }
        #expect(try found(policies) == ["2 tie", "3 tie", "4 tie", "5 tie"])
    }

    @Test(arguments: [
        ("image/png", "image/png", true), ("image/png", "image/gif", false), ("\"image/*\"", "image/png", true),
        ("image/png", "\"image/*\"", true), ("\"image/*\"", "\"image/*\"", true), ("\"image/*\"", "video/mp4", false),
        ("\"image/*\"", "\"video/*\", image/png", true), ("\"imag/*\"", "image/png", false),
    ]) func typesOverlapWhereOneFileHasBoth(mine: String, theirs: String, tie: Bool) throws {
        let policies = [("a", mine + ", audio/mp3"), ("b", theirs + ", text/plain")]
        let lines = policies.map { "id: \($0), delete_after: 1y, match: {mime: [\($1)]}" }
        #expect(try found(lines).contains("2 tie") == tie)
    }

    @Test func withoutAnyPolicyTheMissingDefaultIsSaidAtTheFirstFile() {
        let loaded = PolicyLoader.load(
            files: [("b.yaml", Array("# later\n".utf8)), ("a.yaml", Array("version: 1\npolicies: []\n".utf8))])
        #expect(
            loaded.diagnostics.map { "\($0.file) \($0.severity) \($0.code)" } == [
                "a.yaml warning no-default", "b.yaml warning empty-file",
            ])
    }

    /// One policy of a random world as it is written; of its two periods one, which cannot contradict itself.
    private func written(_ policy: Policy) -> String {
        func list(_ values: [String]) -> String { "[" + values.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
        let match = policy.match
        let criteria = [
            match.tier.map { "tier: \($0.rawValue)" }, match.direction.map { "direction: \($0.rawValue)" },
            match.sources.map { "source: " + list($0.map(\.rawValue)) },
            match.mime.map { "mime: " + list($0.map(\.description)) },
            match.size.map { "size: {at_least: \($0.atLeast ?? 0)B, below: \($0.below ?? .max)B}" },
        ].compactMap { $0 }
        let period = policy.deleteAfter.map { "delete_after: \($0)" } ?? policy.retain.map { "retain: \($0)" } ?? ""
        let ground = policy.deleteAfter == nil ? policy.ground.map { "legal_ground: \($0)" } : nil
        let scope = policy.lines.map { "scope: {lines: \(list($0.map(\.number)))}" }
        return
            ([
                "id: \(policy.id)", "title: t", "why: w", period, "starts_from: \(policy.startsFrom.rawValue)",
                "match: {\(criteria.joined(separator: ", "))}", ground, scope,
            ] as [String?]).compactMap { $0 }.joined(separator: ", ")
    }

    @Test func whatIsCalledShadowedOrMatchlessNeverDecides() throws {
        var judged = 0
        for seed in 0..<400 {
            var world = try RandomWorld(seed: 77 << 32 | UInt64(seed))
            let holds = seed % 2 == 0 ? [] : world.holds
            let text = "version: 1\npolicies:\n" + world.policies.map { "  - {\(written($0))}\n" }.joined()
            let tiers = seed % 3 == 0 ? TierMap() : world.tiers
            let loaded = PolicyLoader.load(files: [("p.yaml", Array(text.utf8))], context: LoadContext(tiers: tiers))
            // No policy at all, or a range that holds no size.
            guard let set = loaded.set else { continue }
            let found = loaded.diagnostics.filter { ["shadowed", "never-matches"].contains($0.code) }
            let idle = Set(found.map { world.policies[$0.line - 3].id })
            guard !idle.isEmpty else { continue }
            judged += idle.count
            for _ in 0..<60 {
                let (attachment, now, request) = (world.attachment(), world.now(), world.request())
                let decision = Decider(policies: set, tiers: tiers).decide(
                    attachment, holds: holds, request: request, now: now)
                // Where the last use is not known, every retain that counts from it keeps alike, and the lesser id is named.
                if case .unknown = decision.reason { continue }
                guard case .policy(let id)? = decision.winner else { continue }
                #expect(!idle.contains(id), "seed \(world.seed): \(id)\n\(text)")
            }
        }
        #expect(judged > 50, "\(judged)")
    }
}
