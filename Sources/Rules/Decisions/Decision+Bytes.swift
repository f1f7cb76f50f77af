package import Domain

extension Decision {
    /// The decision as one ASCII JSON line: equal inputs give equal bytes.
    ///
    ///     {"attachment":"<uuid>","tier":"persistent","request":null,"verdict":"keep","reason":"retained","fact":null,
    ///      "ground":null,"winner":"policy:…","until":"<27>","changes_at":"<27>","earliest_removal":null,
    ///      "latest_removal":null,"policy":"<64 hex>","losers":["policy:… out_of_scope line"]}
    package var canonicalBytes: [UInt8] {
        var line = AsciiJSON()
        line.begin()
        line.field("attachment", attachment.description)
        line.field("tier", tier.rawValue)
        line.field("request", request?.description)
        line.field("verdict", verdict.rawValue)
        line.field("reason", reason.code)
        line.field("fact", reason.fact?.rawValue)
        line.field("ground", reason.ground?.name)
        line.field("winner", winner?.description)
        line.field("until", reason.until?.description)
        line.field("changes_at", changesAt?.description)
        line.field("earliest_removal", earliestRemoval?.description)
        line.field("latest_removal", latestRemoval?.description)
        line.field("policy", policyDigest)
        line.field("losers", losers.map(\.description))
        line.end()
        return line.bytes
    }
}

extension Reason {
    /// The fact that is missing.
    package var fact: Fact? {
        if case .unknown(let fact) = self { fact } else { nil }
    }

    package var ground: LegalGround? {
        if case .withheld(let ground, _) = self { ground } else { nil }
    }

    /// The end of a retain, or the instant at which a policy will delete.
    package var until: Timestamp? {
        switch self {
        case .retained(let until), .withheld(_, let until): until
        case .notDue(let due): due
        default: nil
        }
    }
}

extension Loser: CustomStringConvertible {
    /// `policy:<id> no_match mime`.
    package var description: String { "\(rule) \(reason.code)" + (reason.fact.map { " \($0.rawValue)" } ?? "") }
}
