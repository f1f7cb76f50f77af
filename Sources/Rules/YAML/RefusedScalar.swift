/// What no text of a policy may hold, neither as it is nor as what an escape (`"\u202e"`) stands for. A line's end is
/// judged by whoever asks.
enum RefusedScalar: String {
    case control = "control-character"
    /// Can hide a part of a text from a reviewer, or show another order than the one that is loaded.
    case invisible = "invisible-character"

    /// `nil` for a scalar that everybody sees as it is. Invisible is what Unicode calls a format character (general
    /// category Cf) or ignorable by default (`Default_Ignorable_Code_Point`), assigned or not.
    init?(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x20...0x7E: return nil
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFDD0...0xFDEF: self = .control
        case let value where value & 0xFFFE == 0xFFFE: self = .control
        default:
            let properties = scalar.properties
            guard properties.generalCategory == .format || properties.isDefaultIgnorableCodePoint else { return nil }
            self = .invisible
        }
    }

    var message: String {
        switch self {
        case .control: "a control character"
        case .invisible: "a character that can hide or reorder text"
        }
    }
}

extension String {
    /// As a terminal may get it, on one line: what it would act on, and what nobody would see, is written as an escape.
    var visible: String {
        guard unicodeScalars.contains(where: { RefusedScalar($0) != nil }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where RefusedScalar(scalar) != nil: text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// In quotes and on one line, at most 40 scalars of it: how messages repeat what a file says.
    var quoted: String { "\"\(beginning(40).visible)\"" }

    /// The first scalars; `…` stands for the rest.
    func beginning(_ count: Int) -> String {
        let scalars = unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: count, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return self }
        return String(scalars[..<end]) + "…"
    }
}

extension Unicode.Scalar {
    /// As Unicode writes it after `U+`: `202E`, `E0041`.
    var hexadecimal: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
