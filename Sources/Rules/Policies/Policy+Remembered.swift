import Domain
import Foundation

extension Policy {
    /// The policy that `canonicalBytes` were made of; `nil` for any other bytes.
    package init?(canonicalBytes bytes: [UInt8]) {
        guard let form = try? JSONDecoder().decode(CanonicalForm.self, from: Data(bytes)),
            form.policy.canonicalBytes == bytes
        else { return nil }
        self = form.policy
    }
}

/// The members of a canonical line: `PolicySet`.
private struct CanonicalForm: Decodable {
    let id: String
    let title: String
    let why: String
    let lines: [String]?
    let tier: Tier?
    let direction: Direction?
    let source: [AttachmentSource]?
    let mime: [String]?
    let atLeast: Int64?
    let below: Int64?
    let startsFrom: Policy.Start
    let retain: String?
    let deleteAfter: String?
    let ground: String?
    let isLocked: Bool
    let archive: String?

    private enum CodingKeys: String, CodingKey {
        case id, title, why, lines, tier, direction, source, mime, below, retain, archive
        case atLeast = "at_least"
        case startsFrom = "starts_from"
        case deleteAfter = "delete_after"
        case ground = "legal_ground"
        case isLocked = "locked"
    }

    /// A value that is no longer understood is left out, and the bytes then differ.
    var policy: Policy {
        var policy = Policy(id: id, title: title, why: why, startsFrom: startsFrom, isLocked: isLocked)
        policy.lines = lines.map { Set($0.compactMap { try? PhoneLine($0) }) }
        policy.match = Policy.Match(
            tier: tier, direction: direction, sources: source.map(Set.init),
            mime: mime.map { Set($0.compactMap(MimePattern.init)) })
        if atLeast != nil || below != nil { policy.match.size = .init(atLeast: atLeast, below: below) }
        policy.retain = retain.flatMap { try? Period.parse($0).get() }
        policy.deleteAfter = deleteAfter.flatMap { try? Period.parse($0).get() }
        policy.ground = ground.flatMap(LegalGround.init)
        policy.archive = archive
        return policy
    }
}
