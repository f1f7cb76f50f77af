package import Domain

/// What people name by an id, and the command that lists such ids.
package protocol ListedKind: IdentifierKind {
    static var list: String { get }
    /// What follows `FROM`, up to the condition on `id`: rows without a record are none yet.
    static var rows: String { get }
}

extension AttachmentKind: ListedKind {
    package static let list = "lethe inventory list"
    package static let rows = "attachment WHERE"
}

extension PlanKind: ListedKind {
    package static let list = "lethe plan list"
    package static let rows = "plan WHERE"
}

extension RequestKind: ListedKind {
    package static let list = "lethe requests list"
    package static let rows = "request WHERE recorded = 1 AND"
}

extension HoldKind: ListedKind {
    package static let list = "lethe hold list --all"
    package static let rows = "hold WHERE recorded = 1 AND"
}

/// An id of either form whose kind has a list.
package protocol ListedID: Hashable, Comparable, Sendable, CustomStringConvertible {
    associatedtype Kind: ListedKind
    init(value: UInt128)
    var value: UInt128 { get }
}

extension VendorID: ListedID where Kind: ListedKind {}
extension LetheID: ListedID where Kind: ListedKind {}

extension InventoryStore {
    /// Ids between two, in their order, at most `limit`.
    package func ids<ID: ListedID>(in range: ClosedRange<UInt128>, limit: Int) throws(LetheError) -> [ID] {
        try read { database in
            try database.all(
                "SELECT id FROM \(ID.Kind.rows) id BETWEEN ? AND ? ORDER BY id LIMIT ?", range.lowerBound,
                range.upperBound, limit
            ) { $0.id(0).map { ID(value: $0) } }.compactMap(\.self)
        }
    }

    /// The pseudonyms that begin with these lower-case hex digits, at most `limit`.
    package func pseudonyms(beginningWith digits: String, limit: Int) throws(LetheError) -> [SubjectPseudonym] {
        func filled(with digit: String) throws(LetheError) -> SubjectPseudonym {
            try SubjectPseudonym(hex: digits + String(repeating: digit, count: max(0, 64 - digits.utf8.count)))
        }
        let (first, last) = (try filled(with: "0"), try filled(with: "f"))
        return try read { database in
            try database.all(
                "SELECT pseudonym FROM identity WHERE pseudonym BETWEEN ? AND ? ORDER BY 1 LIMIT ?", first, last, limit
            ) { $0.bytes(0).flatMap { SubjectPseudonym(bytes: $0) } }.compactMap(\.self)
        }
    }
}
