package import Domain
internal import GRDB

extension InventoryStore {
    /// Attachments whose decision may have changed by `now`, a page at a time in the order of their `next_check`: the cost
    /// follows what is due, not what is held. Participants are looked up only if asked for (a subject hold stands), else
    /// `nil`, which counts as "may be anyone". Setting a later `next_check` between pages moves nothing into a later page.
    package func candidates(
        dueBy now: Timestamp, after cursor: CandidateCursor? = nil, limit: Int = 1000, people: Bool = false
    ) throws(LetheError) -> CandidatePage {
        try read { database in
            let reader = try AttachmentReader(database, people: people)
            // The first half of the range continues within one instant, the second goes on to later ones: each is one
            // seek in the index, where a comparison of pairs would walk over the whole first instant again.
            let page = try Prepared(
                database,
                """
                SELECT \(AttachmentReader.columns), next_check FROM attachment a
                WHERE next_check = ?1 AND next_check <= ?3 AND key > ?2
                UNION ALL SELECT \(AttachmentReader.columns), next_check FROM attachment a
                WHERE next_check > ?1 AND next_check <= ?3
                ORDER BY next_check, key LIMIT ?4
                """)
            try page.bind(1, cursor?.nextCheck ?? Int64.min)
            try page.bind(2, cursor?.key ?? 0)
            try page.bind(3, now)
            try page.bind(4, limit)
            var candidates: [Candidate] = []
            candidates.reserveCapacity(limit)
            var last: CandidateCursor?
            while try page.step() {
                let candidate = try reader.candidate(page)
                last = CandidateCursor(nextCheck: page.int(AttachmentReader.columnCount) ?? 0, key: candidate.key)
                candidates.append(candidate)
            }
            return CandidatePage(candidates: candidates, next: candidates.count < limit ? nil : last)
        }
    }

    /// Writes down when to decide again. An attachment whose facts changed after it was read keeps its 0.
    package func setNextCheck(_ checks: [NextCheck]) throws(LetheError) {
        guard !checks.isEmpty else { return }
        try write { database in
            let update = try Prepared(
                database,
                """
                UPDATE attachment SET next_check = ?3
                WHERE key = ?1 AND revision = ?2 AND state <> 1 AND next_check IS NOT ?3
                """)
            for check in checks {
                try update.bind(1, check.key)
                try update.bind(2, check.revision)
                try update.bind(3, check.at)
                try update.run()
            }
        }
    }

    /// Has attachments decided again at the next run. `all` costs nothing here: it withdraws the decision basis.
    package func resetNextChecks(_ scope: RecheckScope) throws(LetheError) {
        try write { try Self.resetNextChecks(scope, in: $0) }
    }

    static func resetNextChecks(_ scope: RecheckScope, in database: Database) throws {
        let reset = "UPDATE attachment SET next_check = 0, revision = revision + 1 WHERE state <> 1 AND "
        switch scope {
        case .all:
            try database.set("rules_digest", to: nil)
            let generation = try database.setting("rules_generation").flatMap { Int64($0) } ?? 0
            try database.set("rules_generation", to: String(generation + 1))
        case .attachment(let id): try database.perform(reset + "id = ?", id)
        case .line(let line):
            try database.perform(
                reset + """
                    key IN (SELECT attachment FROM sighting WHERE line = ?1
                        OR (line IS NULL AND chat IN (SELECT id FROM chat WHERE line = ?1)))
                    """, line)
        case .chat(let chat):
            try database.perform(reset + "key IN (SELECT attachment FROM sighting WHERE chat = ?)", chat)
        case .subject(let pseudonym):
            for key in try subjectKeys([pseudonym], in: database) {
                try database.perform(
                    reset + """
                        key IN (SELECT g.attachment FROM chat_member m JOIN sighting g ON g.chat = m.chat WHERE m.subject = ?1
                            UNION SELECT attachment FROM sighting WHERE chat IS NULL AND sender = ?1)
                        """, key)
            }
        }
    }

    package func decisionBasis() throws(LetheError) -> DecisionBasis {
        try read { database in
            DecisionBasis(
                digest: try database.setting("rules_digest"),
                generation: try database.setting("rules_generation").flatMap { Int64($0) } ?? 0)
        }
    }

    /// Says that everything has been decided under `digest`, unless a hold's release asked for it anew since `basis` was read.
    package func setDecisionBasis(_ digest: String, after basis: DecisionBasis) throws(LetheError) {
        try write { database in
            let generation = try database.setting("rules_generation").flatMap { Int64($0) } ?? 0
            if generation == basis.generation { try database.set("rules_digest", to: digest) }
        }
    }
}
