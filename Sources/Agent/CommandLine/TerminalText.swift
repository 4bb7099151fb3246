extension String {
    /// How many columns of a terminal the text takes.
    var columnCount: Int { reduce(0) { $0 + $1.columnCount } }

    /// The text, with `…` in place of what does not fit into a number of columns.
    func cut(toColumns columns: Int) -> String {
        guard columnCount > columns else { return self }
        var result = ""
        // One column is for the mark; a wide character that would stand half in it goes too.
        var left = columns - 1
        for character in self {
            left -= character.columnCount
            guard left >= 0 else { break }
            result.append(character)
        }
        return result + "…"
    }

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

extension Character {
    /// How many columns a terminal gives the character: two for the ideographs and syllables of
    /// East Asia and for pictures, one for all others.
    fileprivate var columnCount: Int {
        unicodeScalars.contains(where: \.isWide) ? 2 : unicodeScalars.first.map(\.ownCount) ?? 0
    }
}

extension Unicode.Scalar {
    /// The ranges of Unicode's East Asian Width `W` and `F`, joined where what lies between is
    /// not assigned.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
    ]

    fileprivate var isWide: Bool {
        // Nearly all text ends here.
        guard value >= 0x1100 else { return false }
        return properties.isEmojiPresentation || value == 0xFE0F
            || Self.wide.contains { $0.contains(value) }
    }

    /// A mark without a letter before it takes no place.
    fileprivate var ownCount: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: 0
        default: 1
        }
    }
}
