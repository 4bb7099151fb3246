import SyncCore
import Testing

struct TimestampReadingTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-02T00:00", 86_400_000), ("2026-11-21", 1_795_219_200_000),
        ("2024-02-29T23:59:59.999Z", 1_709_251_199_999), ("1969-12-31T23:59:59Z", -1000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000), ("0001-01-01", -62_135_596_800_000),
    ])
    func `a moment is read as it is written`(text: String, milliseconds: Int64) {
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "hoy", "2026", "2026-11", "2026-02-29", "2026-02-30", "2026-13-01", "2026-00-10",
        "2026-11-21Z", "2026-11-21T", "2026-11-21T9:30", "2026-11-21T24:00", "2026-11-21T12:60",
        "2026-11-21 12:30", "2026/11/21", "2026-11-21T12:30:60", "+026-11-21", "2026-11-2١",
        "2026-11-21T12:30:15+05",
    ])
    func `what is not a moment is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `what a moment shows is read back`() {
        for days in stride(from: -700_000, to: 2_900_000, by: 1234) {
            let moment = Timestamp(milliseconds: Int64(days) * 86_400_000 + 45_296_789)
            #expect(Timestamp(moment.description) == moment)
        }
    }
}
