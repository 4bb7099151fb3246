/// One mechanical rule about a file.
struct TidyRule: Sendable, CustomStringConvertible {
    /// The rule as a sentence.
    let description: String

    /// Finds what breaks the rule in one file.
    let violations: @Sendable (SourceFile) -> [Violation]

    /// Finds what breaks the rule anywhere.
    func violations(in tree: SourceTree) -> [Violation] {
        tree.files.flatMap(violations)
    }

    /// Every rule that looks at one file at a time.
    static let all: [TidyRule] =
        [.lineLength, .functionLength, .fileLength, .moduleImports, .selfContained] + Ban.rules
}
