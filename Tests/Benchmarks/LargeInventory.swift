import Domain
import Foundation

/// An inventory of any size, made by the `sqlite3` shell inside the real tables; and the queries in SQL that do there what
/// Lethe does.
///
/// Each attachment has one message on one of four lines. The due ones are spread evenly over the rows and are due in no
/// order, which is harder than life, where the oldest lie together. `next_check` is as a run would have left it.
struct LargeInventory {
    let workspace: BenchWorkspace
    let attachments: Int
    let due: Int

    /// When it is.
    static let now = Timestamp(seconds: 1_795_000_000)
    private static let day: Int64 = 86_400_000_000

    /// Three policies that every attachment meets one of. `later` days are added to each: another set, under which every
    /// attachment has another date.
    static func policies(later: Int = 0) -> String {
        """
        version: 1
        policies:
          - {id: default, title: Default, why: Nothing is kept for ever., delete_after: \(30 + later)d}
          - id: first-line
            title: First line
            why: Short.
            scope: {lines: ["\(BenchWorkspace.lines[0])"]}
            delete_after: \(25 + later)d
          - {id: pictures, title: Pictures, why: Less long., match: {mime: ["image/*"]}, delete_after: \(28 + later)d}
        """
    }

    /// The same as an expression over `line` and `mime`, in microseconds.
    private static func period(later: Int = 0) -> String {
        let line = BenchWorkspace.lines[0].dropFirst()
        return """
            CASE WHEN line = \(line) THEN \(25 + later) WHEN mime LIKE 'image/%' THEN \(28 + later) ELSE \(30 + later) END \
            * \(day)
            """
    }

    /// `created` of the decision table, over sightings `s` of attachment `a`.
    private static let created = "coalesce(a.api_created, min(coalesce(s.sent_at, s.first_envelope)))"

    private var shell: SQLiteShell {
        get throws {
            guard let shell = SQLiteShell(workspace.database, folder: workspace.folder) else {
                throw BenchFailure("no sqlite3")
            }
            return shell
        }
    }

    func make() throws {
        try workspace.create()
        let lines = BenchWorkspace.lines.map { $0.dropFirst() }
        let (now, day, stride) = (Self.now.microseconds, Self.day, attachments / due)
        try shell.run(
            """
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000; PRAGMA temp_store = MEMORY;
            BEGIN;
            CREATE TEMP TABLE made (
                key INTEGER PRIMARY KEY, line INTEGER, mime TEXT, size INTEGER, check_at INTEGER, sent INTEGER);
            WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < \(attachments))
            INSERT INTO made SELECT i,
                CASE i & 3 WHEN 0 THEN \(lines[0]) WHEN 1 THEN \(lines[1]) WHEN 2 THEN \(lines[2]) ELSE \(lines[3]) END,
                CASE i % 5 WHEN 0 THEN 'image/jpeg' WHEN 1 THEN 'application/pdf' WHEN 2 THEN 'image/heic'
                    WHEN 3 THEN 'video/quicktime' ELSE 'audio/x-m4a' END,
                1000 + i * 7919 % 4000000,
                CASE WHEN i % \(stride) = 0 THEN \(now) - i * 2654435761 % \(day)
                    ELSE \(now) + \(2 * day) + i * 2654435761 % \(22 * day) END, 0 FROM n;
            UPDATE made SET sent = check_at - (\(Self.period()));
            INSERT INTO chat (id, line, is_group, roster_known) SELECT CAST(printf('chat%012d', key) AS BLOB), line, 0, 1 FROM made
            WHERE key <= \(max(4, attachments / 12));
            DROP TRIGGER live_insert;
            INSERT INTO attachment (key, id, first_seen, last_seen, layouts, next_check)
            SELECT key, randomblob(16), sent, sent, 1, check_at FROM made;
            INSERT INTO sighting (attachment, message, source, chat, line, direction, mime, size, sent_at, first_envelope)
            SELECT key, CAST(printf('message-%08d', key) AS BLOB), 0,
                CAST(printf('chat%012d', 1 + key % \(max(4, attachments / 12))) AS BLOB),
                line, key % 3 = 0, mime, size, sent, sent FROM made;
            UPDATE live SET attachments = (SELECT count(*) FROM attachment);
            CREATE TRIGGER live_insert AFTER INSERT ON attachment WHEN NEW.state = 0
                BEGIN UPDATE live SET attachments = attachments + 1; END;
            COMMIT;
            PRAGMA journal_mode = WAL;
            """)
    }

    /// What is due, by the index, with the columns of a plan's items.
    private static let dueItems = """
        SELECT a.id, CASE WHEN line = \(BenchWorkspace.lines[0].dropFirst()) THEN 'policy:first-line'
            WHEN mime LIKE 'image/%' THEN 'policy:pictures' ELSE 'policy:default' END, s.line, 0, max(s.size)
        FROM attachment a INDEXED BY attachment_due CROSS JOIN sighting s ON s.attachment = a.key
        WHERE a.next_check <= \(now.microseconds) AND a.state <> 1
        GROUP BY a.next_check, a.key HAVING \(created) + \(period()) <= \(now.microseconds)
        """

    /// Seconds in which the shell lists what is due.
    func secondsToList() throws -> Double {
        try shell.seconds(".output /dev/null\n\(Self.dueItems);\n.output stdout\n")
    }

    /// Seconds in which the shell writes a plan of what is due, on disk when it ends.
    func secondsToPlan() throws -> Double {
        try shell.seconds(
            """
            BEGIN IMMEDIATE;
            INSERT INTO plan (id, kind, created, partner, policy, coverage, max_deletes, max_percent, max_bytes, digest,
                items, bytes, state)
            VALUES (randomblob(16), 'retention', \(Self.now.microseconds), '', '', '', 0, 0, 0, '', 0, 0, 'cancelled');
            INSERT INTO plan_item (plan, attachment, rule, line, tier, size)
            SELECT (SELECT max(key) FROM plan), due.* FROM (\(Self.dueItems)) AS due;
            COMMIT;

            """)
    }

    /// Seconds of an aggregate over everything that is held, under the same predicate.
    func secondsToScan() throws -> Double {
        try shell.seconds(
            """
            SELECT count(*), sum(size) FROM (
                SELECT max(s.size) AS size FROM sighting s CROSS JOIN attachment a ON a.key = s.attachment
                WHERE a.state <> 1 GROUP BY s.attachment HAVING \(Self.created) + \(Self.period())
                    <= \(Self.now.microseconds));

            """)
    }

    /// Seconds in which the shell gives every attachment another `next_check`; `later` as in `policies`.
    func secondsToMove(later: Int) throws -> Double {
        try shell.seconds(
            """
            UPDATE attachment AS a SET next_check = (
                SELECT \(Self.created) + \(Self.period(later: later)) FROM sighting s WHERE s.attachment = a.key)
            WHERE a.state <> 1;

            """)
    }
}
