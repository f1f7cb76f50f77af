/// "Did you mean" for a misspelt word.
package enum Suggestion {
    /// The nearest of the known words within two slips (one for words under four letters), else all of them.
    package static func of(_ word: String, among known: [String], noun: String) -> String {
        let nearest = known.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .min { $0.distance < $1.distance }
        if let nearest, nearest.distance <= (min(word.count, nearest.word.count) < 4 ? 1 : 2) {
            return "did you mean \"\(nearest.word)\"?"
        }
        return "\(noun) are \(list(known))"
    }

    static func period(_ unit: String) -> String {
        let meant = [
            "day": "d", "days": "d", "D": "d", "hour": "h", "hours": "h", "H": "h", "week": "w", "weeks": "w", "W": "w",
            "m": "mo", "M": "mo", "month": "mo", "months": "mo", "year": "y", "years": "y", "Y": "y", "a": "y",
        ]
        if let short = meant[unit] { return "did you mean \"\(short)\"? units are h, d, w, mo and y" }
        return "units are h, d, w, mo and y"
    }

    static func list(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Insertions, deletions, substitutions and swaps of neighbours between two words, each bounded to 64 characters.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.prefix(64)), Array(right.prefix(64)))
        var rows = [Array(0...b.count)]
        for i in 1..<(a.count + 1) {
            var row = [i]
            for j in 1..<(b.count + 1) {
                var best = min(rows[i - 1][j] + 1, row[j - 1] + 1)
                best = min(best, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
