package import Domain
package import Foundation

/// One segment of a log: the live one, or a closed one in the folder of segments.
package struct Segment: Sendable, Equatable {
    package let origin: String
    /// `nil` where the file was removed by retention and only its last checkpoint is left.
    package let file: URL?
    /// The kept checkpoint of a removed segment.
    package let checkpoint: URL?
    package let isLive: Bool
    /// Time of its first record; `nil` for a removed one.
    package let opened: Timestamp?
    package let previous: AuditRecord.PreviousLog?
}

extension AuditLog {
    /// All segments, oldest first, found by following `prev_log` back from the live one; then those that the chain does not
    /// reach, in front.
    package static func segments(_ location: Location) throws(LetheError) -> [Segment] {
        var found: [String: Segment] = [:]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: location.segments.path)) ?? []
        for name in names.sorted() where name.hasSuffix(".note") {
            let file = location.segments.appending(path: name)
            guard let note = try DurableFile.read(file), let checkpoint = try? Checkpoint(note: note) else { continue }
            found[checkpoint.origin] = Segment(
                origin: checkpoint.origin, file: nil, checkpoint: file, isLive: false, opened: nil, previous: nil)
        }
        for name in names.sorted() where name.hasSuffix(".db") {
            let segment = try segment(location.segments.appending(path: name), isLive: false)
            found[segment.origin] = segment
        }
        var chain: [Segment] = []
        var next: Segment? =
            DurableFile.exists(location.database) ? try segment(location.database, isLive: true) : nil
        while let segment = next {
            chain.append(segment)
            found[segment.origin] = nil
            next = segment.previous.flatMap { found[$0.origin] }
        }
        let rest = found.values.sorted {
            ($0.opened?.microseconds ?? 0, $0.origin) < ($1.opened?.microseconds ?? 0, $1.origin)
        }
        return rest + chain.reversed()
    }

    private static func segment(_ file: URL, isLive: Bool) throws(LetheError) -> Segment {
        guard let entry = try LogReader(file).entry(0), case .logOpen(let opening) = entry.record else {
            throw LetheError(
                "malformed-record", .failed, "\(file.path) does not begin with log.open",
                hint: "lethe audit verify")
        }
        return Segment(
            origin: opening.origin, file: file, checkpoint: nil, isLive: isLive, opened: entry.time,
            previous: opening.previous)
    }

    /// Removes closed segments whose last record is older than `cutoff`, whole, oldest first and without gaps; each
    /// removal is recorded first. The last checkpoint of each is kept for ever as `<16 hex>.note`. Returns the origins.
    package func removeSegments(
        closedBefore cutoff: Timestamp, by: String, reason: String?
    ) throws(LetheError) -> [String] {
        var removed: [String] = []
        for segment in try Self.segments(location) where !segment.isLive {
            guard let file = segment.file else { continue }
            let reader = try LogReader(file)
            guard let last = try reader.entry(reader.size() - 1), last.time < cutoff else { break }
            guard let checkpoint = try reader.checkpoint() else { break }
            _ = try append([.operatorAct(act: .segmentRemove, ref: segment.origin, by: by, reason: reason)])
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
            removed.append(segment.origin)
        }
        if !removed.isEmpty { try seal() }
        return removed
    }
}
