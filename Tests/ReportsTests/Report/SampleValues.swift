import Domain
import Inventory
import Testing

@testable import Reports

/// Values and the items that go with them, to be changed at will; `checked` takes them as if they had been read.
@dynamicMemberLookup struct SampleValues {
    var values: ReportValues
    var items: [ReportValues.Item] = []

    init(_ values: ReportValues) {
        self.values = values
    }

    subscript<Value>(dynamicMember path: WritableKeyPath<ReportValues, Value>) -> Value {
        get { values[keyPath: path] }
        set { values[keyPath: path] = newValue }
    }

    static func gather(
        _ sources: ReportSources, period: ReportValues.Period, now: Timestamp
    ) throws -> SampleValues {
        let draft = try ReportDraft.gather(sources, period: period, now: now)
        var sample = SampleValues(draft.values)
        try draft.items.forEachItem { sample.items.append($0) }
        #expect(draft.totals.count == sample.items.count)
        return sample
    }

    var totals: ItemTotals {
        var totals = ItemTotals(period: values.period, foundAgain: values.evidence.foundAgain)
        for items in Dictionary(grouping: items, by: \.attachment).values { totals.add(items) }
        return totals
    }

    func checked() throws -> Report {
        let sheet = try Worksheet()
        try sheet.add(items)
        return try ReportDraft(values, items: sheet, totals: totals).checked()
    }
}

extension Report {
    var listed: [ReportValues.Item] {
        var listed: [ReportValues.Item] = []
        do { try items.forEachItem { listed.append($0) } } catch { Issue.record(error) }
        return listed
    }
}

extension Controls {
    static func evaluate(_ sample: SampleValues) -> [Control] { evaluate(sample.values, sample.totals) }
}

extension ReportJSON {
    static func render(_ report: Report) throws -> String {
        var text = ""
        try write(report) { text += $0 }
        return text
    }
}

extension ReportCSV {
    static func render(_ report: Report) throws -> String {
        var text = ""
        try write(report) { text += $0 }
        return text
    }
}
