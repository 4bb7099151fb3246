extension HubReply: CBOREncodable, CBORDecodable {
    /// The number that each kind is known by on the wire.
    package enum Kind: UInt64, CaseIterable {
        case exchange = 1
        case admitted = 2
        case lease = 3
        case reserved = 4
        case released = 5
        case claimed = 6
        case blobStored = 7
        case blob = 8
        case refused = 9
        case membership = 10
        case counts = 11
        case compared = 12
        case surrendered = 20
        case lags = 30
    }

    package func encode(to writer: inout CBORWriter) {
        writer.fields { encode(to: &$0) }
    }

    /// Writes the fields of the reply; others may follow.
    func encode(to fields: inout CBORFieldWriter) {
        switch self {
        case .exchange(let reply):
            fields.field(1, Kind.exchange.rawValue)
            fields.field(2, reply)
        case .membership(let entries):
            fields.field(1, Kind.membership.rawValue)
            fields.field(2, list: entries)
        case .admitted(let height):
            fields.field(1, Kind.admitted.rawValue)
            fields.field(2, height)
        case .lease(let replies):
            fields.field(1, Kind.lease.rawValue)
            fields.field(2, list: replies)
        case .reserved(let deliveries):
            fields.field(1, Kind.reserved.rawValue)
            fields.field(2, list: deliveries)
        case .released:
            fields.field(1, Kind.released.rawValue)
        case .claimed(let replies):
            fields.field(1, Kind.claimed.rawValue)
            fields.field(2, list: replies)
        case .blobStored(let count):
            fields.field(1, Kind.blobStored.rawValue)
            fields.field(2, count)
        case .blob(let part):
            fields.field(1, Kind.blob.rawValue)
            fields.field(2, part)
        case .counts(let vector):
            fields.field(1, Kind.counts.rawValue)
            fields.field(2, vector)
        case .compared(let answer):
            fields.field(1, Kind.compared.rawValue)
            fields.field(2, answer)
        case .lags(let lags):
            fields.field(1, Kind.lags.rawValue)
            fields.field(2, list: lags)
        case .surrendered:
            fields.field(1, Kind.surrendered.rawValue)
        case .refused(let refusal):
            fields.field(1, Kind.refused.rawValue)
            fields.field(2, refusal.code.rawValue)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "reply")
        guard let kind = Kind(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "reply kind")
        }
        switch kind {
        case .exchange: self = .exchange(try fields.required(2))
        case .membership:
            self = .membership(try fields.list(2, maximum: Limits.membershipMaximum))
        case .admitted: self = .admitted(height: try fields.position(2, in: "reply height"))
        case .lease: self = .lease(try fields.list(2, maximum: Limits.leasesMaximum))
        case .reserved:
            self = .reserved(try fields.list(2, maximum: ReserveRequest.deliveriesMaximum))
        case .released: self = .released
        case .claimed:
            self = .claimed(try fields.list(2, maximum: ReserveRequest.deliveriesMaximum))
        case .blobStored:
            self = .blobStored(
                try fields.required(2) { (reader) throws(CodingError) in
                    try reader.unsigned(maximum: BlobPart.blobByteCountMaximum, in: "blob count")
                })
        case .blob: self = .blob(try fields.required(2))
        case .counts: self = .counts(try fields.required(2))
        case .compared: self = .compared(try fields.required(2))
        case .lags: self = .lags(try fields.list(2, maximum: DeviceLag.devicesMaximum))
        case .surrendered: self = .surrendered
        case .refused:
            guard let code = HubRefusal.Code(rawValue: try fields.required(2)) else {
                throw CodingError(.value, in: "refusal code")
            }
            self = .refused(HubRefusal(code))
        }
    }
}

extension ExchangeReply: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, hubIncarnation)
            fields.field(2, cursor)
            fields.field(3, hasMore)
            fields.field(4, list: membership)
            fields.field(5, list: batches)
            fields.field(6, acknowledged)
            fields.field(7, list: digests)
            fields.field(8, carried)
            fields.field(10, checkpoint.map(Bytes.init))
            fields.field(11, list: proofs)
            fields.field(12, list: frozen)
            fields.field(13, remaining)
            fields.field(14, list: snapshots)
            fields.field(20, chainHeight)
            fields.field(21, chainHead)
            fields.field(22, list: rivals)
            fields.field(BatchParcel.formKey, form)
            fields.field(BatchParcel.listKey, list: parcels)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "exchange reply")
        self.init(hubIncarnation: try fields.required(1))
        cursor = try fields.position(2, in: "reply cursor")
        hasMore = try fields.required(3)
        membership = try fields.list(4, maximum: Self.membershipMaximum)
        batches = try fields.list(5, maximum: ExchangeRequest.batchesMaximum)
        acknowledged = try fields.required(6)
        digests = try fields.list(7, maximum: Limits.digestsMaximum)
        carried = try fields.optional(8)
        checkpoint = try fields.optional(10) { (reader) throws(CodingError) in
            try reader.byteString(
                maximum: FeedHead.checkpointByteCountMaximum, in: "checkpoint")
        }
        frozen = try fields.list(12, maximum: Self.frozenMaximum)
        proofs = try fields.list(11, maximum: ExchangeRequest.unprovenMaximum + 1)
        snapshots = try fields.list(14, maximum: Self.snapshotsMaximum)
        remaining = try fields.optional(13) { (reader) throws(CodingError) in
            try reader.unsigned(maximum: Limits.positionMaximum, in: "reply remaining")
        }
        chainHeight = try fields.optional(20) { (reader) throws(CodingError) in
            try reader.unsigned(maximum: Limits.positionMaximum, in: "chain height")
        }
        chainHead = try fields.optional(21)
        rivals = try fields.list(22, maximum: Self.rivalsMaximum)
        form = try fields.optional(BatchParcel.formKey)
        parcels = try fields.list(
            BatchParcel.listKey, maximum: ExchangeRequest.batchesMaximum)
    }
}

extension StateDigest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, topic)
            fields.field(2, scope)
            fields.field(3, vector)
            fields.field(4, digest)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "state digest")
        topic = try fields.required(1)
        scope = try fields.required(2)
        vector = try fields.required(3)
        digest = try fields.required(4)
    }
}

extension MembershipEntry: CBOREncodable, CBORDecodable {
    /// Wraps the bytes that were hashed and signed, which are never encoded again.
    package func encode(to writer: inout CBORWriter) { writer.byteString(bytes) }

    package init(from reader: inout CBORReader) throws(CodingError) {
        try self.init(
            bytes: try reader.byteString(
                maximum: Self.byteCountMaximum, in: "membership entry"))
    }
}
