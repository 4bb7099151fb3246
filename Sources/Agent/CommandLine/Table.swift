package import SyncCore

/// Rows for people.
///
/// On a terminal the widest columns are cut until a row fits a line; elsewhere nothing is cut,
/// so that `grep` finds what is there. Control characters never reach the terminal: a cell may
/// be the subject of a stranger's mail.
package struct Table: Sendable {
    /// A column's heading, which side its cells keep to, and which part of them matters most.
    package struct Column: Sendable {
        let heading: LocalizedText
        let isNumber: Bool
        let isCutInFront: Bool

        /// A column of words, kept to the left.
        package static func words(es: String, en: String) -> Column {
            Column(
                heading: LocalizedText(es: es, en: en), isNumber: false, isCutInFront: false)
        }

        /// A column of words whose ends tell more than their beginnings: a date with a time, a
        /// host with a port.
        package static func endings(es: String, en: String) -> Column {
            Column(heading: LocalizedText(es: es, en: en), isNumber: false, isCutInFront: true)
        }

        /// A column of numbers, kept to the right.
        package static func numbers(es: String, en: String) -> Column {
            Column(heading: LocalizedText(es: es, en: en), isNumber: true, isCutInFront: false)
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
        let heading = line(all[0], widths, isHeading: true)
        return ([heading] + rows.map { line($0, widths) }).joined(separator: "\n")
    }

    private func columnWidths(of rows: [[String]], fitting width: Int?) -> [Int] {
        var widths = columns.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        guard let width else { return widths }
        let available = width - Self.gap.count * (columns.count - 1)
        while widths.reduce(0, +) > available, let widest = widths.max(),
            widest > Self.columnWidthMinimum, let column = widths.lastIndex(of: widest)
        {
            widths[column] -= 1
        }
        return widths
    }

    private func line(_ cells: [String], _ widths: [Int], isHeading: Bool = false) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let width = widths[index]
            let shown = cut(cell, to: width, inFront: columns[index].isCutInFront && !isHeading)
            let padding = String(repeating: " ", count: width - shown.count)
            if index > 0 { line += Self.gap }
            line += columns[index].isNumber ? padding + shown : shown + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    private func cut(_ cell: String, to width: Int, inFront isInFront: Bool) -> String {
        guard cell.count > width else { return cell }
        return isInFront ? "…" + cell.suffix(width - 1) : cell.prefix(width - 1) + "…"
    }
}

extension String {
    /// The text without anything that could steer a terminal or turn the reading direction.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isSteering) else { return self }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars { result.append(scalar.isSteering ? " " : scalar) }
        return String(result)
    }
}

extension Unicode.Scalar {
    fileprivate var isSteering: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        // Directional overrides and isolates; joiners, which are also «format», stay.
        case .format: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        default: false
        }
    }
}
