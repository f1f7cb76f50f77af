import Domain
import Rules
import TestSupport
import Testing

@Suite struct RememberedPolicyTests {
    @Test func aPolicyComesBackFromItsCanonicalBytes() throws {
        for seed in 1...300 as ClosedRange<UInt64> {
            let world = try RandomWorld(seed: seed)
            for var policy in world.policies {
                policy.title = "Tïtle \"\(seed)\" \\ 猫"
                policy.isLocked = seed % 2 == 0
                policy.archive = seed % 3 == 0 ? "vault" : nil
                #expect(Policy(canonicalBytes: policy.canonicalBytes) == policy, "seed \(seed)")
            }
        }
    }

    @Test func otherBytesAreNoPolicy() throws {
        let policy = Policy(id: "a", title: "t", why: "w", retain: Period(count: 30, unit: .days), isLocked: true)
        let text = String(decoding: policy.canonicalBytes, as: UTF8.self)
        #expect(Policy(canonicalBytes: Array(text.utf8)) == policy)
        for (from, to) in [
            ("30d", "30x"), ("\"created\"", "\"born\""), ("{", "{ "), ("\n", ""), ("\"mime\":null", "\"mime\":[\"a\"]"),
            ("\"legal_ground\":null", "\"legal_ground\":\"gdpr.17.9\""), ("\"title\":\"t\",", ""),
        ] {
            #expect(Policy(canonicalBytes: Array(text.replacing(from, with: to).utf8)) == nil, "\(to)")
        }
    }
}
