import Glibc

// torture NAME [--runs N] [--seed S]: one line per variation, and last a JSON summary.
do {
    let request = try TortureRequest(Array(CommandLine.arguments.dropFirst()))
    let summary = request.run()
    print(summary.json)
    exit(summary.violations.isEmpty ? 0 : 1)
} catch {
    print("\(error)")
    exit(64)
}
