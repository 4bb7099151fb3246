import SyncCore

/// What the log of attempts needs beside the lines of the log.
extension OutboxStore {
    /// Adds what auditors ask of an attempt, the kept dialogues, and ``log_envio_correo``.
    static func addAudit(_ connection: Connection) throws {
        try connection.runScript(auditColumns)
        try fillAuditColumns(connection)
        try connection.runScript(auditView)
    }

    /// How many lines are filled in at a time.
    private static let fillCount = 512

    private static let auditColumns = """
        ALTER TABLE mail ADD COLUMN way TEXT;
        ALTER TABLE mail ADD COLUMN contact_kind TEXT;
        ALTER TABLE mail ADD COLUMN contact_id TEXT;
        ALTER TABLE log_line ADD COLUMN attempt INTEGER;
        ALTER TABLE log_line ADD COLUMN holder BLOB;
        ALTER TABLE log_line ADD COLUMN port INTEGER;
        ALTER TABLE log_line ADD COLUMN security TEXT;
        ALTER TABLE log_line ADD COLUMN milliseconds INTEGER;
        ALTER TABLE log_line ADD COLUMN reply TEXT;
        ALTER TABLE log_line ADD COLUMN remedy TEXT;
        DROP INDEX log_line_message;
        CREATE INDEX log_line_message ON log_line (message, recipient, attempt, time)
            WHERE message IS NOT NULL;
        CREATE TABLE smtp_dialogue (
            number INTEGER PRIMARY KEY,
            message BLOB NOT NULL,
            time INTEGER NOT NULL,
            attempts TEXT NOT NULL,
            lines TEXT NOT NULL
        ) STRICT;
        CREATE INDEX smtp_dialogue_message ON smtp_dialogue (message);
        """

    /// The lines that older versions wrote hold the same, inside their details.
    private static func fillAuditColumns(_ connection: Connection) throws {
        var last = 0
        while true {
            let page = try connection.rows(
                "SELECT number, fact, detail FROM log_line WHERE number > ? "
                    + "ORDER BY number LIMIT ?",
                .integer(last), .integer(fillCount)
            ) { row in
                (
                    number: row.integer(0),
                    fact: try row.optionalBytes(1).map { try DeliveryFact(canonicalBytes: $0) },
                    detail: try AttemptDetail(canonicalBytes: row.bytes(2))
                )
            }
            for (number, fact, detail) in page {
                try connection.run(
                    """
                    UPDATE log_line SET attempt = ?, holder = ?, port = ?, security = ?,
                        milliseconds = ?, reply = ?, remedy = ? WHERE number = ?
                    """,
                    values: auditValues(fact, detail) + [.integer(number)])
            }
            guard let end = page.last, page.count == fillCount else { return }
            last = end.number
        }
    }

    /// The values of the columns `attempt` to `remedy` of a line.
    static func auditValues(_ fact: DeliveryFact?, _ detail: AttemptDetail) -> [SQLValue] {
        [
            .optionalInteger(fact?.attempt?.number),
            .optionalBytes(fact?.attempt?.grant.device.bytes), .optionalInteger(detail.port),
            .optionalText(detail.security), .optionalInteger(detail.milliseconds),
            .optionalText(detail.reply), .optionalText(AttemptRemedy(of: detail)?.text.es),
        ]
    }

