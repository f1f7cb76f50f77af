package import Domain

/// An erasure certificate that holds together: the only thing that its renderers take, made by
/// `CertificateValues.checked`.
package struct Certificate: Encodable, Sendable, Equatable {
    package let values: CertificateValues
    package let summary: Summary
    /// What was done to each object, and what that does not reach.
    package let method = Method()
    /// The certificate of NIST SP 800-88r2, field by field, for an object behind an API.
    package let sanitization: [Field]

    package struct Summary: Codable, Sendable, Equatable {
        package let statement: String
        package let items: Int
        package let outcomes: OutcomeCounts
        /// Bytes by outcome, as far as sizes are known; outcomes without items are left out.
        package let bytes: [String: Int64]
        package let sizeUnknown: Int
    }

    package struct Method: Codable, Sendable, Equatable {
        package let operation = "DELETE /v3/attachments/{attachmentId}"
        package let reaches = [
            "the file in the vendor's storage, for good: there is no undelete",
            "downloads from the file's URL, which answer 404 from then on",
        ]
        package let doesNotReach = [
            "messages, which stay visible; the part that held the file loses its reference",
            "webhooks that were delivered before, which keep a dead URL",
            "copies on devices of those who sent or received the file",
            "the vendor's backups, and its own record of the deletion",
            "media items that the vendor gives no attachment id: sticker reactions, group icons, backgrounds, contact cards",
        ]

        private enum CodingKeys: String, CodingKey {
            case operation, reaches, doesNotReach
        }

        init() {}
        package init(from decoder: any Decoder) throws { self.init() }
    }

    package struct Field: Codable, Sendable, Equatable {
        package let field: String
        package let value: String
    }

    fileprivate init(_ values: CertificateValues) {
        self.values = values
        summary = Summary(values)
        sanitization = Self.sanitization(values)
    }

    private enum CodingKeys: String, CodingKey {
        case summary, method, sanitization
    }

    package func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(summary, forKey: .summary)
        try container.encode(method, forKey: .method)
        try container.encode(sanitization, forKey: .sanitization)
    }
}

extension CertificateValues {
    /// Throws `totals-do-not-add-up` where the statement contradicts itself or claims a deletion that its records do not
    /// bear out, `personal-data` where the controller's name holds what looks like a handle. A text that was typed for the
    /// request, by an older rule, is left out where it does.
    package func checked() throws(LetheError) -> Certificate {
        if let controller, !controller.isEmpty { _ = try OperatorText.reason(controller) }
        let findings = contradictions
        guard findings.isEmpty else {
            throw LetheError(
                "totals-do-not-add-up", .failed, "the statement does not add up: " + findings.joined(separator: "; "))
        }
        var sorted = self
        sorted.request.channel = Self.withoutHandles(request.channel)
        sorted.request.identityCheck = Self.withoutHandles(request.identityCheck)
        sorted.items.sort { $0.attachment < $1.attachment }
        sorted.approvals.sort { ($0.at, $0.by) < ($1.at, $1.by) }
        return Certificate(sorted)
    }

    private static func withoutHandles(_ text: String?) -> String? {
        text.map { $0.isEmpty || (try? OperatorText.reason($0)) != nil ? $0 : "(not shown)" }
    }

    private var contradictions: [String] {
        var findings: [String] = []
        if items.count < plan.items { findings.append("\(items.count) items listed, the plan has \(plan.items)") }
        if Set(items.map(\.attachment)).count != items.count { findings.append("an attachment is listed twice") }
        for item in items where item.outcome.group == .deleted && !isBorneOut(item) {
            findings.append("no record of the log bears out that \(item.attachment) was deleted")
        }
        for item in items where item.outcome == .deleted && (item.grade == .e || item.grade == .x) {
            findings.append("\(item.attachment) is called deleted on evidence of grade \(item.grade?.rawValue ?? "")")
        }
        return findings
    }

    private func isBorneOut(_ item: Item) -> Bool {
        let attachment = "\"att\":\"\(item.attachment)\""
        return proof.records.contains { record in
            record.line.contains(attachment)
                && (record.line.contains("\"type\":\"delete.outcome\"")
                    || record.line.contains("\"type\":\"item.closed\""))
        }
    }
}

