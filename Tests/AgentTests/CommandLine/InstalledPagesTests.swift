import SyncCore
import Testing

@testable import Agent

/// The manual page and the completion, which are written from the table of commands.
struct InstalledPagesTests {
    private let table = CommandTable.all

    private func page(_ words: [String], _ language: Language) throws -> String {
        guard case .help(let text) = try table.request(for: words, language: language) else {
            Issue.record("“\(words)” is not answered with a text.")
            return ""
        }
        return text
    }

    @Test(arguments: [Language.spanish, .english])
    func `the manual has every command with each of its options`(language: Language) throws {
        let manual = try page(["help", "manual"], language)
        let sections = manual.split(separator: ".SS syncmail ")
        for command in table.commands {
            let title = command.name.replacing("-", with: "\\-")
            let section = sections.first {
                $0.hasPrefix("\(title)\n") || $0.hasPrefix("\(title) ")
            }
            let text = try #require(section, "\(command.name) is missing.")
            let summary = command.summary.text(in: language).replacing("-", with: "\\-")
            #expect(text.contains(summary), "\(command.name)")
            for option in command.options {
                let name = option.name.replacing("-", with: "\\-")
                #expect(text.contains(#"\fB\-\-"# + name), "\(command.name) --\(option.name)")
            }
        }
        for command in CommandTable.ofFront {
            #expect(manual.contains(".SS syncmail \(command.name)"))
        }
    }

    @Test func `no text of the manual begins as an instruction of roff`() throws {
        let known = [".TH ", ".SH ", ".SS ", ".TP", ".B "]
        for line in try page(["help", "manual"], .english).split(separator: "\n")
        where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(known.contains { line.hasPrefix($0) }, "\(line)")
        }
    }

    @Test func `the completion offers every command and each of its options`() throws {
        let script = try page(["help", "completion"], .english)
        for command in table.commands {
            let pattern = "\"\(command.name) \"*) choices=\""
            let line = try #require(
                script.split(separator: "\n").first { $0.contains(pattern) }, "\(command.name)")
            let words = command.name.split(separator: " ")
            let offered = words.count == 1 ? "\"\") choices=" : "\"\(words[0]) \") choices="
            #expect(
                script.split(separator: "\n").contains {
                    $0.contains(offered) && $0.contains(words[words.count - 1])
                })
            for option in command.options {
                #expect(line.contains("--\(option.name)"), "\(command.name) --\(option.name)")
            }
        }
    }

    @Test func `the overview lists what the front does itself`() {
        for command in CommandTable.ofFront {
            #expect(table.overview(in: .spanish).contains("  \(command.name) "))
        }
    }
}
