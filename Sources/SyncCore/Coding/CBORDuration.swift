extension CBORWriter {
    /// Writes a length of time in whole milliseconds; less than nothing counts as nothing.
    package mutating func duration(_ value: Duration) {
        unsigned(UInt64(max(value.milliseconds, 0)))
    }
}

extension CBORReader {
    /// Reads a length of time that was written in whole milliseconds.
    package mutating func duration(
        maximum: Duration, in place: String = #function
    ) throws(CodingError) -> Duration {
        let limit = UInt64(max(maximum.milliseconds, 0))
        return .milliseconds(Int64(try unsigned(maximum: limit, in: place)))
    }

    /// Reads a count or position, which must leave room for the next.
    package mutating func position(in place: String = #function) throws(CodingError) -> UInt64 {
        try unsigned(maximum: Limits.positionMaximum, in: place)
    }
}

extension CBORFields {
    /// Reads a count or position that must be there.
    package func position(_ key: UInt64, in place: String) throws(CodingError) -> UInt64 {
        try required(key) { (reader) throws(CodingError) in try reader.position(in: place) }
    }
}
