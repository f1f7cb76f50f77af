import Domain
import Testing

@testable import Audit

/// An outcome is of the attachment, the operation and the attempt of its intent, once.
struct OperationLedgerTests {
    @Test(
        arguments: [(1, 7, 1, true), (2, 7, 1, false), (1, 8, 1, false), (1, 7, 2, false)]
            as [(UInt128, UInt128, Int64, Bool)])
    func anOutcomeBelongsToItsIntent(attachment: UInt128, operation: UInt128, attempt: Int64, isTheirs: Bool) {
        var ledger = OperationLedger()
        ledger.intent(attachment: 1, operation: 7, attempt: 1)
        let first = ledger.outcome(attachment: attachment, operation: operation, attempt: attempt, final: .deleted)
        #expect(first == isTheirs)
        #expect(ledger.operations.open == (isTheirs ? 0 : 1))
        let again = ledger.outcome(attachment: attachment, operation: operation, attempt: attempt, final: .deleted)
        #expect(!again, "an intent is answered once")
    }

    @Test func aNewIntentTakesThePlaceOfTheOneThatACrashLeftOpen() {
        var ledger = OperationLedger()
        ledger.intent(attachment: 1, operation: 7, attempt: 1)
        ledger.intent(attachment: 1, operation: 7, attempt: 2)
        #expect(ledger.operations.open == 1)
        let late = ledger.outcome(attachment: 1, operation: 7, attempt: 1, final: nil)
        #expect(!late)
        ledger.closed(attachment: 1, outcome: .alreadyAbsent)
        #expect(ledger.operations.open == 0 && ledger.operations.absent == 1)
    }
}
