import Domain
import Rules

/// The policies of a world: as text for Lethe, as values for the model.
struct Rulebook {
    struct Policy {
        var id: String
        var lines: [PhoneLine]?
        var isInbound: Bool?
        var isPicture = false
        var tier: Tier?
        var isUpload = false
        var retain: Int64?
        var ground: String?
        var isLocked = false
        var delete: Int64?

        /// "Naming lines beats naming none; then naming the tier beats naming none."
        var rank: Int { (lines == nil ? 0 : 2) + (tier == nil ? 0 : 1) }
    }

    var policies: [Policy]
    let ephemeralLine: PhoneLine?

    init(_ population: Population, _ dice: inout Dice) {
        ephemeralLine = population.ephemeralLine
        policies = []
        if dice.chance(0.9) { policies.append(Policy(id: "default", delete: Int64(dice.number(5...90)))) }
        for index in 0..<dice.number(0...3) {
            policies.append(Self.policy("p\(index)", population.lines, ephemeral: ephemeralLine, &dice))
        }
    }

    private static func policy(
        _ id: String, _ lines: [PhoneLine], ephemeral: PhoneLine?, _ dice: inout Dice
    ) -> Policy {
        var policy = Policy(id: id)
        if dice.chance(0.5) { policy.lines = dice.pick(lines).map { [$0] } }
        if dice.chance(0.3) { policy.isInbound = dice.chance(0.5) }
        if dice.chance(0.3) { policy.isPicture = true }
        if dice.chance(0.15) { policy.tier = .persistent }
        if dice.chance(0.1) { policy.isUpload = true }
        if dice.chance(0.5) { policy.retain = Int64(dice.number(3...40)) }
        if policy.retain == nil || dice.chance(0.6) {
            policy.delete = (policy.retain ?? 0) + Int64(dice.number(3...60))
        }
        if policy.retain != nil, dice.chance(0.5) {
            policy.ground = "gdpr.17.3.b"
            policy.isLocked = dice.chance(0.4)
        }
        return policy
    }

    /// What somebody changes in the files: one policy comes, goes, or gets other periods.
    mutating func edit(_ lines: [PhoneLine], _ dice: inout Dice) {
        switch dice.number(0...3) {
        case 0:
            if let index = policies.indices.randomElementSeeded(&dice) { policies.remove(at: index) }
        case 1: policies.append(Self.policy("e\(dice.number(0...9_999_999))", lines, ephemeral: ephemeralLine, &dice))
        default:
            guard let index = policies.indices.randomElementSeeded(&dice) else { return }
            if policies[index].delete != nil {
                policies[index].delete = (policies[index].retain ?? 0) + Int64(dice.number(5...120))
            } else {
                policies[index].retain = Int64(dice.number(5...60))
            }
        }
    }

    var text: String {
        guard !policies.isEmpty else { return "version: 1\npolicies: []\n" }
        return "version: 1\npolicies:\n" + policies.map(Self.text).joined()
    }

    private static func text(_ policy: Policy) -> String {
        var lines = ["  - id: \(policy.id)", "    title: T", "    why: W"]
        if let numbers = policy.lines {
            lines.append("    scope: {lines: [\(numbers.map { "\"\($0)\"" }.joined(separator: ", "))]}")
        }
        var match: [String] = []
        if let isInbound = policy.isInbound { match.append("direction: \(isInbound ? "inbound" : "outbound")") }
        if policy.isPicture { match.append("mime: [\"image/*\"]") }
        if let tier = policy.tier { match.append("tier: \(tier.rawValue)") }
        if policy.isUpload { match.append("source: [upload]") }
        if !match.isEmpty { lines.append("    match: {\(match.joined(separator: ", "))}") }
        if let retain = policy.retain { lines.append("    retain: \(retain)d") }
        if let delete = policy.delete { lines.append("    delete_after: \(delete)d") }
        if let ground = policy.ground { lines.append("    legal_ground: \(ground)") }
        if policy.isLocked { lines.append("    locked: true") }
        return lines.joined(separator: "\n") + "\n"
    }

    private var tiers: TierMap {
        TierMap(
            ephemeralLines: ephemeralLine.map { [.init(line: $0, since: Timestamp(seconds: 1_700_000_000))] } ?? [])
    }

    /// As the binary loads them.
    func decider() throws(LetheError) -> Decider {
        let loaded =
            policies.isEmpty
            ? nil
            : PolicyLoader.load(files: [("world.yaml", Array(text.utf8))], context: LoadContext(tiers: tiers))
        return Decider(policies: try loaded?.requireSet() ?? PolicySet([]), tiers: tiers)
    }
}

extension Range<Int> {
    func randomElementSeeded(_ dice: inout Dice) -> Int? { isEmpty ? nil : dice.number(lowerBound...upperBound - 1) }
}

extension Rulebook {
    /// For whoever reads the trace of a failure.
    var story: String {
        policies.map { policy in
            "\(policy.id): lines \(policy.lines?.map(\.number) ?? []), inbound \(policy.isInbound.map(String.init) ?? "any"), "
                + "picture \(policy.isPicture), upload \(policy.isUpload), tier \(policy.tier?.rawValue ?? "any"), "
                + "retain \(policy.retain ?? 0) \(policy.ground ?? ""), delete \(policy.delete ?? 0)"
        }.joined(separator: "; ")
    }
}
