/// A regular expression for a range of whole numbers, which a JSON Schema of texts has no other way to bound.
enum DecimalPattern {
    /// From 1 to `limit` without leading zeros: `([1-9][0-9]{0,2}|1000)` for 1,000.
    static func upTo(_ limit: Int64) -> String {
        let digits = String(limit).compactMap(\.wholeNumberValue)
        var ways: [String] = []
        if digits.count > 1 { ways.append("[1-9]" + any(0, digits.count - 2)) }
        // As many digits, and the first that differs is a lesser one.
        for (place, digit) in digits.enumerated() {
            let least = place == 0 ? 1 : 0
            guard digit > least else { continue }
            let same = digits[..<place].map(String.init).joined()
            let lesser = digit - 1 == least ? "\(least)" : "[\(least)-\(digit - 1)]"
            let rest = digits.count - place - 1
            ways.append(same + lesser + any(rest, rest))
        }
        ways.append(String(limit))
        return "(\(ways.joined(separator: "|")))"
    }

    private static func any(_ least: Int, _ most: Int) -> String {
        switch (least, most) {
        case (_, 0): ""
        case (1, 1): "[0-9]"
        case (least, least): "[0-9]{\(least)}"
        default: "[0-9]{\(least),\(most)}"
        }
    }
}
