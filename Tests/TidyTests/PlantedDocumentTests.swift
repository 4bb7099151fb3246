import Testing

/// The rules about documents find what was planted.
struct PlantedDocumentTests {
    @Test(arguments: [
        ("[a](other.md)", true), ("[a](../README.md)", true), ("[a](#two-words)", true),
        ("[a](other.md#its-part)", true), ("[a](https://example.org/x)", true),
        ("```\n[a](gone.md)\n```", true), ("[a](gone.md)", false), ("[a](../other.md)", false),
        ("[a](#three-words)", false), ("[a](other.md#gone)", false),
    ])
    func `a link that leads nowhere is found`(text: String, isFine: Bool) {
        let tree = SourceTree([
            SourceFile(path: "docs/page.md", text: "# Page\n## Two words\n\(text)\n"),
            SourceFile(path: "docs/other.md", text: "# Other\n## Its part\n"),
            SourceFile(path: "README.md", text: "# Project\n"),
        ])
        #expect(MarkdownLinks.violations(in: tree).isEmpty == isFine)
    }

    @Test func `a complete table passes`() {
        #expect(requirements().isEmpty)
    }

    @Test func `a missing, repeated or unknown row is found`() {
        #expect(requirements { $0.removeAll { $0.hasPrefix("| C12 ") } }.count == 1)
        #expect(requirements { $0.append($0[3]) }.count == 1)
        #expect(requirements { $0.append("| D14 | more | not yet |") }.count == 1)
    }

    @Test(arguments: [
        ("`QueueTests`", true), ("`a mail is queued`", true), ("`scripts/check`", true),
        ("`lab 3`", true), ("`QueueTests`, `lab 3`", true), ("soon", false), ("`Gone`", false),
        ("`a mail is lost`", false), ("`scripts/gone`", false), ("`lab 9`", false),
        ("`QueueTests`, `lab 9`", false),
    ])
    func `a row shown by something that is not there is found`(proof: String, isFine: Bool) {
        let violations = requirements { $0[0] = "| A1 | two options | \(proof) |" }
        #expect(violations.isEmpty == isFine)
    }

    private func requirements(_ change: (inout [String]) -> Void = { _ in }) -> [Violation] {
        var rows = RequirementsTable.identifiers.map { "| \($0) | something | not yet |" }
        change(&rows)
        return RequirementsTable.violations(
            in: SourceTree([
                SourceFile(path: RequirementsTable.path, text: rows.joined(separator: "\n")),
                SourceFile(
                    path: "Tests/OutboxTests/QueueTests.swift",
                    text: "struct QueueTests {\n    @Test func `a mail is queued`() {}\n}\n"),
                SourceFile(path: "Tests/Lab/steps.py", text: "@step(3, \"links\")\n"),
                SourceFile(path: "scripts/check", text: ""),
            ]))
    }
}
