import SyncCore

/// What is sealed for a device: salt, settings and password, in memory that is never swapped,
/// dumped or printed.
///
/// ```
/// salt (32) ‖ length of the facts (2) ‖ length of the password (2) ‖ facts ‖ password ‖ zeros
/// ```
///
/// The facts are CBOR {1: version, 2: settings}. The zeros fill up to a multiple of 256 bytes,
/// so that the length of what was sealed does not tell the password's. The password lies
/// outside the CBOR because writing and reading that would leave copies of it in memory.
struct SecretContent: Sendable {
    /// Every byte of it.
    let bytes: SecretBytes

    static let saltByteCount = 32
    private static let headByteCount = saltByteCount + 4
    private static let fillByteCount = 256
    private static let factsByteCountMaximum = 4096

    /// Joins the parts.
    init(
        version: UInt64, settings: AccountSettings, password: SecretBytes, salt: [UInt8]
    ) {
        precondition(salt.count == Self.saltByteCount, "A salt has 32 bytes.")
        var writer = CBORWriter()
        writer.fields { fields in
            fields.field(1, version)
            fields.field(2, settings)
        }
        let facts = writer.bytes
        precondition(
            facts.count <= Self.factsByteCountMaximum
                && password.count <= SecretVault.passwordByteCountMaximum,
            "The vault checks lengths before it seals.")
        let head = salt + Self.length(facts.count) + Self.length(password.count) + facts
        let count = head.count + password.count
        let fill = (Self.fillByteCount - count % Self.fillByteCount) % Self.fillByteCount
        bytes = SecretBytes(count: count + fill) { target in
            target.initializeMemory(as: UInt8.self, repeating: 0)
            target.copyBytes(from: head)
            password.withBytes { password in
                UnsafeMutableRawBufferPointer(rebasing: target[head.count...])
                    .copyBytes(from: password)
            }
        }
    }

    /// Takes what was opened; nothing is checked yet.
    init(opened bytes: SecretBytes) {
        self.bytes = bytes
    }

    /// The hash by which the configuration names it.
    var commitment: Digest { Digest(of: bytes) }

    /// Takes it apart.
    ///
    /// - Throws: ``CodingError`` if it has another form.
    func parts() throws -> (version: UInt64, settings: AccountSettings, password: SecretBytes) {
        try bytes.withBytes { bytes in
            guard bytes.count >= Self.headByteCount else {
                throw CodingError(.truncated, in: "secret")
            }
            let factsCount = Self.length(bytes, at: Self.saltByteCount)
            let passwordCount = Self.length(bytes, at: Self.saltByteCount + 2)
            let passwordStart = Self.headByteCount + factsCount
            guard passwordStart + passwordCount <= bytes.count else {
                throw CodingError(.truncated, in: "secret")
            }
            var reader = CBORReader(Array(bytes[Self.headByteCount..<passwordStart]))
            let fields = try reader.fields(in: "secret")
            try reader.finish(in: "secret")
            let password = SecretBytes(count: passwordCount) { target in
                target.copyBytes(from: bytes[passwordStart..<passwordStart + passwordCount])
            }
            return (try fields.required(1), try fields.required(2), password)
        }
    }

    private static func length(_ count: Int) -> [UInt8] {
        [UInt8(count >> 8), UInt8(count & 0xff)]
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        Int(bytes[index]) << 8 | Int(bytes[index + 1])
    }
}
