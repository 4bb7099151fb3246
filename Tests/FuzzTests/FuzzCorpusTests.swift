import Foundation
import Fuzz
import TestSupport
import Testing

/// The inputs that fuzzing found worth keeping, and small changes of them, in every run of the
/// tests.
struct FuzzCorpusTests {
    private static let changesCount = 300

    /// The files of a target in `fixtures/corpus`.
    private func corpus(of target: FuzzTarget, sourceFile: String = #filePath) throws -> [[UInt8]] {
        var root = URL(filePath: sourceFile)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let folder = root.appending(path: "fixtures/corpus/\(target.name)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            [UInt8](try Data(contentsOf: folder.appending(path: $0)))
        }
    }

    @Test func `every target has a corpus, and there is none without a target`() throws {
        let names = FuzzTarget.all.map(\.name)
        #expect(Set(names).count == names.count)
        for target in FuzzTarget.all { #expect(try !corpus(of: target).isEmpty, "\(target.name)") }
    }

    @Test func `what fuzzing found is treated as it should be`() throws {
        for target in FuzzTarget.all {
            for (place, input) in try corpus(of: target).enumerated() {
                #expect(target.check(input) == nil, "\(target.name) \(place)")
            }
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `so are small changes of it`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for target in FuzzTarget.all {
            let inputs = try corpus(of: target)
            for number in 0..<Self.changesCount {
                guard var input = inputs.randomElement(using: &random) else { break }
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    Self.change(&input, using: &random)
                }
                if let wrong = target.check(input) {
                    Issue.record("\(target.name), seed \(seed), change \(number): \(wrong)")
                }
            }
        }
    }

    /// Changes, removes, adds or repeats some bytes.
    private static func change(_ input: inout [UInt8], using random: inout SeededRandom) {
        let place = Int.random(in: 0...input.count, using: &random)
        let end = min(input.count, place + Int.random(in: 1...8, using: &random))
        switch Int.random(in: 0..<4, using: &random) {
        case 0 where place < input.count:
            input[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: input.removeSubrange(place..<end)
        case 2: input.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: input.insert(contentsOf: Array(input[place..<end]), at: place)
        }
    }
}
