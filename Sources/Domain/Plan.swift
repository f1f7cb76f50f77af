/// The frozen list of what one run or one request will do.
package struct Plan: Sendable, Equatable {
    package enum Kind: String, CaseIterable, Codable, Sendable {
        case retention, erasure
        /// One item, uploaded by this process under this key.
        case drill
    }

    package enum State: String, CaseIterable, Codable, Sendable {
        case proposed, approved, applying, done, halted, expired, cancelled

        /// Nothing more will happen to it.
        package var isClosed: Bool { self == .done || self == .expired || self == .cancelled }
    }

    package let id: PlanID
    package let kind: Kind
    package let created: Timestamp
    package let partner: String
    /// SHA-256 of the policy set, 64 hex.
    package let policyDigest: String
    /// The request that an erasure plan answers.
    package let request: RequestID?
    package let coverage: String
    package let limits: Limits
    /// Sorted by attachment id.
    package let items: [PlanItem]

    package init(
        id: PlanID, kind: Kind, created: Timestamp, partner: String, policyDigest: String, request: RequestID? = nil,
        coverage: String, limits: Limits, items: [PlanItem]
    ) {
        self.id = id
        self.kind = kind
        self.created = created
        self.partner = partner
        self.policyDigest = policyDigest
        self.request = request
        self.coverage = coverage
        self.limits = limits
        self.items = items.sorted { $0.attachment < $1.attachment }
    }

    /// Seven days after it was made.
    package static func expiry(created: Timestamp) -> Timestamp { created.adding(seconds: 7 * 86_400) }
    package var expires: Timestamp { Self.expiry(created: created) }
    package var bytes: Int64 { items.lazy.compactMap(\.size).reduce(0, +) }
}

/// One attachment of a plan, and why it is there.
package struct PlanItem: Sendable, Equatable {
    package let attachment: AttachmentID
    /// `policy:<id>`, `erasure:<request>` or `drill`, as in the audit log.
    package let rule: String
    package let line: PhoneLine?
    package let tier: Tier
    /// Bytes; `nil` = unknown.
    package let size: Int64?
    /// `nil` = to be deleted; else it is listed but withheld from the start.
    package let withheld: Withholding?

    package init(
        attachment: AttachmentID, rule: String, line: PhoneLine? = nil, tier: Tier, size: Int64? = nil,
        withheld: Withholding? = nil
    ) {
        self.attachment = attachment
        self.rule = rule
        self.line = line
        self.tier = tier
        self.size = size
        self.withheld = withheld
    }
}

/// Why an item of an erasure plan stays for now.
package struct Withholding: Sendable, Equatable {
    /// `withheld_hold`, `withheld_retention` or `withheld_shared`.
    package let outcome: Outcome
    /// A legal ground (`gdpr.17.3.b`), a hold's id, or how many others an object is shared with.
    package let ground: String
    package let ends: Timestamp?

    package init(outcome: Outcome, ground: String, ends: Timestamp? = nil) {
        self.outcome = outcome
        self.ground = ground
        self.ends = ends
    }
}

/// What one run may do at most; 0 means zero.
package struct Limits: Sendable, Equatable {
    package var maxDeletes: Int
    package var maxPercent: Int
    /// Bytes.
    package var maxBytes: Int64

    package init(maxDeletes: Int = 1000, maxPercent: Int = 10, maxBytes: Int64 = 50_000_000_000) {
        self.maxDeletes = maxDeletes
        self.maxPercent = maxPercent
        self.maxBytes = maxBytes
    }

    /// The smaller of both in each.
    package func smaller(of other: Limits) -> Limits {
        Limits(
            maxDeletes: min(maxDeletes, other.maxDeletes), maxPercent: min(maxPercent, other.maxPercent),
            maxBytes: min(maxBytes, other.maxBytes))
    }
}

extension Plan {
    /// The bytes that are frozen and hashed: one ASCII JSON line a header, then one an item, each ended by LF.
    ///
    ///     {"v":1,"plan":"<32 hex>","kind":"retention","created":"<27>","partner":"…","policy":"<64 hex>","request":null,"coverage":"…","max_deletes":1000,"max_percent":10,"max_bytes":50000000000,"expires":"<27>","items":2}
    ///     {"att":"<uuid>","rule":"policy:…","line":"+…","tier":"persistent","size":123,"withheld":null,"ground":null,"ends":null}
    package var canonicalBytes: [UInt8] {
        canonicalHead(items: items.count) + items.flatMap(\.canonicalBytes)
    }

    /// The first line of a plan that has `count` items.
    package func canonicalHead(items count: Int) -> [UInt8] {
        var line = AsciiJSON()
        line.begin()
        line.field("v", 1)
        line.field("plan", id.description)
        line.field("kind", kind.rawValue)
        line.field("created", created.description)
        line.field("partner", partner)
        line.field("policy", policyDigest)
        line.field("request", request?.description)
        line.field("coverage", coverage)
        line.field("max_deletes", Int64(limits.maxDeletes))
        line.field("max_percent", Int64(limits.maxPercent))
        line.field("max_bytes", limits.maxBytes)
        line.field("expires", expires.description)
        line.field("items", Int64(count))
        line.endLine()
        return line.bytes
    }
}

extension PlanItem {
    /// Its line of `Plan.canonicalBytes`.
    package var canonicalBytes: [UInt8] {
        var line = AsciiJSON()
        line.begin()
        line.field("att", attachment.description)
        line.field("rule", rule)
        line.field("line", self.line?.number)
        line.field("tier", tier.rawValue)
        line.field("size", size)
        line.field("withheld", withheld?.outcome.rawValue)
        line.field("ground", withheld?.ground)
        line.field("ends", withheld?.ends?.description)
        line.endLine()
        return line.bytes
    }
}
