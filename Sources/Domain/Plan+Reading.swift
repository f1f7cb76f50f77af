import Foundation

extension Plan {
    /// The plan that `canonicalBytes` were made of; `nil` for any other bytes.
    package init?(canonicalBytes bytes: [UInt8]) {
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let first = lines.first, let header = try? decoder.decode(CanonicalHeader.self, from: Data(first)) else {
            return nil
        }
        var items: [PlanItem] = []
        for line in lines.dropFirst() {
            guard let item = try? decoder.decode(CanonicalItem.self, from: Data(line)) else { return nil }
            items.append(item.item)
        }
        self.init(
            id: header.plan, kind: header.kind, created: header.created, partner: header.partner,
            policyDigest: header.policy, request: header.request, coverage: header.coverage,
            limits: Limits(
                maxDeletes: header.maxDeletes, maxPercent: header.maxPercent, maxBytes: header.maxBytes),
            items: items)
        guard canonicalBytes == bytes else { return nil }
    }
}

private struct CanonicalHeader: Decodable {
    let plan: PlanID
    let kind: Plan.Kind
    let created: Timestamp
    let partner: String
    let policy: String
    let request: RequestID?
    let coverage: String
    let maxDeletes: Int
    let maxPercent: Int
    let maxBytes: Int64
}

private struct CanonicalItem: Decodable {
    let att: AttachmentID
    let rule: String
    let line: PhoneLine?
    let tier: Tier
    let size: Int64?
    let withheld: Outcome?
    let ground: String?
    let ends: Timestamp?

    var item: PlanItem {
        PlanItem(
            attachment: att, rule: rule, line: line, tier: tier, size: size,
            withheld: withheld.map { Withholding(outcome: $0, ground: ground ?? "", ends: ends) })
    }
}
