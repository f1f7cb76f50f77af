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
