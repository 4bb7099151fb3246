import Glibc

// Benchmarks VERB [--NAME VALUE...]: does one step of a measurement in a process of its own, so
// that time and memory belong to that step, and prints what it measured as one JSON object.
do {
    let request = try StepRequest(Array(CommandLine.arguments.dropFirst()))
    print(try await request.run().json)
} catch {
    print("Benchmarks: \(error)")
    exit(64)
}
