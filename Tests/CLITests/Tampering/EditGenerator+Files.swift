import TestSupport

/// Edits of the log, its segments and the anchors.
extension EditGenerator {
    /// The mac of every record that is forged here: it stands for "not the log's".
    static let forgedMac = String(repeating: "f0", count: 32)

    mutating func file() -> WorkspaceEdit {
        pick([true, false]) ? records() : pick([true, false]) ? segments() : anchors()
    }

    private mutating func records() -> WorkspaceEdit {
        // Of a closed one the name is not known here: the first or the last by name.
        let isLive = pick([true, true, false])
        let seq = Int.random(in: 0..<20, using: &random)
        let kind = pick(["forge", "forge", "forge", "cut", "drop", "edit", "swap", "checkpoints", "note"])
        let sql: String
        switch kind {
        case "forge": sql = forgery(sealed: pick([true, false]))
        case "cut": sql = "DELETE FROM entry WHERE seq > (SELECT max(seq) FROM entry) - \(pick([1, 2, 3, 9]))"
        case "drop": sql = "DELETE FROM entry WHERE seq = \(seq)"
        case "edit":
            let (old, new) = pick([("\"by\":\"counsel\"", "\"by\":\"mallory\""), ("a", "b"), ("2026", "2025")])
            sql =
                "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '\(old)', '\(new)') AS BLOB) WHERE seq = \(seq)"
        case "swap":
            sql = """
                UPDATE entry SET seq = -1 WHERE seq = \(seq); UPDATE entry SET seq = \(seq) WHERE seq = \(seq + 1);
                UPDATE entry SET seq = \(seq + 1) WHERE seq = -1
                """
        case "checkpoints":
            sql = "DELETE FROM checkpoint WHERE size >= \(pick(["0", "(SELECT max(size) FROM checkpoint)"]))"
        default:
            sql =
                "UPDATE checkpoint SET note = CAST(replace(CAST(note AS TEXT), char(10) || '\(seq % 9)', 'x') AS BLOB)"
        }
        return WorkspaceEdit(
            ["\(isLive ? "live" : "closed") \(kind)"], [.sql(sql, in: isLive ? "audit.db" : pick(["first", "last"]))])
    }

    /// A record after the last one, and perhaps a seal after it.
    private mutating func forgery(sealed: Bool) -> String {
        let zeros = String(repeating: "0", count: 64)
        let fields = pick([
            #""hold.placed","hold":"00112233445566778899aabbccddeeff","scope":"all","until":null,"by":"mallory","reason":null"#,
            #""hold.released","hold":"00112233445566778899aabbccddeeff","by":"counsel","reason":null"#,
            #""operator.act","act":"policy.unlock","ref":"kyc","by":"mallory","reason":"x""#,
            #""policy.locked","id":"default","sha256":"\#(zeros)""#,
            #""request.updated","req":"00112233445566778899aabbccddeeff","state":"withdrawn","due":null,"by":"m","reason":null"#,
            #""plan.approved","plan":"00112233445566778899aabbccddeeff","digest":"\#(zeros)","by":"mallory","how":"cli""#,
        ])
        func record(_ fields: String) -> String {
            """
            INSERT INTO entry SELECT seq + 1, CAST('{"v":1,"seq":' || (seq + 1) || ',"t":"' || json_extract(l, '$.t') || '","ep":' ||
            (json_extract(l, '$.ep') + (json_extract(l, '$.type') = 'epoch.seal')) || ',"prev":"' || json_extract(l, '$.mac')
            || '","type":\(fields),"mac":"\(Self.forgedMac)"}' AS BLOB)
            FROM (SELECT seq, CAST(line AS TEXT) AS l FROM entry ORDER BY seq DESC LIMIT 1)
            """
        }
        return record(fields) + (sealed ? ";\n" + record(#""epoch.seal","n":2"#) : "")
    }

    private mutating func segments() -> WorkspaceEdit {
        let one = "$(ls audit/*.db | \(pick(["head", "tail"])) -n 1)"
        let (name, command) = pick([
            ("removed", "rm \(one)"), ("renamed", "mv \(one) audit/00112233445566aa.db"),
            ("planted", "cp \(one) audit/00112233445566aa.db"),
            ("live planted", "cp audit.db audit/00112233445566aa.db"),
            ("swapped", "set -- audit/*.db; mv $1 t; mv $2 $1; mv t $2"),
            (
                "note planted",
                "s=\(one); sqlite3 $s \"SELECT writefile('${s%.db}.note', note) FROM checkpoint ORDER BY size DESC LIMIT 1\"; rm $s"
            ),
            ("older log", "cp ../older/audit.db audit.db"),
            ("older segments", "rm -rf audit; cp -a ../older/audit audit"),
            ("older inventory", "rm -f inventory.db*; cp -a ../older/inventory.db* ."),
            ("older workspace", "rm -rf audit audit.db inventory.db*; cp -a ../older/audit* ../older/inventory.db* ."),
            ("run lock", "rm -f run.lock; ln -s /etc/passwd run.lock"), ("journal", "echo junk > audit.db-journal"),
            ("wal", "echo junk > inventory.db-wal"), ("folder", "mkdir audit/00112233445566aa.db"),
        ])
        return WorkspaceEdit(["segments \(name)"], [.shell("cd workspace && { \(command); }")])
    }

    private mutating func anchors() -> WorkspaceEdit {
        let (name, command) = pick([
            ("removed", "rm *"), ("newest removed", "rm $(ls | tail -n 1)"),
            ("junk", "echo junk > \(pick(["x.note", "$(ls | tail -n 1)", "00112233445566aa.99.note"]))"),
            ("renamed", "set -- *.2.note; cp $1 ${1%.2.note}.999.note"), ("copied", "set -- *.2.note; cp $1 $2"),
            ("edited", "for f in *; do sed -i '2s/.*/999/' $f; done"),
            ("next", "for f in *.next.note; do for g in *.2.note; do cp $f ${g%.2.note}.next.note; done; done"),
        ])
        return WorkspaceEdit(["anchors \(name)"], [.shell("cd anchors && { \(command); }")])
    }
}
