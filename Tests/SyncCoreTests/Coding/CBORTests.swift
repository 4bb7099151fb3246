import SyncCore
import TestSupport
import Testing
import TestThreads

struct CBORTests {
    private func bytes(_ hexadecimal: String) -> [UInt8] { [UInt8](hexadecimal: hexadecimal) ?? [] }

    /// Numbers at each change of length, from RFC 8949, appendix A.
    @Test(
        arguments: [
            (0, "00"), (23, "17"), (24, "1818"), (255, "18ff"), (256, "190100"), (65_535, "19ffff"),
            (65_536, "1a00010000"), (4_294_967_295, "1affffffff"),
            (4_294_967_296, "1b0000000100000000"),
            (UInt64.max, "1bffffffffffffffff"),
        ] as [(UInt64, String)])
    func `An unsigned number has its shortest form`(number: UInt64, form: String) throws {
        #expect(number.canonicalBytes.hexadecimal == form)
        #expect(try UInt64(canonicalBytes: bytes(form)) == number)
    }

    @Test(arguments: [
        (0, "00"), (-1, "20"), (-24, "37"), (-25, "3818"), (-256, "38ff"), (-257, "390100"),
        (Int.max, "1b7fffffffffffffff"), (Int.min, "3b7fffffffffffffff"),
    ])
    func `A signed number has its shortest form`(number: Int, form: String) throws {
        #expect(number.canonicalBytes.hexadecimal == form)
        #expect(try Int(canonicalBytes: bytes(form)) == number)
    }

    @Test func `Text and byte strings return as they were`() throws {
        for text in ["", "a", "acción ñ 漢 🙂", String(repeating: "x", count: 70_000 / 2)] {
            #expect(try String(canonicalBytes: text.canonicalBytes) == text)
        }
        for count in [0, 1, 23, 24, 255, 256, 65_536] {
            let value = Bytes([UInt8](repeating: 7, count: count))
            #expect(try Bytes(canonicalBytes: value.canonicalBytes) == value)
        }
    }

    /// Everything that says the same as a shorter form, or that syncmail does not use.
    @Test(
        arguments: [
            ("1800", .notCanonical), ("1817", .notCanonical), ("190018", .notCanonical),
            ("1900ff", .notCanonical), ("1a0000ffff", .notCanonical),
            ("1b00000000ffffffff", .notCanonical), ("1c", .notCanonical), ("1f", .notCanonical),
            ("", .truncated), ("18", .truncated), ("1901", .truncated), ("1bffffffff", .truncated),
            ("0000", .trailing), ("20", .type), ("40", .type), ("60", .type), ("80", .type),
            ("a0", .type), ("c000", .type), ("d9d9f700", .type), ("f4", .type), ("f6", .type),
            ("f7", .type), ("f97e00", .type), ("fa7fc00000", .type), ("fb7ff8000000000000", .type),
            ("ff", .notCanonical),
        ] as [(String, CodingError.Rule)])
    func `A number in any other form is refused`(form: String, rule: CodingError.Rule) {
        expectRefusal(rule, of: form) { try UInt64(canonicalBytes: bytes(form)) }
    }

    @Test(
        arguments: [
            ("7f6161ff", .notCanonical), ("5f4161ff", .notCanonical), ("6261", .truncated),
            ("61ff", .value),
            ("62c080", .value), ("63eda080", .value), ("780161", .notCanonical), ("4161", .type),
            ("7a00010001", .limit), ("7bffffffffffffffff", .limit),
        ] as [(String, CodingError.Rule)])
    func `Text in any other form is refused`(form: String, rule: CodingError.Rule) {
        expectRefusal(rule, of: form) { try String(canonicalBytes: bytes(form)) }
    }

    /// Values of fields that nobody asks for are passed over by the same rules.
    @Test(
        arguments: [
            ("9f00ff", .notCanonical), ("bf0000ff", .notCanonical), ("5f4161ff", .notCanonical),
            ("c000", .type), ("d9d9f700", .type), ("f97e00", .type), ("fb7ff8000000000000", .type),
            ("f90000", .notCanonical), ("f7", .type), ("f800", .notCanonical),
            ("ff", .notCanonical),
            ("9bffffffffffffffff", .truncated), ("bb7fffffffffffffff", .truncated),
            ("5bffffffffffffffff", .truncated), ("1817", .notCanonical), ("820", .truncated),
            (String(repeating: "81", count: 16) + "00", .limit),
        ] as [(String, CodingError.Rule)])
    func `An unknown field must still be canonical`(form: String, rule: CodingError.Rule) {
        let value = form.count.isMultiple(of: 2) ? form : form + "0"
        expectRefusal(rule, of: form) {
            var reader = CBORReader(bytes("a105" + value))
            return try reader.fields()
        }
    }

    @Test(
        arguments: [
            ("a201000100", .notCanonical), ("a202000100", .notCanonical), ("a1200000", .type),
            ("a1616100", .type), ("a2010002", .truncated), ("b841", .limit),
            ("bf0100ff", .notCanonical),
            ("8100", .type),
        ] as [(String, CodingError.Rule)])
    func `A map has ascending numbers as keys`(form: String, rule: CodingError.Rule) {
        expectRefusal(rule, of: form) {
            var reader = CBORReader(bytes(form))
            return try reader.fields()
        }
    }

    @Test func `A field must fill its value`() throws {
        var reader = CBORReader(bytes("a2010a028101"))
        let fields = try reader.fields(in: "test")
        #expect(try fields.required(1, UInt64.self) == 10)
        #expect(try fields.optional(3, UInt64.self) == nil)
        #expect(throws: CodingError(.missing, in: "test field 3")) {
            try fields.required(3, UInt64.self)
        }
        #expect(throws: CodingError(.trailing, in: "test field 2")) {
            try fields.required(2) { (reader) throws(CodingError) in try reader.array(maximum: 4) }
        }
    }

    @Test func `A time that could not be shown or subtracted is refused`() {
        for milliseconds in [Int.max, Int.min, 253_402_300_800_000] {
            #expect(throws: CodingError(.limit, in: "time")) {
                try Timestamp(canonicalBytes: milliseconds.canonicalBytes)
            }
        }
    }

    @Test(.longComputation) func `Random bytes never trap`() {
        var numbers = SeededRandom(seed: 8_949)
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...40, using: &numbers)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            var reader = CBORReader(bytes)
            _ = try? reader.fields()
            reader = CBORReader(bytes)
            _ = try? reader.skip()
            _ = try? FeedHead(canonicalBytes: bytes)
            _ = try? String(canonicalBytes: bytes)
        }
    }

    private func expectRefusal<Value>(
        _ rule: CodingError.Rule, of form: String, _ read: () throws -> Value
    ) {
        do {
            _ = try read()
            Issue.record("\(form) was read")
        } catch {
            #expect((error as? CodingError)?.rule == rule, "\(form): \(error)")
        }
    }
}
