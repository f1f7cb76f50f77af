import Foundation
import TestSupport
import Testing

/// A handle in the wrong place is not repeated by the error that it causes.
@Suite struct TypedWordsTests {
    /// `*` is where the handle goes.
    private static let places = [
        "*", "run *", "erase *", "erase --apply=*", "erase --resume *", "erase --as a --jurisdiction *", "help run *",
        "audit show --type *", "audit show --type=*", "audit show --kind=*", "audit show *", "inventory *",
        "inventory show *", "inventory list --tier *", "inventory list --limit *", "inventory list --*",
        "inventory list --*=3", "inventory list --cursor *", "inventory list --subject-file *", "ingest * --trusted",
        "ingest *.ndjson --trusted", "ingest a.json --kind *", "policy explain *", "policy check *", "policy test *",
        "policy unlock * --as a --reason b", "policy diff * policies", "sync --line *",
        "sync --subject-file /tmp/*.txt",
        "plan show *", "plan approve * --as a", "--workspace * run", "--workspace x/*/y run", "hold place *",
        "hold release * --as a --reason b", "requests show *", "requests certificate *", "report --format *",
        "report --from *", "simulate --fault *", "simulate --fault delete.*:1", "simulate --port *", "demo /proc/*",
        "init /proc/* --partner a --root-key-out k", "audit check-proof *", "audit verify --vkey *",
        "audit verify --log *", "confirmations --since *", "run --at *", "report -o /proc/*",
    ]

    @Test(arguments: ["+14155550117", "dana@example.com", "Jörg", "415 555 0117"])
    func whatWasTypedAndMayNameSomebodyIsNotRepeated(handle: String) async throws {
        let workspace = try await SampleWorkspace()
        var failed = 0
        for (index, place) in Self.places.enumerated() {
            let words = place.split(separator: " ").map { String($0.replacing("*", with: handle)) }
            // Either form for each place, by another handle.
            let isJSON = index % 2 == (handle.contains("5") ? 0 : 1)
            let result = try await workspace.lethe.run(LetheProcess.binary, words + (isJSON ? ["--json"] : []))
            // A digit string may be the value that was asked for: an answer is no error.
            guard result.status != 0 else { continue }
            failed += 1
            let printed = result.everything.removingPercentEncoding ?? result.everything
            #expect(!printed.contains(handle), "\(words): \(printed)")
            #expect(!printed.contains("dana@") && !printed.contains("0117"), "\(words): \(printed)")
        }
        #expect(failed > Self.places.count - 5, "\(failed)")
    }

    @Test func wordsIdsAndDatesAreShown() async throws {
        let workspace = try await SampleWorkspace()
        for (words, shown) in [
            (["erase", "--applyy"], "'--applyy'"), (["runn"], "\"runn\""),
            (["ingest", "2026-11-20.ndjson", "--trusted"], "2026-11-20.ndjson does not exist"),
            (["ingest", "/tmp/12345678/a.ndjson", "--trusted"], "…/a.ndjson does not exist"),
            (["run", String(repeating: "1", count: 32)], String(repeating: "1", count: 32)),
            (["inventory", "show", SampleWorkspace.partner], SampleWorkspace.partner),
            (["audit", "show", "--type", "hold"], "type hold"),
            (["run", "Anna"], "Anna"), (["run", "123456"], "123456"), (["run", "1234567"], "(not shown)"),
            (["run", "415", "555", "0117"], "'(not shown)', '(not shown)', '(not shown)'"),
            (["run", "12", "34"], "'12', '34'"),
            (["run", "2026-11-27", "2026-12-27"], "'2026-11-27', '2026-12-27'"),
            (["ingest", "415/555/0117", "--trusted"], "Error: (not shown) does not"),
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.errors.contains(shown), "\(words): \(result.everything)")
        }
    }
}
