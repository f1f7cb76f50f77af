import Cryptography
import Domain
import Foundation

/// Which closed segments are the log's. Who can write in the workspace and has no key can lay any file there, and take any away.
///
/// The live segment begins with `log.open`, whose leaf its signed head covers. It names the segment before it by size, root and mac,
/// and so on back to the first, or to one that a record says was removed. To hold a file against its root takes a pass over it,
/// so the key directory remembers which file it was: `docs/decisions/0017-closed-segments-are-read-once-and-remembered.md`.
struct Admission {
    private let location: AuditLog.Location
    private let live: LogReader
    private let hasher: TreeHasher
    private let seen: SeenSegments
    private var good = SeenSegments()

    init(_ location: AuditLog.Location, live: LogReader) throws(LetheError) {
        self.location = location
        self.live = live
        hasher = try TreeHasher()
        seen = SeenSegments(location.directory.seenFile)
    }

    /// Throws where anything is there that is not the log's, was changed, or is missing.
    mutating func check(_ segments: [Segment]) throws(LetheError) {
        try checkOpening()
        for segment in segments {
            guard let previous = segment.previous, previous.size > 0 else { continue }
            if let before = segments.last(where: { $0.file != nil && $0.isOf(previous.origin) }), let file = before.file
            {
                try checkClosed(file, previous)
            } else {
                try checkRemoved(previous.origin, segments)
            }
        }
        for segment in segments where segment.file == nil { try checkRemoved(segment.origin, segments) }
        for segment in segments where segment.file != nil && !segment.isNamed {
            guard try isCutOff(segment, segments) else { throw try stray(segment) }
        }
        if good != seen { good.keep(in: location.directory.seenFile) }
    }

    /// The live segment's first record is one that its head counts: what it says of the segment before is signed.
    private mutating func checkOpening() throws(LetheError) {
        guard let line = try live.store.line(0) else { throw SegmentWriter.rollback("it is empty") }
        let leaf = try line.withUnsafeBufferPointer { (line) throws(LetheError) in try hasher.leaf(line) }
        let fact = Hex.encode(leaf.bytes)
        if seen.opening(live.origin) != fact {
            guard let head = try location.directory.head(), head.origin == live.origin else {
                throw SegmentWriter.rolledOver
            }
            let contents = try live.store.contents(upTo: head.size, hasher)
            guard contents.size == head.size, contents.root == head.root else { throw SegmentWriter.fork(head.size) }
        }
        good.note(opening: live.origin, fact)
    }

    /// The file as `previous` names it, no record more and none less.
    private mutating func checkClosed(_ file: URL, _ previous: AuditRecord.PreviousLog) throws(LetheError) {
        let named = "\(previous.size) \(previous.root) \(previous.mac)"
        let before = FileMark(file)
        if let before, seen.closed(previous.origin) == "\(named) \(before.text)" {
            return good.note(closed: previous.origin, "\(named) \(before.text)")
        }
        let store = try Self.readable(file).store
        let contents = try store.contents(hasher)
        guard
            "\(contents.size) \(Hex.encode(contents.root.bytes)) \(Hex.encode(contents.mac.bytes))" == named
        else {
            throw LetheError(
                "segment-changed", .failed, "\(file.path) is not as the segment after it names it",
                hint: "lethe audit verify; put back the file as it was; if that is lost for good, move it away and: "
                    + "lethe audit prune --as NAME --lost \(previous.origin) --reason TEXT")
        }
        // What was written in these seconds could be written again without another mark.
        if let before, before.isSettled, FileMark(file) == before {
            good.note(closed: previous.origin, "\(named) \(before.text)")
        }
    }

    /// Its successor, which names it, is lost on record, and this log's key signed all of it, its close last.
    private mutating func isCutOff(_ segment: Segment, _ segments: [Segment]) throws(LetheError) -> Bool {
        let files = segments.filter { $0.file != nil && $0.isNamed }
        guard let file = segment.file, let lost = files.first?.previous, lost.size > 0,
            try isRemovalRecorded(lost.origin, files)
        else { return false }
        let before = FileMark(file)
        if let before, seen.closed(segment.origin) == "cut off \(before.text)" {
            good.note(closed: segment.origin, "cut off \(before.text)")
            return true
        }
        guard let reader = try? LogReader(file), let checkpoint = try? reader.checkpoint(),
            checkpoint.origin == segment.origin,
            try checkpoint.verdict(location.directory.signingKey().publicKey) == .valid,
            let contents = try? reader.store.contents(hasher), contents.size == checkpoint.size,
            contents.root == checkpoint.root, let closing = try? reader.entry(contents.size - 2),
            closing.record.type == .logClose
        else { return false }
        if let before, before.isSettled, FileMark(file) == before {
            good.note(closed: segment.origin, "cut off \(before.text)")
        }
        return true
    }

