import Domain

/// Sizes in policies and in `lethe.yaml`: an integer and `B`, `kB`, `KB`, `MB`, `GB` or `TB`, powers of 1,000.
package enum ByteCount {
    /// Why a text is not a size.
    package enum Problem: Error, Equatable, Sendable {
        case malformed
        case unknownUnit(String)
        case tooLarge
    }

    package static let units = ["B", "kB", "KB", "MB", "GB", "TB"]

    /// Bytes of `50GB`; nothing between or around the integer and the unit.
    package static func parse(_ text: String) -> Result<Int64, Problem> {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = String(text.dropFirst(digits.count))
        guard !digits.isEmpty, digits.count == 1 || digits.first != "0" else { return .failure(.malformed) }
        guard let factor = factor(of: unit) else {
            let word = String(Substring(unit).trimmingSpaces())
            let isOther = !word.isEmpty && word.count <= 20 && word.allSatisfy(\.isLetter) && factor(of: word) == nil
            return .failure(isOther ? .unknownUnit(word) : .malformed)
        }
        guard let count = Int64(digits) else { return .failure(.tooLarge) }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        return overflow ? .failure(.tooLarge) : .success(bytes)
    }

    static func factor(of unit: String) -> Int64? {
        switch unit {
        case "B": 1
        case "kB", "KB": 1000
        case "MB": 1_000_000
        case "GB": 1_000_000_000
        case "TB": 1_000_000_000_000
        default: nil
        }
    }
}
