/// The body of a `device.life` record: the first one of another life of a device.
package struct LifeReport: Hashable, Sendable {
    /// The kind of the record.
    package static let recordKind = "device.life"

    /// The life that ended.
    package let former: Incarnation
    package let reason: FormerLife.Reason
    /// How many deliveries came in doubt by it.
    package let doubtfulCount: UInt64

    package init(former: Incarnation, reason: FormerLife.Reason, doubtfulCount: UInt64) {
        self.former = former
        self.reason = reason
        self.doubtfulCount = doubtfulCount
    }

    /// The sentence for the log.
    package var text: LocalizedText {
        LocalizedText(
            es: "empezó otra vida porque \(reason.text.es); entregas inciertas: \(doubtfulCount)",
            en: "began another life because \(reason.text.en); deliveries in doubt: "
                + "\(doubtfulCount)")
    }
}

extension LifeReport: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, former)
            fields.field(2, reason.rawValue)
            fields.field(3, doubtfulCount)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "life report")
        former = try fields.required(1)
        guard let reason = FormerLife.Reason(rawValue: try fields.required(2)) else {
            throw CodingError(.value, in: "reason of a life")
        }
        self.reason = reason
        doubtfulCount = try fields.required(3)
    }
}
