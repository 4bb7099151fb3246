/// What a backup says of itself, signed by the device or hub that made it.
///
/// It stands in the clear in front of the parts, so it names no person, branch or mail.
package struct BackupManifest: Hashable, Sendable {
    /// Whose replica it holds.
    package enum Kind: UInt64, Sendable {
        case device = 1
        case hub = 2
    }

    /// A file inside the backup.
    package struct Part: Hashable, Sendable {
        package let name: String
        package let byteCount: UInt64
        package let digest: Digest

        package init(name: String, byteCount: UInt64, digest: Digest) {
            self.name = name
            self.byteCount = byteCount
            self.digest = digest
        }
    }

    package let kind: Kind
    /// The organisation; zeros at a hub that serves none yet.
    package let organisation: Digest
    /// The key that signs.
    package let key: VerificationKey
    /// The life of the replica that was saved.
    package let incarnation: Incarnation
    package let time: Timestamp
    /// The program that made it.
    package let program: String
    /// SHA-256 of the vector of all feeds in it.
    package let vector: Digest
    /// The database first, then its keys.
    package let parts: [Part]

    /// The name of the part that is the database.
    package static let databaseName = "database"
    /// The name of the part that is the key file.
    package static let keysName = "keys"

    private static let programByteCountMaximum = 40
    private static let nameByteCountMaximum = 40
    private static let partByteCountMaximum: UInt64 = 1 << 42

    package init(
        kind: Kind, organisation: Digest, key: VerificationKey, incarnation: Incarnation,
        time: Timestamp, program: String, vector: Digest, parts: [Part]
    ) {
        self.kind = kind
        self.organisation = organisation
        self.key = key
        self.incarnation = incarnation
        self.time = time
        self.program = program
        self.vector = vector
        self.parts = parts
    }

    /// The device or hub that made it.
    package var device: DeviceID { key.deviceID }

    /// How many bytes all parts have together.
    package var partsByteCount: UInt64 { parts.reduce(0) { $0 + $1.byteCount } }
}

extension BackupManifest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, kind.rawValue)
            fields.field(2, organisation)
            fields.field(3, key)
            fields.field(4, incarnation)
            fields.field(5, time)
            fields.field(6, program)
            fields.field(7, vector)
            fields.field(8, list: parts)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "backup manifest")
        guard let kind = Kind(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "kind of backup")
        }
        self.kind = kind
        organisation = try fields.required(2)
        key = try fields.required(3)
        incarnation = try fields.required(4)
        time = try fields.required(5)
        program = try fields.required(6) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.programByteCountMaximum, in: "program")
        }
        vector = try fields.required(7)
        parts = try fields.list(8, maximum: 2)
        guard parts.map(\.name) == [Self.databaseName, Self.keysName],
            parts[1].byteCount <= UInt64(PrivateFile.byteCountMaximum)
        else {
            throw CodingError(.value, in: "parts of a backup")
        }
    }
}

extension BackupManifest.Part: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, name)
            fields.field(2, byteCount)
            fields.field(3, digest)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "part of a backup")
        name = try fields.required(1) { (reader) throws(CodingError) in
            try reader.text(maximum: BackupManifest.nameByteCountMaximum, in: "part name")
        }
        byteCount = try fields.required(2)
        guard byteCount <= BackupManifest.partByteCountMaximum else {
            throw CodingError(.value, in: "part length")
        }
        digest = try fields.required(3)
    }
}
