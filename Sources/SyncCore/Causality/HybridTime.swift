/// A time that never runs backwards on a device and never lies behind a cause it has seen:
/// wall time in milliseconds with a counter for what happens within one (a hybrid logical
/// clock, Kulkarni et al., 2014).
///
/// It orders what vector clocks leave concurrent, so that the order is the same everywhere and
/// close to what people remember. It proves nothing.
package struct HybridTime: Hashable, Comparable, Sendable {
    // Invariant: 48 bits of milliseconds above 16 bits of counter.
    package let number: UInt64

    /// The last time that can be written.
    ///
    /// The highest bit stays free, so that a hostile time cannot make the next one overflow.
    private static let last = UInt64.max >> 1

    /// The time before all others.
    package static let zero = HybridTime(number: 0)

    package init(number: UInt64) {
        self.number = number
    }

    /// The wall time it was made at, or that of a cause if that was later.
    package var timestamp: Timestamp { Timestamp(milliseconds: Int64(number >> 16)) }

    package static func < (a: HybridTime, b: HybridTime) -> Bool { a.number < b.number }

    /// The time of an event that happens now, after everything seen so far.
    ///
    /// After the last time there is none, so there it stays: a hostile time then costs the
    /// order among concurrent records, and no honest device writes what nobody can read.
    package func next(at now: Timestamp) -> HybridTime {
        let milliseconds = UInt64(min(max(now.milliseconds, 0), 1 << 46))
        let next = number < Self.last ? number + 1 : Self.last
        return HybridTime(number: max(next, milliseconds << 16))
    }
}

extension HybridTime: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.unsigned(number) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        number = try reader.unsigned(maximum: Self.last, in: "hybrid time")
    }
}
