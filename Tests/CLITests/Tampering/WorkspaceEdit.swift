import Foundation
import TestSupport

/// What somebody with write access does to the files of a workspace between two commands.
struct WorkspaceEdit: Sendable, CustomStringConvertible {
    enum Step: Sendable {
        /// In a database of the workspace, `inventory.db` or a segment of the log; of the latter the triggers stay as they were.
        case sql(String, in: String)
        /// In the folder that has `workspace`, `keys`, `anchors` and `older`.
        case shell(String)
    }

    /// What is edited, in words: `plan_item update outcome`.
    let names: [String]
    let steps: [Step]

    init(_ names: [String], _ steps: [Step]) {
        self.names = names
        self.steps = steps
    }

    /// Of rows of `inventory.db`.
    init(_ sql: String) { self.init([sql], [.sql(sql, in: "inventory.db")]) }

    var description: String {
        steps.map {
            switch $0 {
            case .sql(let statements, let database): "\(database): \(statements)"
            case .shell(let command): "sh: \(command)"
            }
        }.joined(separator: "\n")
    }

    /// What SQLite or the shell refuses is no edit, and changes nothing.
    func apply(to workspace: SampleWorkspace) throws {
        for step in steps {
            switch step {
            case .shell(let command): _ = try Shell.run(command, in: workspace.folder.url)
            case .sql(let statements, "inventory.db"):
                let script = "PRAGMA foreign_keys=0;\nBEGIN;\n\(statements);\nCOMMIT;\n"
                try script.write(to: workspace.folder.file("edit.sql"), atomically: true, encoding: .utf8)
                _ = try Shell.run("sqlite3 -batch -bail workspace/inventory.db < edit.sql", in: workspace.folder.url)
            case .sql(let statements, let database):
                let closed = try FileManager.default.contentsOfDirectory(atPath: workspace.file("audit").path)
                    .filter { $0.hasSuffix(".db") }.sorted()
                let file = ["first": closed.first, "last": closed.last][database] ?? nil
                try workspace.tamper(statements, in: file.map { "audit/" + $0 } ?? database)
            }
        }
    }
}

/// One edit after another, the same for the same seed in every copy.
struct EditGenerator {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Mostly one thing, sometimes two.
    mutating func next() -> WorkspaceEdit {
        let edits = (0..<(pick([1, 1, 1, 2]))).map { _ in pick([true, true, true, false]) ? row() : file() }
        return WorkspaceEdit(edits.flatMap(\.names), edits.flatMap(\.steps))
    }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }

    private mutating func row() -> WorkspaceEdit {
        let table = pick(EditedTable.all)
        let change =
            table.isEmpty ? "insert" : table.isOnlyUpdated ? "update" : pick(["update", "update", "insert", "delete"])
        let keys = table.keys.joined(separator: ",")
        let chosen =
            "(\(keys)) IN (SELECT \(keys) FROM \(table.name) ORDER BY \(table.order) "
            + "LIMIT 1 OFFSET \(Int.random(in: 0..<max(1, table.rows), using: &random)))"
        let column = pick(table.columns)
        let sql: String
        switch change {
        case "delete": sql = "DELETE FROM \(table.name) WHERE \(chosen)"
        case "update":
            sql = "UPDATE OR REPLACE \(table.name) SET \(column.name) = \(value(column)) WHERE \(chosen)"
        default: sql = insertion(table, chosen)
        }
        let name = "\(table.name) \(change)" + (change == "update" ? " \(column.name)" : "")
        return WorkspaceEdit([name], [.sql(sql, in: "inventory.db")])
    }

    /// A row of its own, or one that is there under another key and with some other values.
    private mutating func insertion(_ table: EditedTable, _ chosen: String) -> String {
        var values: [(String, String)] = []
        for column in table.columns where table.isEmpty || column.isKey || pick([true, false]) {
            values.append((column.name, value(column)))
        }
        if table.isEmpty {
            let (names, what) = (values.map(\.0).joined(separator: ","), values.map(\.1).joined(separator: ","))
            return "INSERT OR REPLACE INTO \(table.name) (\(names)) VALUES (\(what))"
        }
        if let fresh = table.fresh { values.append((fresh.name, value(fresh))) }
        let changes = values.map { "\($0.0) = \($0.1)" }.joined(separator: ",")
        return """
            CREATE TEMP TABLE planted AS SELECT * FROM \(table.name) WHERE \(chosen); UPDATE planted SET \(changes);
            INSERT OR REPLACE INTO \(table.name) SELECT * FROM planted
            """
    }

    /// One of the column's expressions, its places in braces filled in.
    private mutating func value(_ column: EditedTable.Column) -> String {
        var text = pick(column.values)
        for (place, table, key, order, rows) in EditedTable.places {
            while let range = text.range(of: "{\(place)}") {
                let offset = Int.random(in: 0..<rows, using: &random)
                text.replaceSubrange(
                    range, with: "(SELECT \(key) FROM \(table) ORDER BY \(order) LIMIT 1 OFFSET \(offset))")
            }
        }
        for (place, bytes) in [("{16}", 16), ("{32}", 32)] where text.contains(place) {
            let digits = (0..<(bytes * 2)).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }
            text = text.replacing(place, with: "X'\(digits.joined())'")
        }
        return text
    }
}
