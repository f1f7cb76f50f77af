package import Domain
package import Foundation

/// Reads one segment, live or closed. Every value comes from the bytes of lines that parse strictly; whether the lines
/// are those that were written is for `LogVerifier` to say.
package final class LogReader: Sendable {
    let store: LogStore
    package let origin: String

    init(_ store: LogStore, origin: String) {
        self.store = store
        self.origin = origin
    }

    /// Opens a segment's file for reading only.
    package convenience init(_ database: URL) throws(LetheError) {
        let store = try LogStore(database, writable: false)
        guard try store.hasExpectedSchema() else {
            throw LetheError(
                "audit-schema", .failed, "the tables of \(database.path) are not those that lethe made",
                hint: "lethe audit verify")
        }
        self.init(store, origin: try Self.opening(store).origin)
    }

    static func opening(_ store: LogStore) throws(LetheError) -> AuditRecord.Opening {
        guard let line = try store.line(0), case .logOpen(let opening) = try LogEntry(line: line).record else {
            throw LetheError(
                "malformed-record", .failed, "\(store.url.path) does not begin with log.open",
                hint: "lethe audit verify")
        }
        return opening
    }

    package func opening() throws(LetheError) -> AuditRecord.Opening { try Self.opening(store) }

    package func size() throws(LetheError) -> Int64 { try store.size() }

    package func entry(_ seq: Int64) throws(LetheError) -> LogEntry? {
        guard let line = try store.line(seq) else { return nil }
        return try LogEntry(line: line)
    }

    /// Records with a seq over `seq`, oldest first; -1 begins at the first.
    package func entries(after seq: Int64, limit: Int) throws(LetheError) -> [LogEntry] {
        guard limit > 0, seq < .max else { return [] }
        let last = try store.size() - 1
        let first = max(seq + 1, 0)
        guard first <= last else { return [] }
        var entries: [LogEntry] = []
        var parser = LineParser()
        try store.lines(first...min(last, first + Int64(limit) - 1)) { seq, line in
            let entry = try LogEntry.read(Array(line), &parser)
            guard entry.seq == seq else {
                throw LetheError(
                    "malformed-record", .failed,
                    "record \(entry.seq) of the audit log is in the place of record \(seq)",
                    hint: "lethe audit verify")
            }
            entries.append(entry)
        }
        return entries
    }

    /// Every record about `attachment`, found by reading all lines.
    package func records(of attachment: AttachmentID) throws(LetheError) -> [LogEntry] {
        try entries(containing: ["\"att\":\"\(attachment)\""]).filter { $0.record.attachment == attachment }
    }

    /// Every record, oldest first.
    package func forEachEntry(_ body: (LogEntry) throws(LetheError) -> Void) throws(LetheError) {
        guard let all = try store.seqs() else { return }
        var parser = LineParser()
        try store.lines(all) { _, line in try body(LogEntry.read(Array(line), &parser)) }
    }

    /// Every record about one of `attachments` or about none, oldest first: of others the line is parsed and no record made.
    package func forEachEntry(
        about attachments: Set<AttachmentID>, _ body: (LogEntry) throws(LetheError) -> Void
    ) throws(LetheError) {
        guard let all = try store.seqs() else { return }
        var parser = LineParser()
        try store.lines(all) { _, line in
            try parser.read(line)
            let about = RecordValues(line, parser)[.att]
            guard about.bytes.isEmpty || attachments.contains(AttachmentID(value: about.number)) else { return }
            try body(LogEntry.read(Array(line), &parser))
        }
    }

    /// The newest checkpoint kept beside the records.
    package func checkpoint() throws(LetheError) -> Checkpoint? {
        guard let note = try store.newestCheckpointNote() else { return nil }
        return try Checkpoint(note: note)
    }
}
