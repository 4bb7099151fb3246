import Foundation

/// Blanks comments and string literals out of Swift source.
///
/// It follows what this project's layout produces: `//` and `/* */` comments, one-line and
/// multi-line literals, and raw literals with one `#`. Columns stay where they were.
struct CodeBlanker {
    private enum State {
        case code
        case text
        case rawText
        case longText
        case comment
    }

    private var state = State.code

    /// Returns the lines with everything that is not code replaced by spaces.
    static func blank(_ lines: [String]) -> [String] {
        var blanker = CodeBlanker()
        return lines.map { line in
            // Most lines hold neither text nor a comment.
            if blanker.state == .code, strpbrk(line, "\"/#") == nil { return line }
            return blanker.blank(Array(line.utf8))
        }
    }

    private mutating func blank(_ line: [UInt8]) -> String {
        var output: [UInt8] = []
        while output.count < line.count {
            let rest = line[output.count...]
            if state == .code, rest.starts(with: "//".utf8) { break }
            let (length, isCode) = advance(rest)
            for byte in rest.prefix(length) {
                output.append(isCode ? byte : UInt8(ascii: " "))
            }
        }
        // A one-line literal cannot pass the end of its line.
        if state == .text || state == .rawText { state = .code }
        return String(decoding: output, as: UTF8.self)
    }

    /// Reads what stands at the front of the rest of a line.
    ///
    /// - Parameter rest: What is left of the line; not empty.
    /// - Returns: How many characters were read, and whether they are code.
    private mutating func advance(_ rest: ArraySlice<UInt8>) -> (length: Int, isCode: Bool) {
        let closing: String
        switch state {
        case .code:
            let openings: [(word: String, state: State)] = [
                ("/*", .comment), ("\"\"\"", .longText), ("#\"", .rawText), ("\"", .text),
            ]
            guard let opening = openings.first(where: { rest.starts(with: $0.word.utf8) }) else {
                return (1, true)
            }
            state = opening.state
            return (opening.word.utf8.count, false)
        case .text:
            if rest.first == UInt8(ascii: "\\") { return (2, false) }
            closing = "\""
        case .rawText: closing = "\"#"
        case .longText: closing = "\"\"\""
        case .comment: closing = "*/"
        }
        guard rest.starts(with: closing.utf8) else { return (1, false) }
        state = .code
        return (closing.utf8.count, false)
    }
}
