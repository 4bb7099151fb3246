import Testing

/// The rules, applied to the project as it is.
struct ProjectTidyTests {
    @Test(arguments: TidyRule.all)
    func `the project keeps the rule`(rule: TidyRule) throws {
        let violations = rule.violations(in: try SourceTree.ofProject())
        #expect(violations.isEmpty, Comment(rawValue: Self.listing(violations)))
    }

    @Test func `the links of the documentation lead somewhere`() throws {
        let violations = MarkdownLinks.violations(in: try SourceTree.ofProject())
        #expect(violations.isEmpty, Comment(rawValue: Self.listing(violations)))
    }

    @Test func `every requirement has one row that names what shows it`() throws {
        let violations = RequirementsTable.violations(in: try SourceTree.ofProject())
        #expect(violations.isEmpty, Comment(rawValue: Self.listing(violations)))
    }

    @Test func `the tree that is checked is the whole project`() throws {
        let paths = try SourceTree.ofProject().paths
        #expect(paths.isSuperset(of: ["Package.swift", "Sources/SyncCore", "scripts/check"]))
    }

    private static func listing(_ violations: [Violation]) -> String {
        violations.map(\.description).joined(separator: "\n")
    }
}
