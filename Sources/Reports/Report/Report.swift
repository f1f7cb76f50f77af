import Domain
package import Inventory

/// A report whose totals add up: the only thing that a renderer takes. It is made by `ReportDraft.checked`.
package struct Report: Sendable {
    package let values: ReportValues
    package let items: Worksheet
    /// The first of the items, as many as a page shows.
    let firstItems: [ReportValues.Item]
    let totals: ItemTotals
    package let deletions: Deletions
    package let controls: [Control]
    package let verdict: ReportSummary

    init(_ draft: ReportDraft) throws(LetheError) {
        values = draft.values.inOrder
        items = draft.items
        totals = draft.totals
        var first: [ReportValues.Item] = []
        try items.forEachItem(limit: ItemTotals.shown) { first.append($0) }
        firstItems = first
        deletions = totals.deletions
        controls = Controls.evaluate(values, totals)
        verdict = ReportSummary(values, deletions: deletions, controls: controls)
    }

    /// How many items there are.
    package var itemCount: Int { totals.count }
    /// A page shows all of them.
    package var showsAllItems: Bool { itemCount <= ItemTotals.shown }

    /// The inventory differs from the log, or there is evidence that the log was tampered with.
    package var isContradicted: Bool { !values.differs.isEmpty || values.logs.contains { $0.result == .broken } }
}

extension Report: Encodable {
    private enum CodingKeys: String, CodingKey {
        case deletions, controls, verdict, items
    }

    /// The values' own fields, and beside them what follows from them. The list of items is empty: `ReportJSON` puts them in one by
    /// one.
    package func encode(to encoder: any Encoder) throws {
        try values.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(deletions, forKey: .deletions)
        try container.encode(controls, forKey: .controls)
        try container.encode(verdict, forKey: .verdict)
        try container.encode([Int](), forKey: .items)
    }
}
