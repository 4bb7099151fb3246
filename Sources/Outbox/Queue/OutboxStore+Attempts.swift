import SyncCore

/// One row of `log_envio_correo`, the table in which auditors look for an attempt.
package struct AttemptRow: Hashable, Sendable {
    /// The columns of the view, in their order.
    package static let columns = [
        "numero", "fecha_hora", "reloj_hibrido", "tipo", "destinatario_tipo", "destinatario_id",
        "correo_destino", "destinatario_numero", "entidad_tipo", "entidad_id", "estado", "intento",
        "mensaje_error", "causa", "respuesta", "remedio", "origen_tipo", "origen_id", "usuario",
        "nodo_id", "cuenta", "servidor", "puerto", "seguridad", "duracion_ms", "correo_id",
        "sucursal",
    ]
    /// Those that hold numbers.
    package static let numbers: Set<String> = [
        "numero", "reloj_hibrido", "destinatario_numero", "intento", "puerto", "duracion_ms",
    ]

    /// The values as text, in the order of ``columns``; nothing where nothing is known.
    package let values: [String?]

    /// The value of a column.
    package subscript(column: String) -> String? {
        Self.columns.firstIndex(of: column).flatMap { values[$0] }
    }
}

extension OutboxStore {
    /// How many lines of the log one statement looks at for rows of attempts.
    package static let attemptWindow = 400

    /// The number behind the last line of the log.
    package func attemptEnd() throws -> Int {
        try connection.first("SELECT coalesce(max(number), 0) FROM log_line") { $0.integer(0) }
            ?? 0
    }

    /// The rows of `log_envio_correo` among a window of the log, in its order.
    ///
    /// - Parameters:
    ///   - filter: Which rows; words and steps do not restrict, states do not exist here.
    ///   - end: The last line that is looked at; ``attemptWindow`` lines up to it are.
    /// - Returns: The rows, oldest first.
    /// - Throws: ``StorageError``.
    package func attempts(_ filter: LogFilter, through end: Int) throws -> [AttemptRow] {
        let names = AttemptRow.columns.joined(separator: ", ")
        return try connection.rows(
            """
            SELECT \(names) FROM log_envio_correo
            WHERE numero > ?1 AND numero <= ?2
                AND (?3 IS NULL OR correo_id = ?3) AND (?4 IS NULL OR nodo_id = ?4)
                AND (?5 IS NULL OR sucursal = ?5) AND (?6 IS NULL OR cuenta = ?6)
                AND (?7 IS NULL OR instr(?7, ',' || usuario || ',') > 0)
                AND (?8 IS NULL OR lower(correo_destino) = lower(?8))
                AND (?9 IS NULL OR tipo = ?9)
                AND (?10 IS NULL OR entidad_tipo || coalesce(':' || entidad_id, '') = ?10
                    OR entidad_tipo = ?10)
                AND (?11 IS NULL OR origen_tipo = ?11)
                AND (?12 IS NULL OR destinatario_tipo = ?12)
                AND (?13 IS NULL OR destinatario_id = ?13)
                AND (?14 IS NULL OR reloj_hibrido >= ?14)
                AND (?15 IS NULL OR reloj_hibrido < ?15)
            ORDER BY numero, destinatario_numero
            """,
            .integer(max(0, end - Self.attemptWindow)), .integer(end),
            .optionalText(filter.message?.bytes.hexadecimal),
            .optionalText(filter.device?.bytes.hexadecimal), .optionalText(filter.branch?.text),
            .optionalText(filter.account?.text), .names(filter.users),
            .optionalText(filter.address), .optionalText(filter.type),
            .optionalText(filter.entity), .optionalText(filter.way?.spanish),
            .optionalText(filter.contactKind?.rawValue), .optionalText(filter.contactID),
            filter.since.map { SQLValue(bits: UInt64(max($0.milliseconds, 0)) << 16) } ?? .null,
            filter.until.map { SQLValue(bits: UInt64(max($0.milliseconds, 0)) << 16) } ?? .null
        ) { row in
            var values: [String?] = []
            for (index, column) in AttemptRow.columns.enumerated() {
                values.append(
                    AttemptRow.numbers.contains(column)
                        ? row.optionalInteger(index).map(String.init) : row.optionalText(index))
            }
            return AttemptRow(values: values)
        }
    }
}
