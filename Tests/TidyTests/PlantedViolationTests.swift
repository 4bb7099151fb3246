import Testing

/// Each rule finds what was planted, and lets the innocent neighbour pass.
struct PlantedViolationTests {
    @Test func `a line of 101 columns is found and one of 100 is not`() {
        let path = "Sources/SyncCore/Wide.swift"
        #expect(lines(.lineLength, path, String(repeating: "x", count: 101)) == [1])
        #expect(lines(.lineLength, path, String(repeating: "x", count: 100)) == [])
    }

    @Test func `a file of 401 lines is found and one of 400 is not`() {
        let path = "Sources/SyncCore/Long.swift"
        #expect(lines(.fileLength, path, String(repeating: "x\n", count: 401)) != [])
        #expect(lines(.fileLength, path, String(repeating: "x\n", count: 400)) == [])
    }

    @Test(arguments: [
        "func send() {", "package mutating func send() throws(Fault) {", "init(_ text: String) {",
        "deinit {", "@Test func `a sentence`() {", "func send(\n        _ text: String\n    ) {",
    ])
    func `a function of 71 lines is found and one of 70 is not`(declaration: String) {
        let declarationLines = declaration.split(separator: "\n").count
        func source(_ lineCount: Int) -> String {
            let body = String(repeating: "        x()\n", count: lineCount - declarationLines - 1)
            return "struct Long {\n    \(declaration)\n\(body)    }\n}\n"
        }
        #expect(lines(.functionLength, "Sources/Long.swift", source(71)) == [2])
        #expect(lines(.functionLength, "Sources/Long.swift", source(70)) == [])
    }

    @Test func `a short function before a long type is not taken for a long one`() {
        let filler = String(repeating: "    let x = 1\n", count: 90)
        let source =
            "struct Short {\n    func send() { go() }\n\(filler)    func stop() {\n    }\n}\n"
        #expect(lines(.functionLength, "Sources/Short.swift", source) == [])
    }

    @Test(arguments: CModuleHome.all)
    func `a C module is found outside its wrapper`(home: CModuleHome) {
        let source = "import Testing\npackage import \(home.module)\n"
        #expect(lines(.moduleImports, "Sources/Agent/Loop/Loop.swift", source) == [2])
        for folder in home.folders {
            #expect(lines(.moduleImports, "\(folder)/Wrapper.swift", source) == [])
        }
    }

    @Test(arguments: Ban.all)
    func `a banned word is found where it is banned, and nowhere else`(ban: Ban) {
        let rule = TidyRule(description: ban.word, violations: ban.violations(in:))
        let path = "Sources/Outbox/Queue/Planted.swift"
        let source = "let fine = 1\nlet planted = \(ban.word)\n"
        #expect(lines(rule, path, source) == [2])
        #expect(lines(rule, path, "let innocent = a\(ban.word)\n") == [])
        #expect(lines(rule, path, "// \(ban.word)\n") == (ban.includesComments ? [1] : []))
        #expect(
            lines(rule, path, "let text = \"\(ban.word)\"\n") == (ban.includesComments ? [1] : []))
        for exception in ban.exceptions {
            let inside = exception.hasSuffix(".swift") ? exception : "\(exception)/Fine.swift"
            #expect(lines(rule, inside, source) == [])
        }
    }

    @Test func `a path of somebody's machine is found`() {
        #expect(lines(.selfContained, "README.md", "see /work" + "/shared/notes.md") == [1])
        #expect(lines(.selfContained, "docs/x.md", "in /tmp" + "/wt now") == [1])
        #expect(lines(.selfContained, "README.md", "see docs/notes.md") == [])
    }

    @Test func `code is told from comments and text`() {
        let source = [
            "let a = \"try! // \\\" as!\" + b // try!", "/* try! */ let c = #\"try!\"#",
            "let d = \"\"\"", "    try!", "    \"\"\" + e",
        ]
        let blanked = CodeBlanker.blank(source).joined(separator: "\n")
        #expect(!blanked.contains("try!") && !blanked.contains("as!"))
        for name in ["+ b", "let c", "let d", "+ e"] {
            #expect(blanked.contains(name))
        }
    }

    private func lines(_ rule: TidyRule, _ path: String, _ text: String) -> [Int] {
        rule.violations(SourceFile(path: path, text: text)).map(\.line)
    }
}
