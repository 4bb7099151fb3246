import Foundation

/// One text file of the project, as the rules see it.
struct SourceFile: Sendable {
    /// The path below the project's root, with forward slashes.
    let path: String

    /// The lines without their newlines.
    let lines: [String]

    /// The lines with comments and the contents of string literals blanked out.
    ///
    /// A rule about code reads these, so that a sentence which explains a ban does not break it.
    let code: [String]

    private let text: String

    init(path: String, text: String) {
        self.path = path
        lines = text.components(separatedBy: "\n")
        code = path.hasSuffix(".swift") ? CodeBlanker.blank(lines) : lines
        self.text = text
    }

    /// The file's name without its folder.
    var name: String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Tells quickly whether a word may occur; without it no line needs to be read.
    func mayHold(_ word: String) -> Bool {
        strstr(text, word) != nil
    }

    /// Tells whether the file lies in one of the folders.
    func isInside(_ folders: [String]) -> Bool {
        folders.contains { path.hasPrefix($0 + "/") || path == $0 }
    }
}

/// Something in a file that breaks a rule.
struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// The file's path below the project's root.
    let path: String
    /// The line, counted from 1.
    let line: Int
    /// What is wrong and what to do instead.
    let message: String

    /// One line in the form that editors can follow.
    var description: String {
        "\(path):\(line): \(message)"
    }
}
