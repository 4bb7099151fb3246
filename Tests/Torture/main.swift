import Glibc

// torture NAME [--runs N] [--seed S] [--jobs N] [--without SAFETY]: prints what was broken, and
// last a JSON summary.
// torture flip-audit HOME: changes one byte in a copy of a home, and names the record.
let words = Array(CommandLine.arguments.dropFirst())
do {
    if words.first == "flip-audit", words.count == 2 {
        print(try await AuditFlip(home: words[1]).run().json)
        exit(0)
    }
    if words.first == "kill-writer" {
        try KillWriter(Array(words.dropFirst())).run()
        exit(0)
    }
    let summary = try TortureRequest(words).run()
    print(summary.json)
    exit(summary.violations.isEmpty ? 0 : 1)
} catch {
    print("\(error)")
    exit(64)
}
