extension DeliveryRecord: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields {
            $0.field(1, delivery)
            $0.field(2, UInt64(byteCount))
            $0.field(3, notBefore)
            $0.field(4, list: facts)
            $0.field(5, reservation)
            $0.field(6, expires)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "delivery record")
        self.init(
            delivery: try fields.required(1),
            byteCount: try fields.required(2) { (reader) throws(CodingError) in
                Int(try reader.unsigned(maximum: UInt64(Int32.max)))
            },
            notBefore: try fields.required(3), expires: try fields.optional(6))
        // Each attempt has at most four facts, and at most two devices claim one number.
        let maximum = 8 * Self.attemptsMaximum + 6
        for fact in try fields.list(4, of: DeliveryFact.self, maximum: maximum) { insert(fact) }
        reservation = try fields.optional(5)
    }
}
