// How leases, reservations and claims travel, both ways.

extension LeaseRequest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            fields.field(2, fence)
            fields.field(3, canReach)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "lease request")
        account = try fields.required(1)
        fence = try fields.optional(2)
        canReach = try fields.required(3)
    }
}

extension HeldLease: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            fields.field(2, fence)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "lease")
        account = try fields.required(1)
        fence = try fields.required(2)
    }
}

extension ReserveRequest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, list: leases)
            fields.field(2) { $0.unsigned(UInt64(max(maximum, 0))) }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "reservation")
        leases = try fields.list(1, maximum: Limits.leasesMaximum)
        maximum = try fields.required(2) { (reader) throws(CodingError) in
            Int(try reader.unsigned(maximum: UInt64(Self.deliveriesMaximum), in: "reservation"))
        }
    }
}

extension ReleaseRequest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, delivery)
            fields.field(2, fence)
            fields.field(3, account)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "release")
        delivery = try fields.required(1)
        fence = try fields.required(2)
        account = try fields.optional(3)
    }
}

extension ClaimRequest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, delivery)
            fields.attempt(2, attempt)
            fields.field(3, lease)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "claim")
        delivery = try fields.required(1)
        attempt = try fields.attempt(2)
        lease = try fields.required(3)
    }
}

extension ClaimReply: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, delivery)
            fields.attempt(2, attempt)
            fields.field(3, isGranted)
            fields.field(4, isCurrent)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "claim reply")
        delivery = try fields.required(1)
        attempt = try fields.attempt(2)
        isGranted = try fields.required(3)
        // A hub of the time before this field does not tell.
        isCurrent = try fields.optional(4) ?? true
    }
}

extension ReservedDelivery: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, delivery)
            fields.attempt(2, attempt)
            fields.field(3, fence)
            fields.field(4, offer)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "reserved delivery")
        delivery = try fields.required(1)
        attempt = try fields.attempt(2)
        fence = try fields.required(3)
        offer = try fields.required(4)
    }
}

extension LeaseReply: CBOREncodable, CBORDecodable {
    /// The longest lease, and the longest wait before asking again.
    package static let lengthMaximum = Duration.seconds(24 * 3600)

    private enum Kind: UInt64 {
        case granted = 1
        case refused = 2
        case released = 3
    }

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            switch outcome {
            case .granted(let fence, let length):
                fields.field(2, Kind.granted.rawValue)
                fields.field(3, fence)
                fields.field(4) { $0.duration(length) }
            case .refused(let retryAfter):
                fields.field(2, Kind.refused.rawValue)
                fields.field(4) { $0.duration(retryAfter) }
            case .released:
                fields.field(2, Kind.released.rawValue)
            }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "lease reply")
        account = try fields.required(1)
        guard let kind = Kind(rawValue: try fields.required(2)) else {
            throw CodingError(.value, in: "lease outcome")
        }
        switch kind {
        case .granted:
            outcome = .granted(try fields.required(3), length: try Self.length(fields))
        case .refused: outcome = .refused(retryAfter: try Self.length(fields))
        case .released: outcome = .released
        }
    }

    private static func length(_ fields: CBORFields) throws(CodingError) -> Duration {
        try fields.required(4) { (reader) throws(CodingError) in
            try reader.duration(maximum: lengthMaximum, in: "lease length")
        }
    }
}

extension CBORFieldWriter {
    fileprivate mutating func attempt(_ key: UInt64, _ number: Int) {
        precondition(
            (0...Limits.attemptsMaximum).contains(number), "Attempts are numbered within limits.")
        field(key, UInt64(number))
    }
}

extension CBORFields {
    fileprivate func attempt(_ key: UInt64) throws(CodingError) -> Int {
        try required(key) { (reader) throws(CodingError) in
            Int(try reader.unsigned(maximum: UInt64(Limits.attemptsMaximum), in: "attempt"))
        }
    }
}
