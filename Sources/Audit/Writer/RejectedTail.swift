import Cryptography
package import Domain
package import Foundation
import GRDB

extension AuditLog {
    /// What lay behind the last record that is this log's beyond doubt.
    package struct RejectedTail: Sendable, Equatable {
        /// The first record that is not.
        package let seq: Int64
        package let records: Int64
        /// The whole file as it was, with what was rejected.
        package let file: URL
    }

    /// Where records behind the signed head were not written with the log's key, the log goes on from the last one that was: the file is
    /// set aside whole, as `audit/<16 hex>.rejected`, and a copy without them takes its place. `nil` = there are none. Throws where what the
    /// head counts is not there, or keys are missing: of such a log nothing can be told apart.
    package static func rejectTail(_ location: Location, time: any TimeSource) throws(LetheError) -> RejectedTail? {
        try location.directory.checkPermissions()
        let lock = try FileLock(location.directory.lockFile)
        return try lock.whileHeld { () throws(LetheError) in
            try Rollover.finish(location, lock, now: time.now())
            let writer = try SegmentWriter.load(location, lock)
            let good = try writer.authenticSize()
            let size = try writer.store.size()
            guard good < size else { return nil }
            try Rollover.checkPlace(location)
            let aside = freePlace(location.segments, LogOrigin.suffix(writer.origin))
            let copy = location.segments.appending(path: "\(LogOrigin.suffix(writer.origin)).next")
            LogStore.remove(copy)
            try writer.store.copy(upTo: good, to: LogStore.create(copy))
            // A copy first: whatever happens in between, the log is in its place.
            try DurableFile.copy(location.database, to: aside)
            try? FileManager.default.removeItem(at: URL(filePath: location.database.path + "-journal"))
            try DurableFile.move(copy, to: location.database)
            return RejectedTail(seq: good, records: size - good, file: aside)
        }
    }
}

/// What was rejected before stays.
private func freePlace(_ folder: URL, _ name: String) -> URL {
    var number = 1
    while true {
        let place = folder.appending(path: number == 1 ? "\(name).rejected" : "\(name).\(number).rejected")
        if !DurableFile.exists(place) { return place }
        number += 1
    }
}

extension SegmentWriter {
    /// How many records are this log's beyond doubt: those that the head counts, and those behind it with chain, epoch and mac.
    fileprivate func authenticSize() throws(LetheError) -> Int64 {
        try store.run("unreadable-log") { db in
            var known = try authenticHead(db, whole: true)
            let last = try LogStore.lastSeq(db) ?? -1
            while known.range.size <= last {
                do {
                    try extend(&known, through: known.range.size, db)
                } catch {
                    break
                }
            }
            return known.range.size
        }
    }
}

extension LogStore {
    /// Its first `size` records, and the checkpoints of them.
    fileprivate func copy(upTo size: Int64, to target: LogStore) throws(LetheError) {
        var notes: [(Int64, Data)] = []
        try checkpointNotes { stated, note in if stated <= size { notes.append((stated, Data(note))) } }
        var first: Int64 = 0
        while first < size {
            var page: [(Int64, [UInt8])] = []
            try lines(first...min(size, first + 1000) - 1) { seq, line in page.append((seq, Array(line))) }
            try target.run("audit-write-failed") { db in
                try db.inTransaction(.immediate) {
                    let insert = try Insertion(db)
                    for (seq, line) in page { try line.withUnsafeBufferPointer { try insert($0, seq: seq) } }
                    return .commit
                }
            }
            first += 1000
        }
        try target.run("audit-write-failed") { db in
            try db.inTransaction(.immediate) {
                for (size, note) in notes {
                    try db.execute(sql: "INSERT INTO checkpoint(size, note) VALUES (?, ?)", arguments: [size, note])
                }
                return .commit
            }
        }
    }
}
