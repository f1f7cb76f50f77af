package import Domain

/// Which records of a segment are meant, and how many bytes they are: what must be known before they are written out.
package struct RecordSelection: Sendable, Equatable {
    /// In rising order, with something between any two.
    package private(set) var ranges: [Range<Int64>] = []
    package private(set) var count: Int64 = 0
    /// With a line feed after each.
    package private(set) var byteCount: Int64 = 0

    fileprivate mutating func add(_ seq: Int64, _ length: Int) {
        if let last = ranges.last, last.upperBound == seq {
            ranges[ranges.count - 1] = last.lowerBound..<seq + 1
        } else {
            ranges.append(seq..<seq + 1)
        }
        count += 1
        byteCount += Int64(length) + 1
    }

    /// Wherever its place is.
    fileprivate mutating func insert(_ entry: LogEntry) {
        guard !ranges.contains(where: { $0.contains(entry.seq) }) else { return }
        let later = ranges.filter { $0.lowerBound > entry.seq }
        ranges.removeLast(later.count)
        add(entry.seq, entry.line.count)
        for range in later {
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
    }
}

extension LogReader {
    /// What was recorded at `start` or later and before `end`.
    package func select(from start: Timestamp, to end: Timestamp) throws(LetheError) -> RecordSelection {
        guard let all = try store.seqs() else { return RecordSelection() }
        var selection = RecordSelection()
        var parser = LineParser()
        try store.lines(all) { seq, line in
            try parser.read(line)
            let time = Timestamp(microseconds: parser.time)
            if start <= time, time < end { selection.add(seq, line.count) }
        }
        return selection
    }

    /// `selection` with the first record of the segment and, where it has `last`, with that: what chains it to its neighbours.
    package func chained(_ selection: RecordSelection, last: Int64?) throws(LetheError) -> RecordSelection {
        var selection = selection
        for seq in [0, last].compactMap(\.self) {
            guard let entry = try entry(seq) else { throw LogProofs.missing }
            selection.insert(entry)
        }
        return selection
    }

    package func select(where belongs: (LogEntry) throws(LetheError) -> Bool) throws(LetheError) -> RecordSelection {
        var selection = RecordSelection()
        try forEachEntry { entry throws(LetheError) in
            if try belongs(entry) { selection.add(entry.seq, entry.line.count) }
        }
        return selection
    }
}
