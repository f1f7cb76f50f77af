package import Domain

/// A report whose totals add up: the only thing that a renderer takes. It is made by `ReportValues.checked`.
package struct Report: Encodable, Sendable, Equatable {
    package let values: ReportValues
    /// One item for each attachment that came to an end, with the last word on it.
    package let words: [ReportValues.Item]
    package let deletions: Deletions
    package let controls: [Control]
    package let verdict: ReportSummary

    fileprivate init(_ values: ReportValues) {
        self.values = values
        words = values.items.lastWords
        deletions = Deletions(words)
        controls = Controls.evaluate(values)
        verdict = ReportSummary(values, deletions: deletions, controls: controls)
    }

    /// The inventory differs from the log, or there is evidence that the log was tampered with.
    package var isContradicted: Bool { !values.differs.isEmpty || values.logs.contains { $0.result == .broken } }

    private enum CodingKeys: String, CodingKey {
        case deletions, controls, verdict
    }

    /// The values' own fields, and beside them what follows from them.
    package func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(deletions, forKey: .deletions)
        try container.encode(controls, forKey: .controls)
        try container.encode(verdict, forKey: .verdict)
    }
}

extension ReportValues {
    /// Holds every total against every other source of the same number.
    ///
    /// Throws `totals-do-not-add-up` and names each one that disagrees: a report that contradicts itself is not printed.
    package func checked() throws(LetheError) -> Report {
        let findings = contradictions
        guard findings.isEmpty else {
            throw LetheError(
                "totals-do-not-add-up", .failed,
                "the report's totals do not add up: " + findings.joined(separator: "; "),
                hint: "run `lethe audit verify`, then `lethe report` again")
        }
        return Report(inOrder)
    }
}