    /// A record says so. It may be in any segment that is there; each is checked by now, or stands in the way itself.
    private mutating func checkRemoved(_ origin: String, _ segments: [Segment]) throws(LetheError) {
        let isRecorded = seen.isRemoved(origin) ? true : try isRemovalRecorded(origin, segments)
        guard isRecorded else {
            throw LetheError(
                "missing-segment", .failed,
                "the segment \(origin) of the audit log is missing, and no record says that it was removed",
                hint: "put back \(location.segments.lastPathComponent)/\(LogOrigin.suffix(origin)).db; if it is lost "
                    + "for good: lethe audit prune --as NAME --lost \(origin) --reason TEXT")
        }
        good.note(removed: origin)
    }

    private func isRemovalRecorded(_ origin: String, _ segments: [Segment]) throws(LetheError) -> Bool {
        for segment in segments {
            guard let file = segment.file else { continue }
            let reader = segment.isLive ? live : try LogReader(file)
            for entry in try reader.entries(ofTypes: ["operator.act"]) where entry.record.removes(origin) {
                return true
            }
        }
        return false
    }

    /// None of the log's, or that of another process which has begun a new one meanwhile.
    private func stray(_ segment: Segment) throws(LetheError) -> LetheError {
        guard let file = segment.file else { return SegmentWriter.rolledOver }
        _ = try Self.readable(file)
        if segment.origin == live.origin, (try? LogReader(location.database).origin) != live.origin {
            return SegmentWriter.rolledOver
        }
        return LetheError(
            "unadmitted-segment", .refused,
            "\(file.path) lies among the segments of the audit log, and no later one names it: nothing is believed of it",
            hint: "look at it with: lethe audit verify; then move it away")
    }

    /// A segment that cannot be read may hold anything, a legal hold among it: nothing goes on without it.
    private static func readable(_ file: URL) throws(LetheError) -> LogReader {
        do throws(LetheError) {
            return try LogReader(file)
        } catch {
            throw LetheError(
                "unreadable-segment", .configuration,
                "\(file.path) lies among the segments of the audit log and cannot be read: \(error.message)",
                hint: "look at it with: lethe audit verify; move away what is no segment, put back what was one")
        }
    }
}

extension AuditRecord {
    fileprivate func removes(_ origin: String) -> Bool {
        if case .operatorAct(let act) = self { act.act == .segmentRemove && act.ref == origin } else { false }
    }
}

/// `segments.seen` in the key directory: what was good when it was read whole, a line each.
///
///     opening <origin> <leaf of record 0>
///     closed <origin> <size> <root> <mac> <mark of the file>
///     removed <origin>
private struct SeenSegments: Equatable {
    private var facts: [String: String] = [:]

    init() {}

    init(_ file: URL) {
        for line in String(decoding: (try? DurableFile.read(file)) ?? [], as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            if words.count > 1 { facts["\(words[0]) \(words[1])"] = words.count > 2 ? words[2] : "" }
        }
    }

    func opening(_ origin: String) -> String? { facts["opening \(origin)"] }
    func closed(_ origin: String) -> String? { facts["closed \(origin)"] }
    func isRemoved(_ origin: String) -> Bool { facts["removed \(origin)"] != nil }
    mutating func note(opening origin: String, _ fact: String) { facts["opening \(origin)"] = fact }
    mutating func note(closed origin: String, _ fact: String) { facts["closed \(origin)"] = fact }
    mutating func note(removed origin: String) { facts["removed \(origin)"] = "" }

    /// Where it cannot be kept, the next command reads again.
    func keep(in file: URL) {
        let lines = facts.map { $0.value.isEmpty ? $0.key : "\($0.key) \($0.value)" }.sorted()
        try? DurableFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: file)
    }
}

/// What changes when anybody writes to a file. Nobody but root can set the time of its last change.
struct FileMark: Equatable {
    let text: String
    private let changed: Int

    /// `nil` where what is read is not the file alone.
    init?(_ file: URL) {
        var (status, journal) = (stat(), stat())
        guard stat(file.path, &status) == 0 else { return nil }
        if stat(file.path + "-journal", &journal) == 0, journal.st_size > 0 { return nil }
        let numbers = [
            Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
        text = numbers.map(String.init).joined(separator: ":")
        changed = status.st_ctim.tv_sec
    }

    /// Its last change is longer ago than the grain of a file system's clock.
    var isSettled: Bool { time(nil) - changed > 2 }
}
