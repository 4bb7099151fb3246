extension HubRequest: CBOREncodable, CBORDecodable {
    /// The number that each kind is known by on the wire.
    package enum Kind: UInt64, CaseIterable {
        case exchange = 1
        case admit = 2
        case lease = 3
        case reserve = 4
        case release = 5
        case claim = 6
        case putBlob = 7
        case getBlob = 8
        case greet = 9
        case counts = 10
        case compare = 11
        case chain = 20
        case surrender = 21
        case showChain = 22
        case lags = 30
    }

    package func encode(to writer: inout CBORWriter) {
        writer.fields { encode(to: &$0) }
    }

    /// Writes the fields of the request; others may follow.
    func encode(to fields: inout CBORFieldWriter) {
        switch self {
        case .exchange(let request):
            fields.field(1, Kind.exchange.rawValue)
            fields.field(2, request)
        case .greet(let invite, let proof):
            fields.field(1, Kind.greet.rawValue)
            fields.field(2, invite)
            fields.field(3, proof)
        case .admit(let entries):
            fields.field(1, Kind.admit.rawValue)
            fields.field(2, list: entries)
        case .lease(let requests):
            fields.field(1, Kind.lease.rawValue)
            fields.field(2, list: requests)
        case .reserve(let request):
            fields.field(1, Kind.reserve.rawValue)
            fields.field(2, request)
        case .release(let requests):
            fields.field(1, Kind.release.rawValue)
            fields.field(2, list: requests)
        case .claim(let requests):
            fields.field(1, Kind.claim.rawValue)
            fields.field(2, list: requests)
        case .putBlob(let part):
            fields.field(1, Kind.putBlob.rawValue)
            fields.field(2, part)
        case .getBlob(let id, let offset):
            fields.field(1, Kind.getBlob.rawValue)
            fields.field(2, id)
            fields.field(3, offset)
        case .counts(let device):
            fields.field(1, Kind.counts.rawValue)
            fields.field(2, device)
        case .lags: fields.field(1, Kind.lags.rawValue)
        case .compare(let question):
            fields.field(1, Kind.compare.rawValue)
            fields.field(2, question)
        case .chain(let height):
            fields.field(1, Kind.chain.rawValue)
            fields.field(2, height)
        case .showChain(let entries):
            fields.field(1, Kind.showChain.rawValue)
            fields.field(2, list: entries)
        case .surrender(let surrender):
            fields.field(1, Kind.surrender.rawValue)
            fields.field(2, list: surrender.batches)
            fields.field(3, surrender.isLast)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "request")
        guard let kind = Kind(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "request kind")
        }
        switch kind {
        case .exchange: self = .exchange(try fields.required(2))
        case .greet:
            self = .greet(invite: try fields.required(2), proof: try fields.required(3))
        case .admit:
            self = .admit(try fields.list(2, maximum: Limits.membershipMaximum))
        case .lease: self = .lease(try fields.list(2, maximum: Limits.leasesMaximum))
        case .reserve: self = .reserve(try fields.required(2))
        case .release:
            self = .release(try fields.list(2, maximum: ReserveRequest.deliveriesMaximum))
        case .claim:
            self = .claim(try fields.list(2, maximum: ReserveRequest.deliveriesMaximum))
        case .putBlob: self = .putBlob(try fields.required(2))
        case .getBlob:
            self = .getBlob(id: try fields.required(2), offset: try BlobPart.offset(fields, 3))
        case .counts: self = .counts(of: try fields.required(2))
        case .lags: self = .lags
        case .compare: self = .compare(try fields.required(2))
        case .chain: self = .chain(after: try fields.position(2, in: "chain height"))
        case .showChain:
            self = .showChain(try fields.list(2, maximum: Limits.membershipMaximum))
        case .surrender:
            self = .surrender(
                Surrender(
                    batches: try fields.list(2, maximum: ExchangeRequest.batchesMaximum),
                    isLast: try fields.required(3)))
        }
    }
}

extension ExchangeRequest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, membershipHeight)
            fields.field(2, hubIncarnation)
            fields.field(3, cursor)
            fields.field(4, list: batches)
            fields.field(5) { $0.duration(wait) }
            fields.field(6, vector)
            fields.field(7, incarnation)
            fields.field(8, list: carried)
            fields.field(9, carriedVector)
            fields.field(10, checkpoint.map(Bytes.init))
            fields.field(11, list: unproven)
            fields.field(12, mayBeginAtSnapshot ? Optional(true) : nil)
            fields.field(BatchParcel.formKey, form)
            fields.field(BatchParcel.listKey, list: parcels)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "exchange")
        self.init()
        membershipHeight = try fields.position(1, in: "exchange membership height")
        hubIncarnation = try fields.optional(2)
        cursor = try fields.position(3, in: "exchange cursor")
        batches = try fields.list(4, maximum: Self.batchesMaximum)
        wait = try fields.required(5) { (reader) throws(CodingError) in
            try reader.duration(maximum: Self.waitMaximum, in: "exchange wait")
        }
        vector = try fields.optional(6)
        incarnation = try fields.optional(7)
        carried = try fields.list(8, maximum: Self.batchesMaximum)
        carriedVector = try fields.optional(9)
        checkpoint = try fields.optional(10) { (reader) throws(CodingError) in
            try reader.byteString(
                maximum: FeedHead.checkpointByteCountMaximum, in: "checkpoint")
        }
        unproven = try fields.list(11, maximum: Self.unprovenMaximum)
        mayBeginAtSnapshot = try fields.optional(12) ?? false
        form = try fields.optional(BatchParcel.formKey)
        parcels = try fields.list(BatchParcel.listKey, maximum: Self.batchesMaximum)
    }
}

extension BlobPart: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, id)
            fields.field(2, offset)
            fields.field(3, total)
            fields.field(4, Bytes(bytes))
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "blob")
        id = try fields.required(1)
        offset = try Self.offset(fields, 2)
        total = try Self.offset(fields, 3)
        bytes = try fields.required(4) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Self.byteCountMaximum, in: "blob bytes")
        }
        guard offset + UInt64(bytes.count) <= total else {
            throw CodingError(.value, in: "blob range")
        }
    }

    /// Reads a place within a blob.
    fileprivate static func offset(
        _ fields: CBORFields, _ key: UInt64
    ) throws(CodingError) -> UInt64 {
        try fields.required(key) { (reader) throws(CodingError) in
            try reader.unsigned(maximum: blobByteCountMaximum, in: "blob offset")
        }
    }
}
