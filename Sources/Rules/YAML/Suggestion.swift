/// "Did you mean" for a misspelt word.
package enum Suggestion {
    /// The nearest of the known words within two slips (one for words under four letters); where several are as near,
    /// all of those, since none of them is more likely meant; else what there is.
    package static func of(_ word: String, among known: [String], noun: String) -> String {
        let meant = nearest(to: word, among: known)
        if meant.isEmpty { return "\(noun) are \(list(known))" }
        if let only = meant.first, meant.count == 1 { return "did you mean \"\(only)\"?" }
        return "did you mean one of \(list(meant))?"
    }

    /// The known words that a misspelt one is most likely meant to be; none where nothing is near.
    static func nearest(to word: String, among known: [String]) -> [String] {
        let lower = word.lowercased()
        let near = known.compactMap { candidate -> (word: String, distance: Int)? in
            let most = min(word.count, candidate.count) < 4 ? 1 : 2
            return distance(lower, candidate.lowercased(), most: most).map { (candidate, $0) }
        }
        let least = near.map(\.distance).min()
        return near.filter { $0.distance == least }.map(\.word)
    }

    static func period(_ unit: String) -> String {
        let meant = [
            "day": "d", "days": "d", "D": "d", "hour": "h", "hours": "h", "H": "h", "week": "w", "weeks": "w", "W": "w",
            "m": "mo", "M": "mo", "month": "mo", "months": "mo", "year": "y", "years": "y", "Y": "y", "a": "y",
        ]
        if let short = meant[unit] { return "did you mean \"\(short)\"? units are h, d, w, mo and y" }
        return "units are h, d, w, mo and y"
    }

    /// All of them up to twenty, else the first ten and how many more.
    static func list(_ words: [String]) -> String {
        guard words.count <= 20 else {
            return words.prefix(10).joined(separator: ", ") + " and \(words.count - 10) more"
        }
        guard words.count > 1, let last = words.last else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Insertions, deletions, substitutions and swaps of neighbours between two words; `nil` where there are more than
    /// `most`, which is seen after a few letters of nearly every word.
    private static func distance(_ left: String, _ right: String, most: Int) -> Int? {
        let (a, b) = (Array(left.prefix(64)), Array(right.prefix(64)))
        guard abs(a.count - b.count) <= most else { return nil }
        var rows = [Array(0...b.count)]
        for i in 1..<(a.count + 1) {
            var row = [i]
            for j in 1..<(b.count + 1) {
                var best = min(rows[i - 1][j] + 1, row[j - 1] + 1)
                best = min(best, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
                row.append(best)
            }
            // A swap looks two rows back, so a way on may begin in either of the last two.
            guard min(row.min() ?? 0, rows[i - 1].min() ?? 0) <= most else { return nil }
            rows.append(row)
        }
        let found = rows[a.count][b.count]
        return found <= most ? found : nil
    }
}
