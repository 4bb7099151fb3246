/// What a file of records says of itself in the clear: who made it, and who can open what.
///
/// It names no person, branch or mail. Records are cut into *sections*, each for one audience and
/// sealed under a key of its own; each device that belongs to the audience is given that key.
package struct ExportManifest: Hashable, Sendable {
    /// The keys of a device's sections, sealed for it.
    package struct Recipient: Hashable, Sendable {
        package let device: DeviceID
        /// ``SectionKeys``, sealed for the device.
        package let sealedKeys: [UInt8]

        package init(device: DeviceID, sealedKeys: [UInt8]) {
            self.device = device
            self.sealedKeys = sealedKeys
        }
    }

    /// How many devices may be able to read one file: all, and the hubs.
    package static let recipientsMaximum = Membership.devicesMaximum + 64
    /// How many sections a file may have: one for everybody, one for senders, one per branch.
    package static let sectionsMaximum = 1024
    private static let programByteCountMaximum = 40
    fileprivate static let sealedByteCountMaximum = 64 * 1024

    package let organisation: Digest
    /// The key that signs the file.
    package let key: VerificationKey
    package let time: Timestamp
    package let program: String
    package let recipients: [Recipient]

    package init(
        organisation: Digest, key: VerificationKey, time: Timestamp, program: String,
        recipients: [Recipient]
    ) {
        self.organisation = organisation
        self.key = key
        self.time = time
        self.program = program
        self.recipients = recipients
    }
}

/// The keys of some sections, by their numbers.
struct SectionKeys: CBOREncodable, CBORDecodable {
    private(set) var keys: [Int: SymmetricKey] = [:]

    init() {}

    subscript(section: Int) -> SymmetricKey? {
        get { keys[section] }
        set { keys[section] = newValue }
    }

    func encode(to writer: inout CBORWriter) {
        writer.array(keys.count)
        for (section, key) in keys.sorted(by: { $0.key < $1.key }) {
            writer.array(2)
            writer.unsigned(UInt64(section))
            key.withSecret { secret in
                secret.withBytes { writer.byteString(Array($0)) }
            }
        }
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        let count = try reader.array(maximum: ExportManifest.sectionsMaximum)
        for _ in 0..<count {
            guard try reader.array(maximum: 2) == 2 else {
                throw CodingError(.value, in: "section keys")
            }
            let section = try reader.unsigned(maximum: UInt64(ExportManifest.sectionsMaximum))
            var bytes = try reader.byteString(count: SymmetricKey.byteCount, in: "section key")
            keys[Int(section)] = SymmetricKey(SecretBytes(consuming: &bytes))
        }
    }
}

extension ExportManifest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, organisation)
            fields.field(2, key)
            fields.field(3, time)
            fields.field(4, program)
            fields.field(5, list: recipients)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "export manifest")
        organisation = try fields.required(1)
        key = try fields.required(2)
        time = try fields.required(3)
        program = try fields.required(4) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.programByteCountMaximum, in: "program")
        }
        recipients = try fields.list(5, maximum: Self.recipientsMaximum)
    }
}

extension ExportManifest.Recipient: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, device)
            fields.field(2, Bytes(sealedKeys))
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "export recipient")
        device = try fields.required(1)
        sealedKeys = try fields.required(2) { (reader) throws(CodingError) in
            try reader.byteString(
                maximum: ExportManifest.sealedByteCountMaximum, in: "section keys")
        }
    }
}
