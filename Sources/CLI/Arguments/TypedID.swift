import Domain
import Engine
import Inventory

/// Ids and pseudonyms as people type them: whole, or as much as makes them one (`docs/cli.md`, Values).
extension Wiring {
    /// How many of several are named.
    private static let mostNamed = 5

    /// Whole ids are taken as they are, known or not: what they name may be in the log alone.
    func id<ID: ListedID>(_ text: String, _: ID.Type = ID.self) throws -> ID {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }.map(Self.lowered)
        let values = digits.compactMap(Hex.value)
        guard values.count == digits.count, (8...32).contains(values.count) else {
            throw LetheError(
                "invalid-id", .usage, "not \(ID.Kind.noun) id: expected hex digits, the first 8 of it or more",
                hint: ID.Kind.list)
        }
        let rest = UInt128.max >> UInt128(4 * values.count)
        let first = values.reduce(UInt128(0)) { $0 << 4 | UInt128($1) } << UInt128(128 - 4 * values.count)
        guard values.count < 32 else { return ID(value: first) }
        let range = first...(first | rest)
        let (inventory, onlyInLog) = try known(ID.self)
        let found = Set(try inventory.ids(in: range, limit: Self.mostNamed + 1) as [ID])
            .union(onlyInLog.filter { range.contains($0.value) })
        return try one(
            of: found.sorted(), word: ID.Kind.noun.split(separator: " ").last.map(String.init) ?? "", list: ID.Kind.list
        )
    }

    /// Requests and holds may have been lost from the inventory.
    private func known<ID: ListedID>(_: ID.Type) throws -> (InventoryStore, [ID]) {
        guard ID.self != AttachmentID.self else { return (try inventory(), []) }
        let compared = try comparison(of: { _ in nil })
        return (compared.inventory, compared.differences.compactMap { ($0.lostRequest as? ID) ?? ($0.lostHold as? ID) })
    }

    private func one<Name: CustomStringConvertible>(of found: [Name], word: String, list: String) throws -> Name {
        guard let first = found.first else {
            throw LetheError("unknown-\(word)", .usage, "no \(word) begins with these digits", hint: list)
        }
        guard found.count > 1 else { return first }
        let more = found.count > Self.mostNamed ? ", …" : ""
        throw LetheError(
            "ambiguous-id", .usage, "more than one \(word) begins with these digits",
            hint: "one of: " + found.prefix(Self.mostNamed).map(\.description).joined(separator: ", ") + more)
    }

    /// `sub_` and 8 to 64 hex digits.
    func pseudonym(_ text: String, in inventory: InventoryStore) throws -> SubjectPseudonym {
        let digits = text.lowercased().dropFirst("sub_".count)
        guard text.lowercased().hasPrefix("sub_"), (8...64).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ Hex.value($0) != nil })
        else {
            throw LetheError(
                "invalid-pseudonym", .usage, "--subject takes a pseudonym: sub_ and 8 hex digits or more",
                hint: "for handles use --subject-file FILE: arguments end up in shell histories")
        }
        let found = try inventory.pseudonyms(beginningWith: String(digits), limit: Self.mostNamed + 1)
        return try one(of: found, word: "subject", list: "lethe requests list")
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte) ? byte | 0x20 : byte
    }
}
