package import Domain
import Foundation
import GRDB

/// A record and the segment that it is in.
package struct FoundRecord: Sendable, Equatable {
    package let origin: String
    package let entry: LogEntry
}

extension LogReader {
    /// Every record in whose line one of `texts` stands, oldest first, found by reading all lines. The text of a value is never
    /// taken for a key: a quote in it is escaped.
    package func entries(containing texts: [String]) throws(LetheError) -> [LogEntry] {
        try entries(where: texts.map { _ in "instr(line, ?)" }.joined(separator: " OR "), texts)
    }

    /// Every record of one of these types, oldest first. The type is the first text after the chain, so that little of a line
    /// is read: a fifth of what four texts cost.
    package func entries(ofTypes types: Set<String>) throws(LetheError) -> [LogEntry] {
        let starts = Set(types.map { String($0.prefix(Self.typeStart)) }).sorted()
        let label = "\"type\":\""
        let condition =
            "substr(line, instr(line, ?) + \(label.utf8.count), \(Self.typeStart)) IN (\(starts.map { _ in "?" }.joined(separator: ", ")))"
        return try entries(where: condition, [label] + starts).filter { types.contains($0.record.type.rawValue) }
    }

    /// The newest record of one of these types; `nil` = there is none. Reads from the end, and little of each line.
    package func newest(ofTypes types: Set<String>) throws(LetheError) -> LogEntry? {
        guard let all = try store.seqs(), !types.isEmpty else { return nil }
        let label = "\"type\":\""
        let wanted = types.sorted().map { $0 + "\"" }
        let condition = wanted.map {
            "substr(line, instr(line, ?) + \(label.utf8.count), \($0.utf8.count)) = ?"
        }.joined(separator: " OR ")
        let needles = wanted.flatMap { [Data(label.utf8), Data($0.utf8)] }
        var last = all.upperBound
        while last >= all.lowerBound {
            let first = max(all.lowerBound, last - Self.searchedAtOnce + 1)
            let line = try store.run("unreadable-log") { db in
                try Data.fetchOne(
                    db,
                    sql:
                        "SELECT line FROM entry WHERE seq BETWEEN ? AND ? AND (\(condition)) ORDER BY seq DESC LIMIT 1",
                    arguments: StatementArguments([first, last]) + StatementArguments(needles))
            }
            if let line { return try LogEntry(line: Array(line)) }
            last = first - 1
        }
        return nil
    }

    /// No type is shorter.
    private static let typeStart = 5
    private static let searchedAtOnce: Int64 = 50_000

    /// By pages, so that a long search keeps no writer waiting.
    private func entries(where condition: String, _ texts: [String]) throws(LetheError) -> [LogEntry] {
        guard !texts.isEmpty, let all = try store.seqs() else { return [] }
        let needles = texts.map { Data($0.utf8) }
        var entries: [LogEntry] = []
        var first = all.lowerBound
        while first <= all.upperBound {
            let last = min(all.upperBound, first + Self.searchedAtOnce - 1)
            let lines = try store.run("unreadable-log") { db in
                try Data.fetchAll(
                    db, sql: "SELECT line FROM entry WHERE seq BETWEEN ? AND ? AND (\(condition)) ORDER BY seq",
                    arguments: StatementArguments([first, last]) + StatementArguments(needles))
            }
            for line in lines { entries.append(try LogEntry(line: Array(line))) }
            first = last + 1
        }
        return entries
    }
}

extension AuditLog {
    /// The same over all segments that are still there, oldest first.
    package func records(containing texts: [String]) throws(LetheError) -> [FoundRecord] {
        var found: [FoundRecord] = []
        for reader in try readers() {
            for entry in try reader.entries(containing: texts) {
                found.append(FoundRecord(origin: reader.origin, entry: entry))
            }
        }
        return found
    }

    /// The newest record of one of these types in any segment that is still there; `nil` = there is none.
    package func newest(ofTypes types: Set<String>) throws(LetheError) -> LogEntry? {
        for reader in try readers().reversed() {
            if let entry = try reader.newest(ofTypes: types) { return entry }
        }
        return nil
    }

    /// Of all segments that are still there, oldest first.
    package func readers() throws(LetheError) -> [LogReader] {
        var readers: [LogReader] = []
        for segment in try segments() { if let reader = try reader(of: segment) { readers.append(reader) } }
        return readers
    }

    /// `nil` for a segment that was removed.
    package func reader(of segment: Segment) throws(LetheError) -> LogReader? {
        segment.isLive ? reader : try segment.file.map { (file) throws(LetheError) in try LogReader(file) }
    }

    /// Until when it is sure that time has passed: now by this machine's clock, unless nothing was recorded for long or the clock is
    /// ahead. For what is removed for good where nobody else tells the time.
    package func witnessedTime() throws(LetheError) -> Timestamp {
        let now = time.now()
        return min(now, try fold().latest ?? now)
    }
}
