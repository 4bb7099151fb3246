package import SyncCore

extension OutboxStore {
    /// The tables of the outbox.
    ///
    /// A delivery's `number` is its mail's place in this device's queue, and null elsewhere.
    ///
    /// `mail`, `delivery`, `delivery_request`, `offered` and `log_line` are folded from records
    /// and so the same wherever the same records are. The others exist only where they were
    /// written: what this device queued, and its journal of claims.
    package static let schema = SchemaModule(
        name: "outbox",
        migrations: [
            Migration(version: 1, sql: views + own),
            Migration(version: 2) { try countContents($0) },
            // The address that a signed mail must be sent from.
            Migration(version: 3, sql: "ALTER TABLE own_mail ADD COLUMN signed_as TEXT;"),
            Migration(version: 4, sql: terms),
            Migration(version: 5) { try addAudit($0) },
            Migration(version: 6, sql: alertTables),
        ])

    /// Lets contents be counted, and erased when their time is over.
    private static func countContents(_ connection: Connection) throws {
        for column in [
            "byte_count INTEGER NOT NULL DEFAULT 0",
            "attachment_byte_count INTEGER NOT NULL DEFAULT 0", "erased INTEGER",
        ] {
            try connection.run("ALTER TABLE own_mail ADD COLUMN \(column)")
        }
        try connection.run(
            """
            UPDATE own_mail SET byte_count = (SELECT coalesce(sum(length(bytes)), 0)
                FROM content_part WHERE content_part.content = own_mail.content)
            """)
        let sum = try connection.first("SELECT coalesce(sum(byte_count), 0) FROM own_mail") {
            $0.integer(0)
        }
        try OutboxStore(connection).countContent(sum ?? 0, attachments: 0)
    }

    private static let views = """
        CREATE TABLE mail (
            id BLOB PRIMARY KEY,
            device BLOB NOT NULL,
            branch TEXT NOT NULL,
            user TEXT NOT NULL,
            type TEXT NOT NULL,
            entity TEXT,
            byte_count INTEGER NOT NULL,
            time INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX mail_time ON mail (time, id);
        CREATE TABLE delivery (
            message BLOB NOT NULL,
            recipient INTEGER NOT NULL,
            address TEXT,
            number INTEGER,
            custody INTEGER NOT NULL,
            state TEXT NOT NULL,
            due INTEGER NOT NULL,
            record BLOB NOT NULL,
            PRIMARY KEY (message, recipient)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX delivery_state ON delivery (custody, state, due, number);
        CREATE TABLE delivery_request (
            message BLOB NOT NULL,
            recipient INTEGER NOT NULL,
            fact BLOB NOT NULL,
            PRIMARY KEY (message, recipient, fact)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE offered (
            message BLOB NOT NULL,
            recipient INTEGER NOT NULL,
            device BLOB NOT NULL,
            incarnation INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            PRIMARY KEY (message, recipient, device, incarnation, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE log_line (
            number INTEGER PRIMARY KEY,
            device BLOB NOT NULL,
            incarnation INTEGER NOT NULL,
            scope TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            height INTEGER NOT NULL,
            time INTEGER NOT NULL,
            actor TEXT NOT NULL,
            word TEXT NOT NULL,
            message BLOB,
            recipient INTEGER,
            fact BLOB,
            is_request INTEGER NOT NULL,
            account TEXT,
            host TEXT,
            cause TEXT,
            detail BLOB NOT NULL,
            UNIQUE (device, incarnation, scope, sequence)
        ) STRICT;
        CREATE INDEX log_line_time ON log_line (time, number);
        CREATE INDEX log_line_message ON log_line (message, time) WHERE message IS NOT NULL;
        """

    /// When mails are sent, which go first, and when they are given up.
    private static let terms = """
        ALTER TABLE mail ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE mail ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE mail ADD COLUMN expires INTEGER;
        ALTER TABLE own_mail ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE own_mail ADD COLUMN expires INTEGER;
        ALTER TABLE delivery ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE delivery ADD COLUMN expires INTEGER;
        DROP INDEX delivery_state;
        CREATE INDEX delivery_state ON delivery (custody, state, priority, due, number);
        CREATE INDEX delivery_expires ON delivery (expires) WHERE expires IS NOT NULL;
        """

    private static let own = """
        CREATE TABLE own_mail (
            number INTEGER PRIMARY KEY,
            message BLOB NOT NULL UNIQUE,
            submission BLOB NOT NULL UNIQUE,
            user TEXT NOT NULL,
            key TEXT,
            subject TEXT NOT NULL,
            reply_name TEXT,
            reply_address TEXT,
            content BLOB NOT NULL,
            is_international INTEGER NOT NULL,
            not_before INTEGER NOT NULL,
            UNIQUE (user, key)
        ) STRICT;
        CREATE TABLE content_part (
            content BLOB NOT NULL,
            part INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            UNIQUE (content, part)
        ) STRICT;
        CREATE TABLE awaited_account (
            message BLOB NOT NULL,
            recipient INTEGER NOT NULL,
            account TEXT NOT NULL,
            PRIMARY KEY (message, recipient)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE claim_journal (
            message BLOB NOT NULL,
            recipient INTEGER NOT NULL,
            attempt BLOB NOT NULL,
            branch TEXT NOT NULL,
            is_begun INTEGER NOT NULL,
            PRIMARY KEY (message, recipient, attempt)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE route_state (
            account TEXT NOT NULL,
            host TEXT NOT NULL,
            port INTEGER NOT NULL,
            security TEXT NOT NULL,
            cause TEXT NOT NULL,
            PRIMARY KEY (account, host, port, security)
        ) STRICT, WITHOUT ROWID;
        """
}
