import Domain
import Foundation

/// The values a field may have where the format closes the list.
struct ClosedList: Sendable {
    private let values: [[UInt8]]

    private init(_ values: [String]) {
        self.values = values.map { Array($0.utf8) }
    }

    func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        values.contains { $0.isSame(as: text) }
    }

    static let planKind = ClosedList(Plan.Kind.allCases.map(\.rawValue))
    static let approval = ClosedList(AuditRecord.Approval.allCases.map(\.rawValue))
    static let answer = ClosedList(AnswerClass.allCases.map(\.rawValue))
    static let outcome = ClosedList(Outcome.allCases.map(\.rawValue))
    static let grade = ClosedList(EvidenceGrade.allCases.map(\.rawValue))
    static let act = ClosedList(AuditRecord.OperatorAct.allCases.map(\.rawValue))
}

extension [UInt8] {
    func isSame(as text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == text.count, let base = text.baseAddress else { return count == text.count }
        return memcmp(self, base, count) == 0
    }
}
