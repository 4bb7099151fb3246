import Glibc
import SyncCore

/// Figures and words that one step measured or made.
struct Measurement {
    private var fields: [(name: String, json: String)] = []

    /// Adds a number.
    mutating func add(_ name: String, _ number: some Numeric & CustomStringConvertible) {
        fields.append((name, number.description))
    }

    /// Adds a word, which needs no escaping.
    mutating func add(_ name: String, word: String) {
        fields.append((name, "\"\(word)\""))
    }

    /// Adds how long a body took, and returns what it returned.
    mutating func time<Value>(
        _ name: String, in environment: Environment, _ body: () async throws -> Value
    ) async rethrows -> Value {
        let start = environment.uptime()
        let value = try await body()
        add(name, (environment.uptime() - start) / .seconds(1))
        return value
    }

    /// Adds the most memory this process has had in use.
    mutating func addPeakMemory() {
        // Linux counts in KiB.
        add("peak_bytes", Self.usage().ru_maxrss * 1024)
        add("cpu_seconds", Self.processorSeconds())
    }

    /// How long processors have worked for this process, in the kernel too.
    static func processorSeconds() -> Double {
        let usage = usage()
        let user = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
        let system = Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
        return user + system
    }

    private static func usage() -> rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    /// The figures as one JSON object.
    var json: String {
        "{" + fields.map { "\"\($0.name)\": \($0.json)" }.joined(separator: ", ") + "}"
    }
}
