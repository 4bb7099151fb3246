/// Checks that every requirement has one row, and that each row names what shows it.
///
/// A row is `| A1 | what, in short | shown by |`. The last cell is `not yet`, or names in
/// backquotes: a path of the project, a test suite, a sentence that names a test, or a step of
/// the lab as `lab 3`.
enum RequirementsTable {
    /// Where the table is kept.
    static let path = "docs/REQUIREMENTS.md"

    /// The identifiers that must each appear once.
    static let identifiers: [String] = [("A", 44), ("B", 25), ("C", 25), ("D", 13)]
        .flatMap { letter, count in (1...count).map { "\(letter)\($0)" } }

    /// Finds rows that are missing, repeated, unknown, or shown by something that is not there.
    static func violations(in tree: SourceTree) -> [Violation] {
        guard let table = tree.files.first(where: { $0.path == path }) else {
            return [Violation(path: path, line: 1, message: "the table is missing")]
        }
        var found: [String: Int] = [:]
        var violations: [Violation] = []
        for (index, line) in table.lines.enumerated() {
            guard let row = line.wholeMatch(of: /\| ([A-Z]+\d+) \| (.+) \| (.+) \|/) else {
                continue
            }
            found[String(row.1), default: 0] += 1
            violations += unknownProofs(in: String(row.3), tree).map {
                Violation(path: path, line: index + 1, message: "\(row.1): \($0)")
            }
        }
        for identifier in identifiers where found[identifier] != 1 {
            let message = "\(identifier) has \(found[identifier] ?? 0) rows; it must have one"
            violations.append(Violation(path: path, line: 1, message: message))
        }
        for identifier in found.keys.sorted() where !identifiers.contains(identifier) {
            violations.append(
                Violation(path: path, line: 1, message: "\(identifier) is no requirement"))
        }
        return violations
    }

    private static func unknownProofs(in cell: String, _ tree: SourceTree) -> [String] {
        if cell == "not yet" { return [] }
        let proofs = cell.matches(of: /`([^`]+)`/).map { String($0.1) }
        guard !proofs.isEmpty else { return ["names no test; write 'not yet' or a test"] }
        return proofs.filter { !exists($0, tree) }.map { "'\($0)' does not exist" }
    }

    private static func exists(_ proof: String, _ tree: SourceTree) -> Bool {
        if tree.paths.contains(proof) { return true }
        if let step = proof.wholeMatch(of: /lab (\d+)/) {
            return tree.files.contains {
                $0.isInside(["Tests/Lab"]) && $0.lines.contains { $0.hasPrefix("@step(\(step.1),") }
            }
        }
        let isSuite = proof.wholeMatch(of: /\w+/) != nil
        return tree.files.contains { file in
            guard file.isInside(["Tests"]), file.path.hasSuffix(".swift") else { return false }
            return file.lines.contains {
                isSuite ? $0.contains("struct \(proof) {") : $0.contains("func `\(proof)`(")
            }
        }
    }
}
