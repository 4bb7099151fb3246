import CMicrohttpd

extension RequestHead {
    /// Copies the header fields out of the library's memory.
    ///
    /// The library joins a field that continues on the next line, and stops at a NUL, without a
    /// word. Other programs on the way may read such a header differently, which is how
    /// requests are smuggled. Both leave a trace in where the parts lie: a field's value must
    /// follow its name, and the next name must follow the value.
    init(method: String, target: [UInt8], version: String, connection: OpaquePointer) {
        var reader = FieldReader()
        withUnsafeMutablePointer(to: &reader) {
            _ = MHD_get_connection_values_n(connection, .HEADER_KIND, readField, $0)
        }
        self.init(
            method: method, target: target, version: version, fields: reader.fields,
            isAmbiguous: reader.isAmbiguous || !reader.endsWithLine)
    }
}

/// What is gathered while the library lists the fields.
private struct FieldReader {
    var fields: [(name: [UInt8], value: [UInt8])] = []
    var isAmbiguous = false
    /// Where the previous value ended.
    var end: UInt?

    /// How much white space may stand before a value.
    static let whiteSpaceMaximum: UInt = 64

    /// Whether the last value is followed by its line end, which the library overwrites with zeros,
    /// and by the empty line.
    ///
    /// Without a field there is nothing to doubt.
    var endsWithLine: Bool {
        guard !isAmbiguous, let end, let next = UnsafePointer<UInt8>(bitPattern: end) else {
            return true
        }
        return next[0] == 0 && next[1] == 0
    }

    mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        fields.append((Array(name), Array(value)))
        let nameStart = UInt(bitPattern: name.baseAddress)
        let nameEnd = nameStart &+ UInt(name.count)
        let valueStart = UInt(bitPattern: value.baseAddress)
        // At least the colon stands between.
        if !(1...Self.whiteSpaceMaximum).contains(valueStart &- nameEnd) { isAmbiguous = true }
        // Just the line end stands between: the library leaves white space in the value.
        if let end, !(1...2).contains(nameStart &- end) { isAmbiguous = true }
        end = valueStart &+ UInt(value.count)
    }
}

private func readField(
    context: UnsafeMutableRawPointer?, kind: MHD_ValueKind, name: UnsafePointer<CChar>?,
    nameBytes: Int, value: UnsafePointer<CChar>?, valueBytes: Int
) -> MHD_Result {
    guard let reader = context?.assumingMemoryBound(to: FieldReader.self) else { return .NO }
    reader.pointee.add(
        name: UnsafeRawBufferPointer(start: name, count: nameBytes),
        value: UnsafeRawBufferPointer(start: value, count: valueBytes))
    return .YES
}
