import Outbox
import SyncCore

/// Rows of `log_envio_correo`, as commands show them.
struct AttemptView: Sendable {
    let row: AttemptRow

    /// The row for programs, under the names of the columns.
    var json: JSONValue {
        .members(
            zip(AttemptRow.columns, row.values).map { column, value in
                let number = AttemptRow.numbers.contains(column) ? value.flatMap { Int64($0) } : nil
                return (column, number.map { .integer($0) } ?? .optional(value))
            })
    }

    /// The row in the order of the columns.
    var csvCells: [String] { row.values.map { $0 ?? "" } }

    /// A table of the columns that people look for first, oldest first.
    static func table(_ views: [AttemptView]) -> Table {
        var table = Table(
            [
                .whole(es: "Hora (UTC)", en: "Time (UTC)"), .words(es: "Estado", en: "State"),
                .words(es: "Tipo", en: "Type"), .words(es: "Destino", en: "To"),
                .words(es: "Entidad", en: "Entity"), .words(es: "Origen", en: "Origin"),
                .words(es: "Cuenta", en: "Account"), .words(es: "Error", en: "Error"),
                .words(es: "Remedio", en: "Remedy"),
            ],
            empty: LocalizedText(es: "No hay intentos.", en: "There are no attempts."))
        for row in views.map(\.row) {
            func cell(_ column: String) -> String { row[column] ?? "" }
            let entity = [row["entidad_tipo"], row["entidad_id"]].compactMap(\.self)
            let origin = [row["origen_tipo"], row["origen_id"]].compactMap(\.self)
            table.add([
                String(cell("fecha_hora").prefix(19)), cell("estado"), cell("tipo"),
                cell("correo_destino"), entity.joined(separator: ":"),
                origin.joined(separator: " "), cell("cuenta"), cell("mensaje_error"),
                cell("remedio"),
            ])
        }
        return table
    }

    /// Reads the newest rows, window by window, and returns them oldest first.
    static func read(
        _ filter: LogFilter, limit: Int, from replica: Replica
    ) async throws -> [AttemptView] {
        var end = try await replica.read { try $0.outbox.attemptEnd() }
        var views: [AttemptView] = []
        while end > 0, views.count < limit {
            let place = end
            let rows = try await replica.read { try $0.outbox.attempts(filter, through: place) }
            views += rows.reversed().prefix(limit - views.count).map(AttemptView.init)
            end -= OutboxStore.attemptWindow
        }
        return views.reversed()
    }
}
