import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite struct CertificateTests {
    @Test func bothFormsAreWhatTheyWere() throws {
        let certificate = try SampleReport.certificate.checked()
        try Golden.expect(CertificateJSON.render(certificate), matches: "certificate.json")
        try Golden.expect(CertificateHTML.render(certificate), matches: "certificate.html")
    }

    @Test func theSummaryCountsWhatTheItemsSay() throws {
        let summary = try SampleReport.certificate.checked().summary
        #expect(
            summary.statement == "7 of 12 attachments deleted, 1 gone after a DELETE of ours that may have acted, "
                + "3 withheld on a ground that is named, 1 failed.")
        #expect(summary.outcomes.total == 12)
        #expect(summary.bytes["withheld_retention"] == 2_400_000)
        #expect(summary.sizeUnknown == 1)
    }

    @Test func itIsEvidenceAndSaysSo() throws {
        let html = try CertificateHTML.render(SampleReport.certificate.checked())
        #expect(html.contains("Erasure certificate"))
        #expect(html.contains("evidence, not a certification"))
        #expect(html.contains("none of Clear, Purge and Destroy is claimed"))
        #expect(html.contains("sub_2f2f2f2f2f2f"))
        #expect(html.contains("It does not reach"))
        let body = try String(html[#require(html.range(of: "<body>")).lowerBound...].replacing("</html>", with: ""))
        #expect(XMLCheck.problem(in: body) == nil)
        #expect(!html.contains("<script"))
    }

    enum Break: String, CaseIterable {
        case itemMissing, itemTwice, noRecord, otherRecord, gradeOfNothing

        func apply(to values: inout CertificateValues) {
            switch self {
            case .itemMissing: values.items.removeLast()
            case .itemTwice: values.items[1] = values.items[0]
            case .noRecord: values.proof.records.removeFirst()
            case .otherRecord:
                values.proof.records[0].line = values.proof.records[0].line.replacing(
                    "delete.outcome", with: "delete.intent")
            case .gradeOfNothing: values.items[0].grade = .e
            }
        }
    }

    @Test("a statement that contradicts itself is not made", arguments: Break.allCases)
    func refuses(break change: Break) throws {
        var values = SampleReport.certificate
        change.apply(to: &values)
        let error = #expect(throws: LetheError.self) { try values.checked() }
        #expect(error?.code == "totals-do-not-add-up")
    }

    @Test(
        "a handle that somebody typed is in no certificate",
        arguments: [
            "call +1 (202) 555-0143", "mail jane@example.com", "2025550143",
        ])
    func refusesHandles(text: String) throws {
        var values = SampleReport.certificate
        values.controller = text
        let error = #expect(throws: LetheError.self) { try values.checked() }
        #expect(error?.code == "personal-data")
        #expect(error?.message.contains(text) == false)
        // What an older version took in stands in the way of no certificate, and is not in it.
        for field in [\CertificateValues.request.channel, \.request.identityCheck] {
            var values = SampleReport.certificate
            values[keyPath: field] = text
            #expect(try values.checked().values[keyPath: field] == "(not shown)")
        }
    }

    @Test func markupInWhatPeopleTypedStaysText() throws {
        var values = SampleReport.certificate
        values.controller = "<script>alert(1)</script>"
        values.approvals[0].by = "\"><img src=x>"
        let html = try CertificateHTML.render(values.checked())
        #expect(!html.contains("<script"))
        #expect(!html.contains("<img"))
    }

    @Test(
        "a request that found nothing has a statement too, and only who was never seen is not known here",
        arguments: [
            (true, [:], "Nothing of the data subject is known here."),
            (false, [:], "Nothing was found under this request."),
            (
                false, [.deleted: 2, .alreadyAbsent: 1],
                "Nothing was left under this request. "
                    + "3 attachments of the data subject had gone before: 2 deleted, 1 already absent."
            ),
        ] as [(Bool, [Outcome: Int], String)])
    func nothingFound(unseen: Bool, goneBefore: [Outcome: Int], statement: String) throws {
        var counts = OutcomeCounts()
        for (outcome, count) in goneBefore { counts.add(outcome, count: count) }
        var values = SampleReport.certificate
        values.items = []
        values.plan.items = 0
        values.proof.records = []
        values.proof.checkpoint = nil
        values.coverage = CertificateValues.Coverage(extent: .complete, unseen: unseen, goneBefore: counts)
        let certificate = try values.checked()
        #expect(certificate.summary.statement == statement)
        let html = try CertificateHTML.render(certificate)
        #expect(html.contains(statement))
        #expect(html.contains("is known here") == unseen)
        #expect(html.contains("The log has not been sealed since."))
        #expect(try problems(of: CertificateJSON.render(certificate)) ?? "" == "")
    }

    @Test func theApprovalsOfEachPlanAreNamedAndNobodyOnlyWhereThereIsNone() throws {
        var values = SampleReport.certificate
        values.approvals += [
            ReportValues.Approval(
                by: "m.okafor", how: "cli", at: SampleReport.time("2026-01-19T03:14:00Z"), plan: SampleReport.plan(9)),
            ReportValues.Approval(by: "m.okafor", how: "schedule", at: SampleReport.time("2026-01-22T03:14:00Z")),
        ]
        let certificate = try values.checked()
        #expect(certificate.sanitization.contains { $0.value == "m.okafor, j.lindqvist" })
        let html = try CertificateHTML.render(certificate)
        let plan = SampleReport.plan(9).description.prefix(12)
        #expect(html.contains("m.okafor (command line, 2026-01-19 03:14 UTC, plan \(plan))"))
        values.approvals = []
        #expect(try values.checked().sanitization.contains { $0.field == "Approved by" && $0.value == "nobody" })
    }

    @Test func anIndependentValidatorAcceptsItAndRefusesOthers() throws {
        let json = try CertificateJSON.render(SampleReport.certificate.checked())
        guard let problems = try problems(of: json) else { return }
        #expect(problems == "")
        for (old, new) in [
            ("\"outcome\" : \"deleted\"", "\"outcome\" : \"gone\""), ("\"issue\" : 1", "\"issue\" : 0"),
            ("\"partner\"", "\"patrner\""), ("\"digest\" : \"1", "\"digest\" : \"Z"),
        ] {
            let broken = json.replacing(old, with: new)
            #expect(broken != json, "\(old)")
            #expect(try self.problems(of: broken) != "", "\(new) was accepted")
        }
    }

    /// What Python's `jsonschema` finds; `nil`, and a line that says so, where there is none.
    private func problems(of json: String) throws -> String? {
        let folder = try TemporaryDirectory()
        try Data(json.utf8).write(to: folder.file("statement.json"))
        try Data(Asset.certificateSchema.utf8).write(to: folder.file("schema.json"))
        let script = """
            import json, sys
            try: import jsonschema
            except ImportError: sys.exit(77)
            schema = json.load(open("schema.json")); jsonschema.Draft202012Validator.check_schema(schema)
            for e in jsonschema.Draft202012Validator(schema).iter_errors(json.load(open("statement.json"))): print(e.message[:200])
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.currentDirectoryURL = folder.url
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            guard [77, 127].contains(process.terminationStatus) else { return "the validator failed" }
            print("not checked: python3 with jsonschema is not installed")
            return nil
        }
        return text
    }
}
