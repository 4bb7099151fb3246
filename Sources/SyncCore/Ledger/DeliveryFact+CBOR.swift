extension AttemptID: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(2)
        writer.unsigned(UInt64(number))
        writer.value(grant)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2 else { throw CodingError(.value, in: "attempt") }
        let number = try reader.unsigned(maximum: UInt64(DeliveryRecord.attemptsMaximum))
        guard number >= 1 else { throw CodingError(.value, in: "attempt") }
        self.number = Int(number)
        grant = try reader.value()
    }
}

extension AttemptOutcome: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        switch self {
        case .inDoubt: Self.encode(0, nil, to: &writer)
        case .notSent(let until): Self.encode(1, until, to: &writer)
        case .refusedTemporarily(let until): Self.encode(2, until, to: &writer)
        case .refusedPermanently: Self.encode(3, nil, to: &writer)
        case .accepted: Self.encode(4, nil, to: &writer)
        }
    }

    private static func encode(_ kind: UInt64, _ until: Timestamp?, to writer: inout CBORWriter) {
        writer.array(until == nil ? 1 : 2)
        writer.unsigned(kind)
        if let until { writer.value(until) }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let count = try reader.array(maximum: 2)
        guard count >= 1 else { throw CodingError(.value, in: "outcome") }
        switch (try reader.unsigned(), count) {
        case (0, 1): self = .inDoubt
        case (1, 2): self = .notSent(until: try reader.value())
        case (2, 2): self = .refusedTemporarily(until: try reader.value())
        case (3, 1): self = .refusedPermanently
        case (4, 1): self = .accepted
        default: throw CodingError(.value, in: "outcome")
        }
    }
}

extension DeliveryFact: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields {
            switch self {
            case .claimed(let attempt, let doubtAt):
                $0.field(0, UInt64(0))
                $0.field(1, attempt)
                $0.field(2, doubtAt)
            case .dataBegun(let attempt):
                $0.field(0, UInt64(1))
                $0.field(1, attempt)
            case .concluded(let attempt, let outcome):
                $0.field(0, UInt64(2))
                $0.field(1, attempt)
                $0.field(2, outcome)
            case .allowedAgain(let attempt):
                $0.field(0, UInt64(3))
                $0.field(1, attempt)
            case .declaredSent: $0.field(0, UInt64(4))
            case .cancelled: $0.field(0, UInt64(5))
            case .custody(let turn):
                $0.field(0, UInt64(6))
                $0.field(1, UInt64(turn))
            case .hold(let turn):
                $0.field(0, UInt64(7))
                $0.field(1, UInt64(turn))
            case .suspicion(let turn):
                $0.field(0, UInt64(8))
                $0.field(1, UInt64(turn))
            case .expired(let turn):
                $0.field(0, UInt64(9))
                $0.field(1, UInt64(turn))
            }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "delivery fact")
        switch try fields.required(0, UInt64.self) {
        case 0: self = .claimed(try fields.required(1), doubtAt: try fields.required(2))
        case 1: self = .dataBegun(try fields.required(1))
        case 2: self = .concluded(try fields.required(1), try fields.required(2))
        case 3: self = .allowedAgain(try fields.required(1))
        case 4: self = .declaredSent
        case 5: self = .cancelled
        case 6: self = .custody(turn: try Self.turn(in: fields))
        case 7: self = .hold(turn: try Self.turn(in: fields))
        case 8: self = .suspicion(turn: try Self.turn(in: fields))
        case 9: self = .expired(turn: try Self.turn(in: fields))
        default: throw CodingError(.value, in: "delivery fact")
        }
    }

    private static func turn(in fields: CBORFields) throws(CodingError) -> Int {
        try fields.required(1) { (reader) throws(CodingError) in
            Int(try reader.unsigned(maximum: UInt64(DeliveryRecord.turnMaximum)))
        }
    }
}
