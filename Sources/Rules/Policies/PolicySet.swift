import Cryptography
import Domain

/// All policies together, in the order of their ids: files and lines decide nothing.
package struct PolicySet: Sendable, Equatable {
    package let policies: [Policy]
    /// SHA-256 of `canonicalBytes`, 64 hex digits: the policies' name in plans, decisions and the audit log.
    package let digest: String

    /// Of two policies with the same id the first is kept; the loader refuses such files before.
    package init(_ policies: [Policy]) {
        var seen: Set<String> = []
        self.policies = policies.filter { seen.insert($0.id).inserted }.sorted { $0.id < $1.id }
        digest = Hex.encode(Digest.sha256(Self.canonicalBytes(of: self.policies)))
    }

    package subscript(id: String) -> Policy? { policies.first { $0.id == id } }

    /// Some policy names lines, so an attachment's line is a needed fact.
    package var hasLineScope: Bool { policies.contains { $0.lines != nil } }

    package var canonicalBytes: [UInt8] { Self.canonicalBytes(of: policies) }

    /// One ASCII JSON line a policy, sorted by id, every list sorted, each line ended by LF.
    ///
    ///     {"id":"…","title":"…","why":"…","lines":["+…"],"tier":null,"direction":"inbound","source":null,
    ///      "mime":["image/*"],"at_least":1000000,"below":null,"starts_from":"created","retain":"30d",
    ///      "delete_after":"90d","legal_ground":null,"locked":false,"archive":null}
    private static func canonicalBytes(of policies: [Policy]) -> [UInt8] {
        var line = AsciiJSON()
        for policy in policies { policy.writeCanonical(to: &line) }
        return line.bytes
    }
}

extension Policy {
    /// This policy alone, as the set's digest covers it: what the log remembers of a locked policy.
    package var canonicalBytes: [UInt8] {
        var line = AsciiJSON()
        writeCanonical(to: &line)
        return line.bytes
    }

    fileprivate func writeCanonical(to line: inout AsciiJSON) {
        line.begin()
        line.field("id", id)
        line.field("title", title)
        line.field("why", why)
        line.list("lines", lines?.map(\.number))
        line.field("tier", match.tier?.rawValue)
        line.field("direction", match.direction?.rawValue)
        line.list("source", match.sources?.map(\.rawValue))
        line.list("mime", match.mime?.map(\.description))
        line.field("at_least", match.size?.atLeast)
        line.field("below", match.size?.below)
        line.field("starts_from", startsFrom.rawValue)
        line.field("retain", retain?.description)
        line.field("delete_after", deleteAfter?.description)
        line.field("legal_ground", ground?.name)
        line.field("locked", isLocked)
        line.field("archive", archive)
        line.endLine()
    }
}

extension AsciiJSON {
    fileprivate mutating func list(_ key: StaticString, _ values: [String]?) {
        if let values { field(key, values.sorted()) } else { field(key, nil as String?) }
    }
}
