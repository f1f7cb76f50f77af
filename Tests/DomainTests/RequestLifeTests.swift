import Domain
import Foundation
import TestSupport
import Testing

@Suite struct RequestLifeTests {
    private struct Row {
        let event: String
        let from: Set<String>
        let to: String
    }

    /// The rows of the table under "Life of a request".
    private func rows() throws -> [Row] {
        let page = try String(contentsOf: Paths.package.appending(path: "docs/erasure.md"), encoding: .utf8)
        return page.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            // `event`: what it is | the states it is possible in | the next
            guard cells.count == 3, cells[0].contains("`: ") else { return nil }
            let quoted = { (cell: String) in
                cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            }
            return Row(
                event: quoted(cells[0])[0], from: Set(quoted(cells[1])), to: quoted(cells[2]).first ?? cells[2])
        }
    }

    @Test func theTableOfTheDocsIsTheTable() throws {
        let rows = try rows()
        #expect(rows.map(\.event).sorted() == RequestEvent.allCases.map(\.rawValue).sorted())
        for row in rows {
            let event = try #require(RequestEvent(rawValue: row.event))
            for state in ErasureRequest.State.allCases {
                let expected =
                    row.from.contains(state.rawValue) ? (row.to == "the same" ? state.rawValue : row.to) : nil
                #expect(state.after(event)?.rawValue == expected, "\(state.rawValue), \(row.event)")
            }
        }
    }

    @Test func coverageIsNeverBetterThanWhatWasRepeatedInFull() {
        typealias Coverage = ErasureRequest.Coverage
        for old in Coverage.allCases {
            for walk in [Coverage.complete, .partial] {
                #expect(old.after(walk, ofEveryHandle: true) == walk)
                #expect(old.after(walk, ofEveryHandle: false) == (walk == .partial ? .partial : old))
            }
        }
    }
}
