/// Whether a device's wall clock lies behind the last time at which the device wrote something.
///
/// Records stay in order then, because ``HybridTime`` never runs back, and leases and waits are
/// measured on another clock; but what people read are the times of the records, which stand
/// still until the clock has caught up.
package struct ClockWatch: Hashable, Sendable {
    /// By how much a clock may be corrected without a word.
    package static let tolerance = Duration.seconds(5)

    /// The latest wall time at which something was written; nil before the first.
    package private(set) var latest: Timestamp?
    /// Whether the clock was behind when something was written last.
    package private(set) var wasBehind = false

    package init() {}

    /// How far the clock lies behind, if it does.
    package func lag(at now: Timestamp) -> Duration? {
        guard let latest, now.advanced(by: Self.tolerance) < latest else { return nil }
        return .milliseconds(latest.milliseconds - now.milliseconds)
    }

    /// Notes that something is written.
    package mutating func note(_ now: Timestamp) {
        wasBehind = lag(at: now) != nil
        latest = max(latest ?? now, now)
    }
}

extension ClockWatch: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            if let latest { fields.field(1, latest) }
            if wasBehind { fields.field(2, true) }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "clock watch")
        latest = try fields.optional(1)
        wasBehind = try fields.optional(2) ?? false
    }
}
