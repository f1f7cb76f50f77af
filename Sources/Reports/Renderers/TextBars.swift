/// Bars of characters, for figures that are read at a glance.
package enum TextBars {
    private static let eighths = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// `value` of `most` as a bar of at most `width` characters, to an eighth of a character; never empty for a value
    /// above 0, never longer than `width`. `ascii` draws with `#`.
    package static func bar(_ value: Int, of most: Int, width: Int, ascii: Bool = false) -> String {
        guard value > 0, most > 0, width > 0 else { return "" }
        let share = min(1, Double(value) / Double(most))
        if ascii { return String(repeating: "#", count: max(1, Int((share * Double(width)).rounded()))) }
        let steps = max(1, Int((share * Double(width * 8)).rounded()))
        let rest = steps % 8
        return String(repeating: "█", count: steps / 8) + (rest == 0 ? "" : eighths[rest])
    }
}
