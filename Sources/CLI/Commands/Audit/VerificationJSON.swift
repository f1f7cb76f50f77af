import Audit
import Domain

extension JSONValue {
    init(_ report: VerificationReport) {
        self = [
            "result": .string(report.result.rawValue), "exit": .integer(Int64(report.exit.rawValue)),
            "origin": JSONValue(report.origin), "key_id": JSONValue(report.keyID), "records": JSONValue(report.records),
            "first_time": JSONValue(report.firstTime), "last_time": JSONValue(report.lastTime),
            "checks": .array(report.checks.map { JSONValue($0) }),
            "operations": [
                "intents": JSONValue(report.operations.intents), "outcomes": JSONValue(report.operations.outcomes),
                "open": JSONValue(report.operations.open), "deleted": JSONValue(report.operations.deleted),
                "absent": JSONValue(report.operations.absent),
            ],
            "failures": .array(report.failures.map { JSONValue($0) }),
            "failure_count": JSONValue(report.failureCount), "last_good_seq": JSONValue(report.lastGood),
            "anchored_size": JSONValue(report.anchored), "summary": .string(report.summary),
        ]
    }

    /// The top level is that of one segment (its `checks` and `failures` are of all), with `segments` one by one.
    init(_ report: SegmentsReport) {
        self = [
            "result": .string(report.result.rawValue), "exit": .integer(Int64(report.exit.rawValue)),
            "origin": JSONValue(report.segments.last?.origin),
            "records": JSONValue(report.segments.map(\.records).reduce(0, +)),
            "checks": .array(report.segments.flatMap(\.checks).map { JSONValue($0) }),
            "failures": .array(report.segments.flatMap(\.failures).map { JSONValue($0) }),
            "segments": .array(report.segments.map { JSONValue($0) }),
            "removed": .array(report.removed.map { .string($0) }),
        ]
    }

    /// `status`: `ok`, `fail`, `not_checked`.
    private init(_ check: VerificationReport.Check) {
        let status = check.status.rawValue.lowercased().replacing(" ", with: "_")
        self = ["name": .string(check.name), "status": .string(status), "detail": .string(check.detail)]
    }

    private init(_ finding: Finding) {
        self = [
            "seq": JSONValue(finding.seq), "code": .string(finding.code.rawValue), "message": .string(finding.message),
        ]
    }
}
