import Domain
import Foundation

/// A private copy of a database that a crash left in the middle of a transaction. SQLite undoes such a transaction when the
/// file is opened for writing; a reader must not write to evidence, so it is undone in a copy. Removed with the object.
final class RecoveredCopy: Sendable {
    private let folder: URL
    let database: URL

    init(_ original: URL) throws(LetheError) {
        folder = FileManager.default.temporaryDirectory.appending(path: "lethe-\(UUID().uuidString)")
        database = folder.appending(path: "audit.db")
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.copyItem(at: original, to: database)
            try FileManager.default.copyItem(atPath: original.path + "-journal", toPath: database.path + "-journal")
        } catch {
            throw LetheError(
                "unreadable-log", .unreadable, "cannot copy the audit log \(original.path) with its journal",
                hint: "let the writer recover it first: lethe audit seal")
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}
