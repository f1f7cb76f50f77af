package import Domain
package import Foundation

/// One segment of a log: the live one, or a closed one in the folder of segments.
package struct Segment: Sendable, Equatable {
    /// As its first record states; the file's name where that cannot be read.
    package let origin: String
    /// `nil` where the file was removed by retention and only its last checkpoint is left.
    package let file: URL?
    /// The kept checkpoint of a removed segment.
    package let checkpoint: URL?
    package let isLive: Bool
    /// The live one, or named by the `prev_log` of one that is.
    package fileprivate(set) var isNamed = false
    /// Time of its first record; `nil` for a removed one, and where it cannot be read.
    package let opened: Timestamp?
    package let previous: AuditRecord.PreviousLog?

    /// By its first record, or by its name where that cannot be read.
    func isOf(_ origin: String) -> Bool {
        self.origin == origin || (opened == nil && self.origin == "\(LogOrigin.suffix(origin)).db")
    }
}

extension AuditLog {
    /// All segments, oldest first, found by following `prev_log` back from the live one; then those that the chain does not
    /// reach, in front. What cannot be read is there too: this is for who judges them.
    package static func segments(_ location: Location) throws(LetheError) -> [Segment] {
        try segments(location, DurableFile.exists(location.database) ? segment(location.database, isLive: true) : nil)
    }

    /// All segments of this log, the live one as it is open here: those that are named by what is signed, and no others. Throws where
    /// something else lies among them, or one of them was changed or is missing.
    package func segments() throws(LetheError) -> [Segment] {
        let segments = try foundSegments()
        var admission = try Admission(location, live: reader)
        try admission.check(segments)
        return segments
    }

    /// Whatever lies there.
    package func foundSegments() throws(LetheError) -> [Segment] {
        try Self.segments(location, Self.segment(location.database, reader, isLive: true))
    }

    /// What can be read without the keys, for who only shows records: the live segment and those that it names.
    package static func named(_ location: Location) throws(LetheError) -> [Segment] {
        try segments(location).filter(\.isNamed)
    }

    private static func segments(_ location: Location, _ live: Segment?) throws(LetheError) -> [Segment] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: location.segments.path)) ?? []
        var rest = names.sorted().filter { $0.hasSuffix(".db") }.map {
            segment(location.segments.appending(path: $0), isLive: false)
        }
        for name in names.sorted() where name.hasSuffix(".note") {
            let file = location.segments.appending(path: name)
            guard let note = try DurableFile.read(file), let checkpoint = try? Checkpoint(note: note),
                !rest.contains(where: { $0.origin == checkpoint.origin })
            else { continue }
            rest.append(
                Segment(
                    origin: checkpoint.origin, file: nil, checkpoint: file, isLive: false, opened: nil, previous: nil))
        }
        var chain: [Segment] = []
        var next = live
        while var segment = next {
            segment.isNamed = true
            chain.append(segment)
            let before = segment.previous.flatMap { previous in rest.firstIndex { $0.isOf(previous.origin) } }
            next = before.map { rest.remove(at: $0) }
        }
        rest.sort { ($0.opened?.microseconds ?? 0, $0.origin) < ($1.opened?.microseconds ?? 0, $1.origin) }
        return rest + chain.reversed()
    }

    private static func segment(_ file: URL, isLive: Bool) -> Segment {
        segment(file, try? LogReader(file), isLive: isLive)
    }

    private static func segment(_ file: URL, _ reader: LogReader?, isLive: Bool) -> Segment {
        let entry = try? reader?.entry(0)
        guard let entry, case .logOpen(let opening) = entry.record else {
            return Segment(
                origin: file.lastPathComponent, file: file, checkpoint: nil, isLive: isLive, opened: nil, previous: nil)
        }
        return Segment(
            origin: opening.origin, file: file, checkpoint: nil, isLive: isLive, opened: entry.time,
            previous: opening.previous)
    }

    /// Removes closed segments whose last record is older than `cutoff`, whole, oldest first and without gaps; each
    /// removal is recorded first, and what only the segment tells of holds in force, locked policies and requests is recorded again
    /// (`Carryover`). The last checkpoint of each is kept for ever as `<16 hex>.note`. Returns the origins.
    package func removeSegments(
        closedBefore cutoff: Timestamp, by: String, reason: String?
    ) throws(LetheError) -> [String] {
        var removed: [String] = []
        var segments = try segments()
        while let segment = segments.first, !segment.isLive {
            segments.removeFirst()
            guard let file = segment.file else { continue }
            let reader = try LogReader(file)
            let size = try reader.size()
            guard let last = try reader.entry(size - 1), last.time < cutoff else { break }
            guard let checkpoint = try reader.checkpoint(), checkpoint.size == size else {
                // Once it is gone nobody could show any more that what prev_log names was all there was.
                throw LetheError(
                    "segment-not-covered", .refused,
                    "segment \(segment.origin) cannot be removed: its last records are covered by no checkpoint",
                    hint: "it was followed by a new segment after a loss; keep it"
                )
            }
            try carryOver(
                from: reader, segments.filter { !$0.isLive }.compactMap(\.file),
                with: .operatorAct(.init(act: .segmentRemove, ref: segment.origin, by: by, reason: reason)))
            // Nothing goes before a signature covers the record that says so.
            try seal()
            try remove(segment, file, keeping: checkpoint)
            removed.append(segment.origin)
        }
        return removed
    }

    /// In one commit with `removal`, and from what the log says at that moment: somebody may be ending what is carried over.
    private func carryOver(
        from reader: LogReader, _ later: [URL], with removal: AuditRecord
    ) throws(LetheError) {
        var closed = Carryover()
        try reader.forEachEntry { closed.add($0.record, isLater: false) }
        for file in later { try LogReader(file).forEachEntry { closed.add($0.record, isLater: true) } }
        while true {
            var carryover = closed
            let size = try size()
            try self.reader.forEachEntry { if $0.seq < size { carryover.add($0.record, isLater: true) } }
            do throws(LetheError) {
                _ = try append(carryover.records + [removal], unlessAfter: size - 1) { record in
                    var later = Carryover()
                    return later.add(record, isLater: true)
                }
                return
            } catch {
                guard error.code == "audit-other-run" else { throw error }
            }
        }
    }

    private func remove(_ segment: Segment, _ file: URL, keeping checkpoint: Checkpoint) throws(LetheError) {
        let kept = location.segments.appending(path: "\(LogOrigin.suffix(segment.origin)).note")
        try DurableFile.write(checkpoint.note, to: kept)
        do {
            try FileManager.default.removeItem(at: file)
            try? FileManager.default.removeItem(at: URL(filePath: file.path + "-journal"))
        } catch {
            throw LetheError(
                "segment-not-removed", .failed, "cannot remove \(file.path)", hint: "check its permissions")
        }
        try DurableFile.syncDirectory(location.segments)
    }
}
