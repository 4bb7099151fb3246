import Glibc
import Simulation
import Testing
import TestThreads

struct SimulationTests {
    @Test(.longComputation) func `no promise is broken in a few bad times`() throws {
        let simulator = try Simulator()
        for seed in UInt64(4)...8 {
            let outcome = simulator.run(seed: seed)
            for violation in outcome.violations { Issue.record("\(violation)") }
        }
    }

    // Another process hashes differently, so whatever goes through a dictionary or a set in its
    // own order shows here.
    @Test(.longComputation) func `one seed gives the same trace in two processes`() throws {
        let arguments = ["--seed", "6", "--trace"]
        let first = try ShareProcess.output(of: arguments, program: Self.program)
        let second = try ShareProcess.output(of: arguments, program: Self.program)
        #expect(first == second)
        #expect(first.split(separator: "\n").count > 100)
    }

    @Test func `each fault that shows the simulator's worth can still be planted`() throws {
        let script = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        _ = try ShareProcess.output(
            of: ["/\(script)/Simulation/Mutants/mutants.py", "--check"],
            program: "/usr/bin/python3")
    }

    /// The program `simulate`, built beside the tests.
    private static let program: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let tests = String(
            decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let end = tests.lastIndex(of: "/") ?? tests.startIndex
        return tests[..<end] + "/simulate"
    }()
}
