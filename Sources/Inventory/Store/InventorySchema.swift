internal import GRDB

/// The tables of `inventory.db`, as named migrations that only ever go forward. A migration that was released never
/// changes again; a new one goes to the end.
///
/// Vendor ids are 16-byte blobs, pseudonyms 32, times whole microseconds, our own lines the digits of their number, and
/// the enumerations of the big tables small integers (`StoredCode`). There is no column for a handle, a file name, a URL
/// or a text.
enum InventorySchema {
    /// `LETH`: what `file` and other tools see in the header.
    static let applicationID: Int64 = 0x4C45_5448

    static let migrations: [(name: String, statements: String)] = [
        ("1-inventory", facts + orders + projection), ("2-locked-policies", lockedPolicies),
        ("3-contradictions", contradictions), ("4-absence", absence),
        ("5-requests", requests), ("6-unreadable", unreadable), ("7-answered-by-others", answeredByOthers),
        ("8-log-first", logFirst),
    ]

    /// Kept in `user_version`.
    static var version: Int64 { Int64(migrations.count) }

    /// All of them, or the first `count`: tests open databases of older versions.
    static func migrator(first count: Int = migrations.count) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, migration) in migrations.prefix(count).enumerated() {
            migrator.registerMigration(migration.name) { database in
                try database.execute(sql: migration.statements)
                try database.execute(
                    sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(index + 1)")
            }
        }
        return migrator
    }

    /// The only place of pseudonyms and lookups, and no part of any foreign key: forgetting makes the table anew, because
    /// `secure_delete` does not reach the copies that SQLite leaves behind when it moves rows between pages.
    static let identity = """
        CREATE TABLE identity (
            key INTEGER PRIMARY KEY,
            lookup BLOB NOT NULL UNIQUE CHECK (length(lookup) = 32),
            pseudonym BLOB NOT NULL UNIQUE CHECK (length(pseudonym) = 32)
        ) STRICT;
        """

    /// What the vendor holds and whose it is. `sighting.sender` has no foreign key on purpose: forgetting a subject would
    /// scan every sighting to check it. `subject.key` is never given twice, so what is left of a number means nobody.
    private static let facts = """
        CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE subject (key INTEGER PRIMARY KEY AUTOINCREMENT) STRICT;
        \(identity)

        CREATE TABLE delivery (event BLOB PRIMARY KEY CHECK (length(event) = 16)) STRICT, WITHOUT ROWID;

        CREATE TABLE attachment (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            api_created INTEGER,
            api_seen INTEGER,
            first_seen INTEGER,
            last_seen INTEGER,
            layouts INTEGER NOT NULL DEFAULT 0,
            tier_drift INTEGER NOT NULL DEFAULT 0,
            state INTEGER NOT NULL DEFAULT 0,
            next_check INTEGER DEFAULT 0,
            revision INTEGER NOT NULL DEFAULT 0,
            outcome TEXT,
            outcome_at INTEGER,
            grade TEXT,
            CHECK (state <> 1 OR next_check IS NULL)
        ) STRICT;
        CREATE INDEX attachment_due ON attachment (next_check) WHERE next_check IS NOT NULL;

        CREATE TABLE sighting (
            attachment INTEGER NOT NULL REFERENCES attachment (key) ON DELETE CASCADE,
            message BLOB NOT NULL,
            source INTEGER NOT NULL,
            chat BLOB,
            line INTEGER,
            direction INTEGER,
            sender INTEGER,
            mime TEXT,
            size INTEGER,
            sent_at INTEGER,
            first_envelope INTEGER,
            reconciled_at INTEGER,
            PRIMARY KEY (attachment, message, source)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sighting_chat ON sighting (chat) WHERE chat IS NOT NULL;
        CREATE INDEX sighting_without_line ON sighting (chat) WHERE line IS NULL AND chat IS NOT NULL;
        CREATE INDEX sighting_without_chat ON sighting (sender) WHERE chat IS NULL AND sender IS NOT NULL;

        CREATE TABLE chat (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            line INTEGER,
            is_group INTEGER,
            roster_known INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE chat_member (
            chat BLOB NOT NULL REFERENCES chat (id),
            subject INTEGER NOT NULL REFERENCES subject (key),
            first_seen INTEGER,
            last_seen INTEGER,
            PRIMARY KEY (chat, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX chat_member_subject ON chat_member (subject);

        CREATE TABLE residue (origin BLOB PRIMARY KEY, chat BLOB, things INTEGER NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE live (only INTEGER PRIMARY KEY CHECK (only = 1), attachments INTEGER NOT NULL) STRICT;
        INSERT INTO live VALUES (1, 0);
        CREATE TRIGGER live_insert AFTER INSERT ON attachment WHEN NEW.state = 0
            BEGIN UPDATE live SET attachments = attachments + 1; END;
        CREATE TRIGGER live_update AFTER UPDATE OF state ON attachment WHEN (NEW.state = 0) <> (OLD.state = 0)
            BEGIN UPDATE live SET attachments = attachments + (NEW.state = 0) - (OLD.state = 0); END;
        CREATE TRIGGER live_delete AFTER DELETE ON attachment WHEN OLD.state = 0
            BEGIN UPDATE live SET attachments = attachments - 1; END;

        """

    /// Primary state: holds, requests and plans. `hold_version` changes with every hold, whoever writes it.
    private static let orders = """
        CREATE TABLE hold (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            scope TEXT NOT NULL,
            placed_at INTEGER NOT NULL,
            placed_by TEXT NOT NULL,
            reason TEXT NOT NULL,
            until INTEGER,
            released_at INTEGER,
            recorded INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE hold_subject (
            hold BLOB NOT NULL REFERENCES hold (id),
            subject INTEGER NOT NULL REFERENCES subject (key),
            PRIMARY KEY (hold, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX hold_subject_subject ON hold_subject (subject);
        CREATE TABLE unresolved_hold (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE hold_version (only INTEGER PRIMARY KEY CHECK (only = 1), value INTEGER NOT NULL) STRICT;
        INSERT INTO hold_version VALUES (1, 1);
        CREATE TRIGGER hold_insert AFTER INSERT ON hold BEGIN UPDATE hold_version SET value = value + 1; END;
        CREATE TRIGGER hold_update AFTER UPDATE OF until, released_at, scope ON hold
            BEGIN UPDATE hold_version SET value = value + 1; END;
        CREATE TRIGGER hold_delete AFTER DELETE ON hold BEGIN UPDATE hold_version SET value = value + 1; END;
        CREATE TRIGGER hold_named AFTER INSERT ON hold_subject BEGIN UPDATE hold_version SET value = value + 1; END;
        CREATE TRIGGER hold_lost AFTER INSERT ON unresolved_hold BEGIN UPDATE hold_version SET value = value + 1; END;

        CREATE TABLE request (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            state TEXT NOT NULL,
            received INTEGER NOT NULL,
            due INTEGER NOT NULL,
            jurisdiction TEXT NOT NULL,
            scope TEXT NOT NULL,
            opened_by TEXT NOT NULL,
            channel TEXT,
            identity_method TEXT,
            identity_date INTEGER,
            identity_by TEXT,
            extension_reason TEXT,
            extension_told INTEGER,
            includes_shared INTEGER NOT NULL DEFAULT 0,
            coverage TEXT NOT NULL,
            plan BLOB,
            ground TEXT,
            merged_into BLOB,
            answered INTEGER,
            recorded INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE request_subject (
            request BLOB NOT NULL REFERENCES request (id),
            subject INTEGER NOT NULL REFERENCES subject (key),
            PRIMARY KEY (request, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX request_subject_subject ON request_subject (subject);
        CREATE TABLE erased_person (
            subject INTEGER NOT NULL REFERENCES subject (key),
            request BLOB NOT NULL REFERENCES request (id),
            until INTEGER NOT NULL,
            PRIMARY KEY (subject, request)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE plan (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            kind TEXT NOT NULL,
            created INTEGER NOT NULL,
            partner TEXT NOT NULL,
            policy TEXT NOT NULL,
            request BLOB,
            coverage TEXT NOT NULL,
            max_deletes INTEGER NOT NULL,
            max_percent INTEGER NOT NULL,
            max_bytes INTEGER NOT NULL,
            digest TEXT NOT NULL,
            items INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            state TEXT NOT NULL,
            cause TEXT,
            lifted INTEGER NOT NULL DEFAULT 0,
            recorded INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE plan_item (
            plan INTEGER NOT NULL REFERENCES plan (key),
            attachment BLOB NOT NULL,
            rule TEXT NOT NULL,
            line INTEGER,
            tier INTEGER NOT NULL,
            size INTEGER,
            withheld TEXT,
            ground TEXT,
            ends INTEGER,
            attempts INTEGER NOT NULL DEFAULT 0,
            outcome TEXT,
            grade TEXT,
            http INTEGER,
            trace TEXT,
            closed_at INTEGER,
            PRIMARY KEY (plan, attachment)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX plan_item_attachment ON plan_item (attachment);
        CREATE INDEX plan_item_closed ON plan_item (closed_at) WHERE closed_at IS NOT NULL;
        CREATE TABLE approval (
            plan INTEGER NOT NULL REFERENCES plan (key),
            digest TEXT NOT NULL,
            name TEXT NOT NULL,
            how TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (plan, name)
        ) STRICT, WITHOUT ROWID;

        """

    /// What the audit log says, for queries: it can always be made again from the log.
    private static let projection = """
        CREATE TABLE applied (origin TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE run (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            plan BLOB,
            started INTEGER NOT NULL,
            ended INTEGER,
            cause TEXT,
            items INTEGER,
            deleted INTEGER,
            absent INTEGER,
            withheld INTEGER,
            failed INTEGER,
            open INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX run_started ON run (started);
        CREATE TABLE intent (
            op BLOB NOT NULL,
            try INTEGER NOT NULL,
            run BLOB NOT NULL,
            attachment BLOB NOT NULL,
            rule TEXT NOT NULL,
            at INTEGER NOT NULL,
            answered_at INTEGER,
            class TEXT,
            http INTEGER,
            trace TEXT,
            outcome TEXT,
            PRIMARY KEY (op, try)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX intent_attachment ON intent (attachment);
        CREATE INDEX intent_open ON intent (attachment) WHERE answered_at IS NULL;
        CREATE TABLE verification (
            key INTEGER PRIMARY KEY,
            attachment BLOB NOT NULL,
            run BLOB NOT NULL,
            at INTEGER NOT NULL,
            http INTEGER NOT NULL,
            grade TEXT NOT NULL
        ) STRICT;
        CREATE INDEX verification_attachment ON verification (attachment);
        CREATE TABLE confirmation (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            attachment BLOB NOT NULL,
            at INTEGER NOT NULL,
            http INTEGER NOT NULL,
            trace TEXT
        ) STRICT;
        """

    /// `locked_form` is primary state: the log has only digests. `locked_policy` is what the log says.
    private static let lockedPolicies = """
        CREATE TABLE locked_form (sha256 TEXT PRIMARY KEY, form BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE locked_policy (
            id TEXT PRIMARY KEY,
            sha256 TEXT NOT NULL,
            origin TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Which facts of a message or a chat were told in two ways (`Contradictions`). Before, the smaller value was kept:
    /// those that were overruled are lost, and come back when they are told again.
    private static let contradictions = """
        ALTER TABLE sighting ADD COLUMN contradicted INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE chat ADD COLUMN contradicted INTEGER NOT NULL DEFAULT 0;
        """

    /// What a GET missed before the first DELETE of a plan, and which attachments that are gone were named again since.
    private static let absence = """
        CREATE TABLE missed_before (
            plan INTEGER NOT NULL REFERENCES plan (key),
            attachment BLOB NOT NULL,
            PRIMARY KEY (plan, attachment)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE attachment ADD COLUMN named_again INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX attachment_named_again ON attachment (id) WHERE named_again = 1;
        """

    /// Changes of requests that the audit log is still to hear of: written with the change itself, so that a process that
    /// dies in between loses none. What version 0.1.0 left between two states, since a request did not follow its plan then,
    /// is put where its plan is. (`request.merged_into` was never used.)
    private static let requests = """
        CREATE TABLE unrecorded_change (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            request BLOB NOT NULL REFERENCES request (id),
            is_opening INTEGER NOT NULL,
            state TEXT NOT NULL,
            due INTEGER NOT NULL,
            by_name TEXT,
            reason TEXT
        ) STRICT;
        CREATE TABLE unresolved_request (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
        UPDATE sighting SET mime = CASE mime WHEN 'audio/mp3' THEN 'audio/mpeg' WHEN 'audio/mp4' THEN 'audio/x-m4a'
                WHEN 'audio/m4a' THEN 'audio/x-m4a' WHEN 'audio/aiff' THEN 'audio/x-aiff'
                WHEN 'audio/wav' THEN 'audio/x-wav' WHEN 'image/heif' THEN 'image/heic'
                WHEN 'text/x-vcard' THEN 'text/vcard' ELSE 'image/jpeg' END
            WHERE mime IN ('audio/mp3', 'audio/mp4', 'audio/m4a', 'audio/aiff', 'audio/wav', 'image/heif', 'text/x-vcard',
                'image/jpg', 'image/pjpeg');
        UPDATE sighting SET mime = NULL WHERE mime GLOB '*[0-9]*[0-9]*[0-9]*[0-9]*[0-9]*[0-9]*[0-9]*';
        ALTER TABLE plan ADD COLUMN includes INTEGER;
        ALTER TABLE plan ADD COLUMN stop INTEGER NOT NULL DEFAULT 0;
        UPDATE request SET state = (
            SELECT CASE p.state WHEN 'approved' THEN 'approved' WHEN 'applying' THEN 'applying'
                WHEN 'halted' THEN 'applying' WHEN 'proposed' THEN 'planned' ELSE 'received' END
            FROM plan p WHERE p.id = request.plan)
        WHERE state IN ('planned', 'approved', 'applying', 'verifying')
            AND EXISTS (SELECT 1 FROM plan p WHERE p.id = request.plan);
        """

    /// Which of the things without an id could not be read, and whether a search that is partial is left at that.
    private static let unreadable = """
        ALTER TABLE residue ADD COLUMN unreadable INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE request ADD COLUMN search_settled INTEGER NOT NULL DEFAULT 0;
        """

    /// Nothing is recorded after the fact any more: a row with `recorded = 0` is pending, and without effect. One of 0.1.0 was in force,
    /// so it stays, and is told from the log's.
    private static let logFirst = """
        UPDATE hold SET recorded = 1;
        UPDATE request SET recorded = 1;
        DROP TRIGGER hold_update;
        CREATE TRIGGER hold_update AFTER UPDATE OF until, released_at, scope, recorded ON hold
            BEGIN UPDATE hold_version SET value = value + 1; END;
        DROP TRIGGER hold_lost;
        DROP TABLE unresolved_hold;
        DROP TABLE unresolved_request;
        DROP TABLE unrecorded_change;
        """

    /// Changes of requests within one transaction, until the log has them: `InventoryStore.write`. In memory, where nobody else writes.
    static let changes = "PRAGMA temp_store = MEMORY;" + changeTable

    static let changeTable = """
        CREATE TEMP TABLE request_change (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            request BLOB NOT NULL,
            is_opening INTEGER NOT NULL,
            state TEXT NOT NULL,
            due INTEGER NOT NULL,
            by_name TEXT,
            reason TEXT
        ) STRICT;
        """

    /// Since when, and until when, nothing but 404s came for an attachment that are not the vendor's own. The log has the
    /// answers to DELETEs alone, and not whose 404 it was: what is lost here with an older file begins anew.
    /// And a miss is of the attachment, whichever plan comes later: `noteMiss`.
    private static let answeredByOthers = """
        DROP TABLE missed_before;
        CREATE TABLE answered_by_others (
            attachment BLOB PRIMARY KEY,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