    /// One row for each attempt, and one for each delivery that none was made of.
    ///
    /// Of an attempt the line that says most is shown, whatever came first or last: the states of
    /// an attempt only go up, as those of ``AttemptFacts`` do.
    private static let auditView = """
        CREATE VIEW log_envio_correo AS
        SELECT l.number AS numero,
            strftime('%Y-%m-%dT%H:%M:%fZ', (l.time >> 16) / 1000.0, 'unixepoch')
                AS fecha_hora,
            l.time AS reloj_hibrido,
            m.type AS tipo,
            m.contact_kind AS destinatario_tipo, m.contact_id AS destinatario_id,
            d.address AS correo_destino, l.recipient + 1 AS destinatario_numero,
            \(entity("m.entity")),
            CASE l.word WHEN 'sent' THEN 'enviado' WHEN 'failed' THEN 'fallido'
                WHEN 'in_doubt' THEN 'incierto' WHEN 'claimed' THEN 'enviando'
                WHEN 'data_begun' THEN 'enviando' ELSE 'reintento' END AS estado,
            l.attempt AS intento,
            CASE WHEN l.word <> 'sent' THEN coalesce(l.reply, l.cause) END AS mensaje_error,
            l.cause AS causa, l.reply AS respuesta, l.remedy AS remedio,
            \(origin("m")),
            lower(hex(coalesce(l.holder, l.device))) AS nodo_id,
            l.account AS cuenta, l.host AS servidor, l.port AS puerto, l.security AS seguridad,
            l.milliseconds AS duracion_ms, lower(hex(l.message)) AS correo_id, l.scope AS sucursal
        FROM log_line l
        LEFT JOIN mail m ON m.id = l.message
        LEFT JOIN delivery d ON d.message = l.message AND d.recipient = l.recipient
        LEFT JOIN log_line q ON q.number = (SELECT o.number FROM log_line o
            WHERE o.message = l.message AND o.recipient IS NULL AND o.word = 'queued' LIMIT 1)
        WHERE l.attempt IS NOT NULL AND \(rank("l")) > 0 AND NOT EXISTS (
            SELECT 1 FROM log_line b WHERE b.message = l.message AND b.recipient = l.recipient
                AND b.attempt = l.attempt AND b.holder IS l.holder
                AND (\(rank("b")), b.time, b.number) > (\(rank("l")), l.time, l.number))
        UNION ALL
        SELECT q.number,
            strftime('%Y-%m-%dT%H:%M:%fZ', (q.time >> 16) / 1000.0, 'unixepoch'), q.time,
            m.type, m.contact_kind, m.contact_id, d.address, d.recipient + 1,
            \(entity("m.entity")),
            CASE d.state WHEN 'held' THEN 'retenido' WHEN 'cancelled' THEN 'cancelado'
                WHEN 'in_doubt' THEN 'incierto' WHEN 'sent' THEN 'enviado'
                WHEN 'failed' THEN 'fallido' ELSE 'en cola' END,
            NULL, NULL, NULL, NULL, NULL,
            \(origin("m")),
            lower(hex(q.device)), NULL, NULL, NULL, NULL, NULL, lower(hex(q.message)), q.scope
        FROM log_line q
        JOIN mail m ON m.id = q.message
        JOIN delivery d ON d.message = q.message
        WHERE q.word = 'queued' AND NOT EXISTS (
            SELECT 1 FROM log_line b WHERE b.message = q.message AND b.recipient = d.recipient
                AND b.attempt IS NOT NULL);
        """

    /// How much a line says about its attempt; 0 if it is about none.
    private static func rank(_ line: String) -> String {
        "CASE \(line).word WHEN 'claimed' THEN 1 WHEN 'data_begun' THEN 2 WHEN 'in_doubt' THEN 3 "
            + "WHEN 'not_sent' THEN 4 WHEN 'refused_for_now' THEN 5 WHEN 'failed' THEN 6 "
            + "WHEN 'sent' THEN 7 ELSE 0 END"
    }

    /// `KIND:ID` in two columns.
    private static func entity(_ column: String) -> String {
        "CASE WHEN instr(\(column), ':') > 0 "
            + "THEN substr(\(column), 1, instr(\(column), ':') - 1) ELSE \(column) END "
            + "AS entidad_tipo, CASE WHEN instr(\(column), ':') > 0 "
            + "THEN substr(\(column), instr(\(column), ':') + 1) END AS entidad_id"
    }

    /// By which way the mail came in, who brought it, and in whose name.
    private static func origin(_ mail: String) -> String {
        let words = MailSource.Way.allCases
            .map { "WHEN '\($0.rawValue)' THEN '\($0.spanish)'" }.joined(separator: " ")
        return "CASE \(mail).way \(words) END AS origen_tipo, q.actor AS origen_id, "
            + "\(mail).user AS usuario"
    }
}
