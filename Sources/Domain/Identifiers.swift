/// What an identifier names, for its type and for error messages.
package protocol IdentifierKind: Sendable {
    static var noun: String { get }
}

/// An id that the vendor gave: a UUID of any version, kept as 16 bytes, written in lower case with dashes.
package struct VendorID<Kind: IdentifierKind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: UInt128

    package init(value: UInt128) {
        self.value = value
    }

    /// Reads the 36-character form in either case; anything else throws `usage`. The text is not repeated in the error:
    /// what a person pastes by mistake may be a handle.
    package init(_ text: String) throws(LetheError) {
        guard let value = Self.parse(text.utf8) else {
            throw LetheError(
                "invalid-id", .usage, "not \(Kind.noun) id: expected a UUID",
                hint: "ids look like 01234567-89ab-cdef-0123-456789abcdef")
        }
        self.value = value
    }

    /// 16 bytes, most significant first; `nil` for any other count.
    package init?(bytes: some Collection<UInt8>) {
        guard let value = UInt128(bigEndianBytes: bytes) else { return nil }
        self.value = value
    }

    package var bytes: [UInt8] { value.bigEndianBytes }

    package var description: String {
        let hex = Array(Hex.encode(bytes).utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, digit) in hex.enumerated() {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    private static func parse(_ text: String.UTF8View) -> UInt128? {
        guard text.count == 36 else { return nil }
        var value: UInt128 = 0
        for (index, character) in text.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(character)
            guard let digit = Hex.value(isUpper ? character | 0x20 : character) else { return nil }
            value = value << 4 | UInt128(digit)
        }
        return value
    }
}

/// An id that Lethe gave: 16 random bytes, written as 32 lower-case hex digits.
package struct LetheID<Kind: IdentifierKind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let value: UInt128

    package init(value: UInt128) {
        self.value = value
    }

    package init(_ text: String) throws(LetheError) {
        guard text.utf8.count == 32, let bytes = Hex.decode(text), let value = UInt128(bigEndianBytes: bytes) else {
            throw LetheError("invalid-id", .usage, "not \(Kind.noun) id: expected 32 lower-case hex digits")
        }
        self.value = value
    }

    package init?(bytes: some Collection<UInt8>) {
        guard let value = UInt128(bigEndianBytes: bytes) else { return nil }
        self.value = value
    }

    package var bytes: [UInt8] { value.bigEndianBytes }
    package var description: String { Hex.encode(bytes) }
    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

package enum AttachmentKind: IdentifierKind { package static let noun = "an attachment" }
package enum MessageKind: IdentifierKind { package static let noun = "a message" }
package enum ChatKind: IdentifierKind { package static let noun = "a chat" }
package enum EventKind: IdentifierKind { package static let noun = "an event" }
package enum PlanKind: IdentifierKind { package static let noun = "a plan" }
package enum RunKind: IdentifierKind { package static let noun = "a run" }
package enum OperationKind: IdentifierKind { package static let noun = "an operation" }
package enum RequestKind: IdentifierKind { package static let noun = "a request" }
package enum HoldKind: IdentifierKind { package static let noun = "a hold" }

package typealias AttachmentID = VendorID<AttachmentKind>
package typealias MessageID = VendorID<MessageKind>
package typealias ChatID = VendorID<ChatKind>
package typealias EventID = VendorID<EventKind>
package typealias PlanID = LetheID<PlanKind>
package typealias RunID = LetheID<RunKind>
package typealias OperationID = LetheID<OperationKind>
package typealias RequestID = LetheID<RequestKind>
package typealias HoldID = LetheID<HoldKind>

extension UInt128 {
    package init?(bigEndianBytes bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    package var bigEndianBytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: self >> UInt128(120 - 8 * $0)) }
    }
}
