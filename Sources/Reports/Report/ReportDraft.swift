package import Domain
package import Inventory

/// What was read for a report, before its totals were held against one another.
package struct ReportDraft: Sendable {
    package var values: ReportValues
    /// Every item of every plan that came to an end in the period: an attachment may be here more than once.
    package let items: Worksheet
    package let totals: ItemTotals

    package init(_ values: ReportValues, items: Worksheet, totals: ItemTotals) {
        self.values = values
        self.items = items
        self.totals = totals
    }

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
        return try Report(self)
    }
}
