import Foundation

extension TidyRule {
    private static let columnsMaximum = 100
    private static let functionLinesMaximum = 70
    private static let fileLinesMaximum = 400

    /// What people edit as code; prose wraps as it likes.
    private static func isCode(_ file: SourceFile) -> Bool {
        let extensions = [".swift", ".py", ".h", ".sh", ".modulemap"]
        return extensions.contains { file.path.hasSuffix($0) }
            || file.isInside(["scripts", ".ci"])
    }

    /// No line of code is longer than the page is wide.
    static let lineLength = TidyRule(description: "a line has at most \(columnsMaximum) columns") {
        file in
        guard isCode(file) else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > columnsMaximum, line.count > columnsMaximum else { return nil }
            return Violation(
                path: file.path, line: index + 1,
                message: "\(line.count) columns; wrap at \(columnsMaximum)")
        }
    }

    /// No file outgrows what a reader can hold.
    static let fileLength = TidyRule(description: "a file has at most \(fileLinesMaximum) lines") {
        file in
        guard isCode(file), file.lines.count > fileLinesMaximum + 1 else { return [] }
        return [
            Violation(
                path: file.path, line: file.lines.count,
                message: "the file is too long; cut it by aspect at \(fileLinesMaximum) lines")
        ]
    }

    /// A function fits on a screen.
    static let functionLength = TidyRule(
        description: "a function has at most \(functionLinesMaximum) lines"
    ) { file in
        guard file.path.hasSuffix(".swift") else { return [] }
        return file.code.indices.compactMap { start in
            guard let end = functionEnd(startingAt: start, in: file.code),
                end - start + 1 > functionLinesMaximum
            else { return nil }
            return Violation(
                path: file.path, line: start + 1,
                message: "a function of \(end - start + 1) lines; "
                    + "at most \(functionLinesMaximum)")
        }
    }

    /// The line of a function's closing brace, or nil where no function with a body starts.
    ///
    /// Relies on the formatter: the brace stands alone at the indentation of the declaration.
    private static func functionEnd(startingAt start: Int, in code: [String]) -> Int? {
        let declaration = code[start]
        // Much quicker than the expression, which decides.
        guard ["func ", "init", "subscript", "deinit"].contains(where: declaration.mayHold) else {
            return nil
        }
        guard
            declaration.firstMatch(
                of: /^ *([@a-zA-Z().]+ )*(func |init[?(<]|subscript[(<]|deinit )/) != nil,
            !declaration.hasSuffix("}")
        else { return nil }
        let depth = indentation(of: declaration)
        for index in code.indices.dropFirst(start + 1) {
            let line = code[index]
            guard let first = line.first(where: { $0 != " " }) else { continue }
            let lineDepth = indentation(of: line)
            if lineDepth < depth { return nil }
            if lineDepth == depth, first == "}" { return index }
        }
        return nil
    }

    private static func indentation(of line: String) -> Int {
        line.prefix { $0 == " " }.count
    }
}

extension String {
    fileprivate func mayHold(_ word: String) -> Bool {
        strstr(self, word) != nil
    }
}
