import Domain
internal import GRDB

extension InventorySchema {
    /// Triggers and views run, or stand in for tables, unseen by whoever reads and writes: only those that Lethe made may be there, and all
    /// of them must.
    static func refuseForeignCode(in database: Database) throws {
        let found = try String.fetchAll(
            database, sql: "SELECT coalesce(sql, name) FROM sqlite_schema WHERE type IN ('trigger', 'view')")
        guard Set(found.map(normal)) == code, found.count == code.count else {
            throw LetheError(
                "inventory-schema", .failed,
                "inventory.db has triggers or views that lethe did not make, or lacks one that it did",
                hint: "look at them with: sqlite3 inventory.db .schema; put back the newest inventory.db without them")
        }
    }

    private static let code: Set<String> = {
        var made: [Substring: String] = [:]
        for migration in migrations {
            let acts = migration.statements.matches(of: /(CREATE|DROP) TRIGGER (\w+)(?:;|(?:.|\n)*?END(?=;))/)
            for act in acts { made[act.output.2] = act.output.1 == "DROP" ? nil : normal(String(act.output.0)) }
        }
        return Set(made.values)
    }()

    private static func normal(_ sql: String) -> String {
        sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
