import Domain

/// One thing that verification found.
package struct Finding: Sendable, Equatable {
    /// Stable codes, a contract: `docs/audit-log.md`, section 6.
    package enum Code: String, CaseIterable, Sendable {
        case empty, format, json, seq, link, epoch, mac, origin, clock, schema, root, signature, stale, ledger
        case wrongKey = "wrong-key"
        case outcomeWithoutIntent = "outcome-without-intent"
        case notAPrefix = "not-a-prefix"
        case shorterThanCheckpoint = "shorter-than-checkpoint"
        case tailNotCovered = "tail-not-covered"
        case missingSegment = "missing-segment"
    }

    /// The record, or the first record in doubt; `nil` where the finding is about no record.
    package let seq: Int64?
    package let code: Code
    package let message: String
    /// Evidence of tampering (exit 1), or only something that could not be verified as asked (exit 3).
    package let isTampering: Bool
    /// Of `shorterThanCheckpoint`: how many records the checkpoint counts.
    let counted: Int64?

    init(_ code: Code, seq: Int64?, _ message: String, isTampering: Bool = true, counted: Int64? = nil) {
        self.counted = counted
        self.seq = seq
        self.code = code
        self.message = message
        self.isTampering = isTampering
    }

    /// `FAIL<TAB>seq=5<TAB>mac<TAB>content of record 5 differs from what was written`.
    package var line: String { "FAIL\tseq=\(seq.map(String.init) ?? "-")\t\(code.rawValue)\t\(message)" }
}

/// The first 100 findings, and how many there were.
struct Findings {
    static let limit = 100
    private(set) var list: [Finding] = []
    private(set) var count = 0
    private(set) var hasTampering = false
    /// The first record that anything was found about.
    private(set) var firstBad: Int64?

    mutating func add(_ finding: Finding) {
        count += 1
        if list.count < Self.limit { list.append(finding) }
        guard finding.isTampering else { return }
        hasTampering = true
        if let seq = finding.seq { firstBad = min(firstBad ?? seq, seq) }
    }
}
