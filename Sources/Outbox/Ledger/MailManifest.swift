package import SyncCore

/// What only senders may know of an offered mail: the key of its bytes, and what they are.
///
/// The origin signs it before it is sealed, because anybody can seal for an epoch: the hub
/// must not be able to make a mail, to change one, or to add a recipient.
package struct MailManifest: Hashable, Sendable {
    /// The device on which the mail was queued.
    package let origin: DeviceID
    package let message: MessageID
    /// The hash of the list of recipients.
    package let recipients: Digest
    /// The key of the sealed blob.
    package let key: [UInt8]
    /// The hash of the rendered bytes.
    package let content: Digest
    package let byteCount: UInt64
    /// Whether only a server with SMTPUTF8 can take the headers.
    package let isInternational: Bool
    package let replyName: String?
    package let replyAddress: String?
    /// The address that a signed mail must be sent from.
    package let signedAs: String?

    /// The hash under which a list of recipients is bound.
    static func hash(of recipients: [String]) -> Digest {
        var writer = CBORWriter()
        writer.values(recipients)
        return Digest(of: writer.bytes)
    }
}

extension MailManifest: CBOREncodable, CBORDecodable {
    private static let textByteCountMaximum = 320

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, origin)
            fields.field(2, message)
            fields.field(3, recipients)
            fields.field(4, Bytes(key))
            fields.field(5, content)
            fields.field(6, byteCount)
            fields.field(7, isInternational)
            fields.field(8, replyName)
            fields.field(9, replyAddress)
            fields.field(10, signedAs)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "manifest")
        origin = try fields.required(1)
        message = try fields.required(2)
        recipients = try fields.required(3)
        key = try fields.required(4) { (reader) throws(CodingError) in
            try reader.byteString(count: SymmetricKey.byteCount, in: "blob key")
        }
        content = try fields.required(5)
        byteCount = try fields.required(6)
        isInternational = try fields.required(7)
        replyName = try fields.optional(8) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.textByteCountMaximum, in: "reply name")
        }
        replyAddress = try fields.optional(9) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.textByteCountMaximum, in: "reply address")
        }
        signedAs = try fields.optional(10) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.textByteCountMaximum, in: "signed address")
        }
    }
}

/// A manifest with its origin's signature.
struct SignedManifest: CBOREncodable, CBORDecodable {
    private static let manifestByteCountMaximum = 4096

    let manifest: [UInt8]
    let signature: Signature

    init(_ manifest: MailManifest, key: SigningKey) {
        self.manifest = manifest.canonicalBytes
        signature = key.signature(over: self.manifest, for: .manifest)
    }

    func encode(to writer: inout CBORWriter) {
        writer.array(2)
        writer.byteString(manifest)
        writer.value(signature)
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2 else { throw CodingError(.value, in: "manifest") }
        manifest = try reader.byteString(maximum: Self.manifestByteCountMaximum, in: "manifest")
        signature = try reader.value()
    }
}
