/// What is inside the seal of a request.
struct RequestContent: CBOREncodable, CBORDecodable {
    /// The version of this form.
    static let version: UInt64 = 1

    let organisation: Digest
    let device: DeviceID
    /// The request, encoded and compressed, exactly as it was signed.
    let message: [UInt8]
    let signature: Signature

    init(organisation: Digest, device: DeviceID, message: [UInt8], signature: Signature) {
        self.organisation = organisation
        self.device = device
        self.message = message
        self.signature = signature
    }

    /// What the device signs.
    ///
    /// The hub's key is in it so that one hub cannot pass a request on to another, and the
    /// ephemeral key so that nobody who learned a request can seal it anew and read the reply.
    static func signedContent(
        organisation: Digest, device: DeviceID, hub: VerificationKey, ephemeral: SealingTarget,
        message: [UInt8]
    ) -> [UInt8] {
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, version)
            fields.field(2, organisation)
            fields.field(3, device)
            fields.field(4, hub)
            fields.field(5, ephemeral)
            fields.field(6, Digest(of: message))
        }
        return writer.bytes
    }

    func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, Self.version)
            fields.field(2, organisation)
            fields.field(3, device)
            fields.field(4, Bytes(message))
            fields.field(5, signature)
        }
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "envelope")
        guard try fields.required(1, UInt64.self) == Self.version else {
            throw CodingError(.value, in: "envelope version")
        }
        organisation = try fields.required(2)
        device = try fields.required(3)
        message = try fields.required(4) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Limits.requestBytesMaximum, in: "envelope message")
        }
        signature = try fields.required(5)
    }
}

/// A request, the life of the device that asks, and the versions that it speaks.
///
/// Of two machines under one name, only the one whose life an administrator chose is answered.
struct RequestMessage: CBOREncodable, CBORDecodable {
    private static let lifeKey: UInt64 = 30

    let request: HubRequest
    let life: Incarnation?
    let versions: ProtocolVersions

    init(_ request: HubRequest, life: Incarnation?, versions: ProtocolVersions) {
        self.request = request
        self.life = life
        self.versions = versions
    }

    func encode(to writer: inout CBORWriter) {
        let life = life
        writer.fields { fields in
            request.encode(to: &fields)
            fields.field(Self.lifeKey, life)
            fields.field(ProtocolVersions.field, versions.named)
        }
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        var copy = reader
        let fields = try copy.fields(in: "request")
        life = try fields.optional(Self.lifeKey)
        versions = try fields.optional(ProtocolVersions.field) ?? .unnamed
        request = try HubRequest(from: &reader)
    }
}

/// A reply, and the versions that the hub speaks.
struct ReplyMessage: CBOREncodable {
    let reply: HubReply
    /// Nothing to a device that names none itself, which gets what it always got.
    let versions: ProtocolVersions?

    func encode(to writer: inout CBORWriter) {
        let versions = versions
        writer.fields { fields in
            reply.encode(to: &fields)
            fields.field(ProtocolVersions.field, versions)
        }
    }
}
