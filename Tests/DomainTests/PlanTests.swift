import Domain
import Testing

@Suite struct PlanTests {
    @Test func itsBytesDoNotDependOnTheOrderOfItems() throws {
        let items = try ["c", "a", "b"].map { digit in
            PlanItem(
                attachment: try AttachmentID("00000000-0000-4000-8000-00000000000\(digit)"), rule: "policy:räksmörgås",
                tier: .persistent, size: 12)
        }
        let plans = try [items, items.reversed()].map { items in
            Plan(
                id: try PlanID("00000000000000000000000000000020"), kind: .retention, created: Timestamp(seconds: 0),
                partner: "p", policyDigest: "d", coverage: "inventory", limits: Limits(), items: items)
        }
        #expect(plans[0].canonicalBytes == plans[1].canonicalBytes)
        let text = String(decoding: plans[0].canonicalBytes, as: UTF8.self)
        #expect(text.split(separator: "\n").count == 4)
        #expect(text.contains(#""rule":"policy:r\u00e4ksm\u00f6rg\u00e5s""#))
        #expect(text.contains(#""expires":"1970-01-08T00:00:00.000000Z""#))
    }

    @Test func itIsReadFromItsBytesAndFromNoOthers() throws {
        let held = Withholding(outcome: .withheldHold, ground: "hold \u{201E}7\u{201C}", ends: Timestamp(seconds: 9))
        let plan = Plan(
            id: try PlanID("00000000000000000000000000000020"), kind: .erasure, created: Timestamp(seconds: 0),
            partner: "p", policyDigest: "d", request: try RequestID("00000000000000000000000000000021"),
            coverage: "complete", limits: Limits(maxDeletes: 3, maxPercent: 4, maxBytes: 5),
            items: [
                PlanItem(
                    attachment: try AttachmentID("00000000-0000-4000-8000-00000000000a"), rule: "erasure:1",
                    line: try PhoneLine("+12025550142"), tier: .ephemeral, size: 12, withheld: held),
                PlanItem(
                    attachment: try AttachmentID("00000000-0000-4000-8000-00000000000b"), rule: "erasure:1",
                    tier: .persistent),
            ])
        let bytes = plan.canonicalBytes
        #expect(Plan(canonicalBytes: bytes) == plan)
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            let read = Plan(canonicalBytes: other)
            #expect(read == nil || read != plan && read?.canonicalBytes == other)
        }
        for other in [[], Array(bytes.dropLast()), bytes + [10], bytes + bytes] {
            #expect(Plan(canonicalBytes: other) == nil)
        }
    }

    /// The closed list of outcomes, as `docs/execution.md` groups and grades it.
    @Test(
        arguments: [
            (.deleted, .deleted, .c), (.deletedAfterRetry, .deleted, .d), (.alreadyAbsent, .absent, .d),
            (.expiredByVendor, .absent, .d), (.withheldHold, .withheld, nil), (.withheldRetention, .withheld, nil),
            (.withheldShared, .withheld, nil), (.changedSincePlan, .withheld, nil), (.notFoundUnproven, .failed, .e),
            (.invalidID, .failed, nil), (.refusedByVendor, .failed, nil), (.failedUnexpected, .failed, nil),
            (.failedExhausted, .failed, nil), (.notAttempted, .open, nil),
        ] as [(Outcome, Outcome.Group, EvidenceGrade?)])
    func anOutcomeHasItsGroupAndItsGrade(outcome: Outcome, group: Outcome.Group, grade: EvidenceGrade?) {
        #expect(outcome.group == group && outcome.ownGrade == grade)
    }

    @Test func everyOutcomeIsInOneGroupAndTheCountsAddUp() {
        let counts = OutcomeCounts(Outcome.allCases)
        #expect(counts.total == Outcome.allCases.count)
        #expect(Outcome.Group.allCases.map { counts[$0] }.reduce(0, +) == counts.total)
    }
}
