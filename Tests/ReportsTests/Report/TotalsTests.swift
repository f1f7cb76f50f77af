import Domain
import Testing

@testable import Reports

/// Each number that two sources have, made to disagree: the report refuses and names the place.
@Suite struct TotalsTests {
    enum Break: String, CaseIterable {
        case heldAttachments, heldBytes, planItems, planOutcome, itemTwice, itemOutside, runCounts, requestItems
        case openIntents, moreThanTheLog, itemMissing

        var expected: String {
            switch self {
            case .heldAttachments: "held: the lines have 16965 attachments, the inventory 16964"
            case .heldBytes: "held: the lines have 31186131580 bytes, the inventory 31186131581"
            case .planItems: "outcomes for 6 items"
            case .planOutcome: "its total says"
            case .itemTwice: "items: 1 are counted twice in one plan"
            case .itemOutside: "items: 1 lie outside the period"
            case .runCounts: "its counts add up to 6, not to 5 items"
            case .requestItems: "outcomes for 13 items"
            case .openIntents: "log: 0 open intents listed, the log holds 1"
            case .moreThanTheLog: "deletions listed, the log holds 10"
            case .itemMissing: "items listed as"
            }
        }

        func apply(to values: inout SampleValues) {
            switch self {
            case .heldAttachments: values.holdings.held[0].attachments += 1
            case .heldBytes: values.holdings.total.bytes += 1
            case .planItems: values.plans[0].items += 1
            case .planOutcome: values.items[0].outcome = .invalidID
            case .itemTwice: values.items.append(values.items[0])
            case .itemOutside: values.items[0].at = values.period.to
            case .runCounts: values.runs[0].counts?.open += 1
            case .requestItems: values.requests[0].items += 1
            case .openIntents: values.openIntents = []
            case .moreThanTheLog: values.logs[0].deleted = 10
            case .itemMissing: values.items.removeFirst()
            }
        }
    }

    @Test("a total that does not add up refuses to print", arguments: Break.allCases)
    func refuses(break change: Break) throws {
        var values = SampleReport.rich
        change.apply(to: &values)
        let error = #expect(throws: LetheError.self) { try values.checked() }
        #expect(error?.code == "totals-do-not-add-up")
        #expect(error?.status == .failed)
        #expect(error?.message.contains(change.expected) == true, "\(error?.message ?? "nothing")")
    }

    @Test("values that add up are printed", arguments: SampleReport.Name.allCases)
    func accepts(name: SampleReport.Name) throws {
        _ = try name.values.checked()
    }

    @Test func everyContradictionIsNamedAtOnce() throws {
        var values = SampleReport.rich
        values.holdings.total.attachments += 1
        values.requests[0].items += 1
        let error = #expect(throws: LetheError.self) { try values.checked() }
        #expect(error?.message.contains("held:") == true)
        #expect(error?.message.contains("request ") == true)
    }

    @Test func aPlanThatBeganBeforeThePeriodMayHaveItemsOutsideIt() throws {
        var values = SampleReport.rich
        values.plans[0].created = values.period.from.adding(microseconds: -1)
        values.items.removeFirst()
        _ = try values.checked()
    }
}