extension Certificate.Summary {
    fileprivate init(_ values: CertificateValues) {
        items = values.items.count
        outcomes = OutcomeCounts(values.items.map(\.outcome))
        var bytes: [String: Int64] = [:]
        for item in values.items { bytes[item.outcome.rawValue, default: 0] += item.bytes ?? 0 }
        self.bytes = bytes
        sizeUnknown = values.items.count { $0.bytes == nil }
        // A 204 says that it is deleted, a lost answer does not: the two are never one figure.
        let (deleted, settled) = (outcomes[Outcome.deleted], outcomes[.deletedAfterRetry])
        let gone = outcomes[.absent]
        var parts = ["\(grouped(Int64(deleted))) of \(counted(values.items.count, "attachment")) deleted"]
        if settled > 0 { parts.append("\(grouped(Int64(settled))) \(Outcome.deletedAfterRetry.meaning)") }
        if gone > 0 { parts.append("\(grouped(Int64(gone))) found gone already") }
        for (group, words) in [
            (Outcome.Group.withheld, "withheld on a ground that is named"), (.failed, "failed"),
            (.open, "not attempted"),
        ] where outcomes[group] > 0 {
            parts.append("\(grouped(Int64(outcomes[group]))) \(words)")
        }
        if values.items.isEmpty {
            let isUnseen = values.coverage.unseen && values.coverage.goneBefore.isEmpty
            let found = values.coverage.goneBefore.isEmpty ? "found" : "left"
            parts = [
                isUnseen
                    ? "Nothing of the data subject is known here" : "Nothing was \(found) under this request"
            ]
        }
        statement = ([parts.joined(separator: ", ")] + values.coverage.goneBeforeWords).map { $0 + "." }
            .joined(separator: " ")
    }
}

extension CertificateValues.Coverage {
    /// `3 attachments of the data subject had gone before: 2 deleted, 1 already absent`; empty where none had.
    fileprivate var goneBeforeWords: [String] {
        let kinds = Outcome.allCases.compactMap { outcome in
            goneBefore[outcome.rawValue].map { "\(grouped(Int64($0))) \(outcome.words)" }
        }
        guard !kinds.isEmpty else { return [] }
        let number = counted(goneBefore.values.reduce(0, +), "attachment")
        return ["\(number) of the data subject had gone before: \(kinds.joined(separator: ", "))"]
    }
}

extension CertificateValues {
    /// Each name once, in the order of the approvals.
    var approvers: String {
        var names: [String] = []
        for approval in approvals where !names.contains(approval.by) { names.append(approval.by) }
        return names.isEmpty ? "nobody" : names.joined(separator: ", ")
    }
}

extension Certificate {
    /// The fields of the certificate of media disposition (NIST SP 800-88r2), as far as they mean something for an object that
    /// somebody else stores.
    private static func sanitization(_ values: CertificateValues) -> [Field] {
        let times = values.items.filter { $0.outcome.group == .deleted }.compactMap(\.at)
        let grades = EvidenceGrade.allCases.compactMap { grade -> String? in
            let number = values.items.count { $0.grade == grade }
            return number == 0 ? nil : "\(number) of grade \(grade.rawValue)"
        }
        let when =
            switch (times.min(), times.max()) {
            case (let first?, let last?): "\(first.brief) to \(last.brief)"
            default: "nothing was deleted"
            }
        return [
            Field(field: "Manufacturer and model", value: "Linq, attachment of the Partner API v3"),
            Field(field: "Serial number", value: "the attachment id of each item"),
            Field(field: "Property number", value: "partner account \(values.partner)"),
            Field(
                field: "Media type",
                value: "object in the vendor's storage; the MIME type of each item, where it is known"),
            Field(
                field: "Source", value: "messages of the data subject, scope \(values.request.scope.rawValue.spaced)"),
            Field(
                field: "Sanitization method",
                value: "deletion by the storing party at our request; none of Clear, Purge and Destroy is claimed"),
            Field(field: "Technique", value: Method().operation),
            Field(field: "Tool", value: values.tool),
            Field(field: "Verification", value: grades.isEmpty ? "none" : grades.joined(separator: ", ")),
            Field(field: "Performed", value: when),
            Field(field: "Requested by", value: values.request.openedBy),
            Field(field: "Approved by", value: values.approvers),
            Field(
                field: "Destination",
                value: "none for what was deleted; what is withheld or failed stays in the vendor's storage"),
        ]
    }
}
