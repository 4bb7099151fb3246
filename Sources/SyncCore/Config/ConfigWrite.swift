/// The identity of one write to one register: the record it stands in.
///
/// A record writes each register at most once, so record and path together name the write.
package struct Dot: Hashable, Comparable, Sendable {
    package let device: DeviceID
    package let incarnation: Incarnation
    package let sequence: UInt64

    package init(device: DeviceID, incarnation: Incarnation, sequence: UInt64) {
        self.device = device
        self.incarnation = incarnation
        self.sequence = sequence
    }

    /// The dot of the writes in a record.
    package init(of header: RecordHeader) {
        self.init(
            device: header.feed.device, incarnation: header.feed.incarnation,
            sequence: header.sequence)
    }

    package static func < (a: Dot, b: Dot) -> Bool {
        (a.device, a.incarnation, a.sequence) < (b.device, b.incarnation, b.sequence)
    }
}

/// One field's new value, and which earlier values it replaces.
///
/// It replaces exactly the values it lists: those its author was shown. Whatever else was
/// written meanwhile is concurrent, and kept beside it.
package struct RegisterWrite: Hashable, Sendable {
    package let path: RegisterPath
    package let value: RegisterValue
    package let replaced: [Dot]

    package init(path: RegisterPath, value: RegisterValue, replaced: [Dot]) {
        self.path = path
        self.value = value
        self.replaced = replaced.sorted()
    }
}

/// The body of a `config.write` record.
package struct ConfigWrite: Hashable, Sendable {
    /// The kind of the record.
    package static let recordKind = "config.write"
    /// How many fields one record may write.
    package static let writesMaximum = 256
    /// How many values one write may replace.
    package static let replacedMaximum = 256

    /// In ascending order of path, each path once.
    package let writes: [RegisterWrite]

    package init(_ writes: [RegisterWrite]) {
        self.writes = writes.sorted { $0.path < $1.path }
    }
}

extension Dot: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(3)
        writer.value(device)
        writer.value(incarnation)
        writer.unsigned(sequence)
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 3) == 3 else { throw CodingError(.value, in: "dot") }
        device = try reader.value()
        incarnation = try reader.value()
        sequence = try reader.unsigned()
    }
}

extension RegisterWrite: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, path)
            fields.field(2, value)
            fields.field(3, list: replaced)
        }
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "register write")
        path = try fields.required(1)
        value = try fields.required(2)
        replaced = try fields.list(3, maximum: ConfigWrite.replacedMaximum)
    }
}

extension ConfigWrite: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { $0.field(1, list: writes) }
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "config write")
        writes = try fields.list(1, maximum: Self.writesMaximum)
        guard zip(writes, writes.dropFirst()).allSatisfy({ $0.path < $1.path }) else {
            throw CodingError(.notCanonical, in: "config write")
        }
    }
}
