package import SyncCore

/// Rows for people.
///
/// On a terminal the widest columns of words are cut until a row fits a line, and columns that are
/// worth nothing in part only if that is not enough; elsewhere nothing is cut, so that `grep`
/// finds what is there. Control characters never reach the terminal: a cell may
/// be the subject of a stranger's mail.
package struct Table: Sendable {
    /// A column's heading and which side its cells keep to.
    package struct Column: Sendable {
        let heading: LocalizedText
        let isNumber: Bool
        /// Whether a part of a cell is worth something.
        let isCuttable: Bool

        /// A column of words, kept to the left.
        package static func words(es: String, en: String) -> Column {
            Column(heading: LocalizedText(es: es, en: en), isNumber: false, isCuttable: true)
        }

        /// A column of names and times, kept to the left, that is cut only when all else is.
        package static func whole(es: String, en: String) -> Column {
            Column(heading: LocalizedText(es: es, en: en), isNumber: false, isCuttable: false)
        }

        /// A column of numbers, kept to the right.
        package static func numbers(es: String, en: String) -> Column {
            Column(heading: LocalizedText(es: es, en: en), isNumber: true, isCuttable: false)
        }
    }

    /// No column is cut below this width.
    private static let columnWidthMinimum = 6
    private static let gap = "  "

    private let columns: [Column]
    private var rows: [[String]] = []
    /// What is shown instead of a table without rows.
    private let empty: LocalizedText

    package init(_ columns: [Column], empty: LocalizedText) {
        precondition(!columns.isEmpty, "A table has columns.")
        self.columns = columns
        self.empty = empty
    }

    /// Adds a row with one cell for each column.
    package mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "A row has a cell for each column.")
        rows.append(cells.map(\.printable))
    }

    /// Lays the table out.
    package func text(in language: Language, width: Int?) -> String {
        guard !rows.isEmpty else { return empty.text(in: language) }
        let all = [columns.map { $0.heading.text(in: language) }] + rows
        let widths = columnWidths(of: all, fitting: width)
        return all.map { line($0, widths) }.joined(separator: "\n")
    }

    private func columnWidths(of rows: [[String]], fitting width: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            rows.map { $0[column].columnCount }.max() ?? 0
        }
        guard let width else { return widths }
        let available = width - Self.gap.count * (columns.count - 1)
        for isLast in [false, true] {
            let candidates = columns.indices.filter { isLast || columns[$0].isCuttable }
            while widths.reduce(0, +) > available,
                let widest = candidates.last(where: { index in
                    widths[index] == candidates.map { widths[$0] }.max()
                }), widths[widest] > Self.columnWidthMinimum
            {
                widths[widest] -= 1
            }
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let shown = cell.cut(toColumns: widths[index])
            let padding = String(repeating: " ", count: widths[index] - shown.columnCount)
            if index > 0 { line += Self.gap }
            line += columns[index].isNumber ? padding + shown : shown + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
