/// `1 item`, `2 items`, `1,204 items`.
package func counted(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(grouped(Int64(number))) \(number == 1 ? singular : plural ?? singular + "s")"
}

/// `12,345,678`.
package func grouped(_ number: Int64) -> String {
    let digits = Array(String(number.magnitude))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
        text.append(digit)
    }
    return number < 0 ? "-" + text : text
}

/// A length of time for people, rounded: `1 minute`, `13 hours`, `2 days`.
package func span(_ seconds: UInt64) -> String {
    func rounded(_ unit: UInt64) -> Int { Int((seconds + unit / 2) / unit) }
    return seconds < 7200
        ? counted(rounded(60), "minute")
        : seconds < 172_800 ? counted(rounded(3600), "hour") : counted(rounded(86_400), "day")
}
