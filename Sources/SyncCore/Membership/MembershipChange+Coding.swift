extension MembershipChange: CBOREncodable, CBORDecodable {
    /// The number that each kind is known by on the wire.
    package enum Kind: UInt64, CaseIterable {
        case genesis = 1
        case hub = 2
        case invite = 3
        case joined = 4
        case grant = 5
        case revoke = 6
        case epoch = 7
        case settled = 8
        case life = 9
    }

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            switch self {
            case .genesis(let genesis):
                fields.field(1, Kind.genesis.rawValue)
                fields.field(2, genesis)
            case .hub(let hub):
                fields.field(1, Kind.hub.rawValue)
                fields.field(2, hub)
            case .invite(let invitation):
                fields.field(1, Kind.invite.rawValue)
                fields.field(2, invitation)
            case .joined(let invite, let card):
                fields.field(1, Kind.joined.rawValue)
                fields.field(2, invite)
                fields.field(3, card)
            case .grant(let device, let capabilities, let keys):
                fields.field(1, Kind.grant.rawValue)
                fields.field(2, device)
                fields.field(3, list: capabilities)
                fields.field(4, list: keys)
            case .revoke(let device, let cutoff):
                fields.field(1, Kind.revoke.rawValue)
                fields.field(2, device)
                fields.field(3, cutoff)
            case .epoch(let epoch):
                fields.field(1, Kind.epoch.rawValue)
                fields.field(2, epoch)
            case .life(let device, let survivor, let counted):
                fields.field(1, Kind.life.rawValue)
                fields.field(2, device)
                fields.field(3, survivor)
                fields.field(4, counted)
            case .settled(let rejected):
                fields.field(1, Kind.settled.rawValue)
                fields.field(2, rejected)
            }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "membership change")
        guard let kind = Kind(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "membership change")
        }
        switch kind {
        case .genesis: self = .genesis(try fields.required(2))
        case .hub: self = .hub(try fields.required(2))
        case .invite: self = .invite(try fields.required(2))
        case .joined:
            self = .joined(invite: try fields.required(2), card: try fields.required(3))
        case .grant:
            self = .grant(
                device: try fields.required(2),
                capabilities: try fields.list(3, maximum: Capability.allCases.count),
                keys: try fields.list(4, maximum: Membership.epochsMaximum))
        case .revoke:
            self = .revoke(device: try fields.required(2), cutoff: try fields.required(3))
        case .epoch: self = .epoch(try fields.required(2))
        case .settled: self = .settled(rejected: try fields.required(2))
        case .life:
            self = .life(
                device: try fields.required(2), survivor: try fields.required(3),
                counted: try fields.required(4))
        }
    }
}

extension Genesis: CBOREncodable, CBORDecodable {
    /// How many bytes the organisation's name may have.
    package static let nameByteCountMaximum = 120
    /// How many bytes the nonce has.
    package static let nonceByteCount = 16

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, name)
            fields.field(2, device)
            fields.field(3, branch)
            fields.field(4, recovery)
            fields.field(5, epoch)
            fields.field(6, Bytes(nonce))
            fields.field(7, recoverySigner)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "genesis")
        name = try fields.required(1) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.nameByteCountMaximum, in: "organisation name")
        }
        device = try fields.required(2)
        branch = try fields.required(3)
        recovery = try fields.required(4)
        epoch = try fields.required(5)
        nonce = try fields.required(6) { (reader) throws(CodingError) in
            try reader.byteString(count: Self.nonceByteCount, in: "genesis nonce")
        }
        recoverySigner = try fields.optional(7)
    }
}

extension HubCard: CBOREncodable, CBORDecodable {
    /// How many bytes an address may have.
    package static let urlByteCountMaximum = 400

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, url)
            fields.field(2, card)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "hub")
        url = try fields.required(1) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.urlByteCountMaximum, in: "hub address")
        }
        card = try fields.required(2)
    }
}

extension Invitation: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, id)
            fields.field(2, key)
            fields.field(3, branch)
            fields.field(4, list: capabilities)
            fields.field(5, expires)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "invitation")
        id = try fields.required(1)
        key = try fields.required(2)
        branch = try fields.required(3)
        capabilities = try fields.list(4, maximum: Capability.allCases.count)
        expires = try fields.required(5)
    }
}
