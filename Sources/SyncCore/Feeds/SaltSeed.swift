/// What the salts of neighbouring records are derived from, so that they travel as one.
///
/// Salts are random and nothing compresses them. Those of a stretch of a feed therefore come from
/// one random seed, which is stored and sent once. A record's own salt is stored beside its body,
/// so that records stay readable when a seed has gone: whoever erases one record's salt forgets
/// the seed as well, and sends the salts of its neighbours one by one from then on.
package struct SaltSeed: Hashable, Sendable {
    /// How many bytes a seed has.
    package static let byteCount = 32
    /// How many records share a seed at most; stretches begin behind multiples of it.
    package static let recordsMaximum: UInt64 = 256

    // Together with seed and sequence 55 bytes: what SHA-256 hashes in one step.
    private static let purpose = Array("syncmail salt 1".utf8)

    /// The first record whose salt comes from it.
    package let first: UInt64
    private let bytes: [UInt8]

    /// Makes a seed for the records from a sequence on.
    ///
    /// - Parameters:
    ///   - first: The first record.
    ///   - bytes: 32 random bytes.
    package init(from first: UInt64, bytes: [UInt8]) {
        precondition(first > 0 && bytes.count == Self.byteCount, "A seed has a place and 32 bytes.")
        self.first = first
        self.bytes = bytes
    }

    /// The last record whose salt may come from it.
    package var last: UInt64 { Self.stretch(of: first).upperBound }

    /// Whether a record's salt may come from it.
    package func covers(_ sequence: UInt64) -> Bool { first <= sequence && sequence <= last }

    /// The salt of a record.
    package func salt(of sequence: UInt64) -> [UInt8] {
        var content = Self.purpose
        content.reserveCapacity(Self.purpose.count + Self.byteCount + 8)
        content += bytes
        for shift in stride(from: 56, through: 0, by: -8) {
            content.append(UInt8(truncatingIfNeeded: sequence >> UInt64(shift)))
        }
        return Digest(of: content).bytes
    }

    /// The records around one of them whose salts are forgotten together.
    static func stretch(of sequence: UInt64) -> ClosedRange<UInt64> {
        let before = (sequence - 1) / recordsMaximum * recordsMaximum
        return before + 1...before + recordsMaximum
    }
}

extension SaltSeed: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, first)
            fields.field(2, Bytes(bytes))
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "salt seed")
        let first = try fields.position(1, in: "salt seed")
        guard first > 0 else { throw CodingError(.value, in: "salt seed") }
        self.init(
            from: first,
            bytes: try fields.required(2) { (reader) throws(CodingError) in
                try reader.byteString(count: Self.byteCount, in: "salt seed")
            })
    }
}

/// The seeds of a stretch of a feed, asked for in the order of its records.
struct SaltSeeds {
    private var rest: ArraySlice<SaltSeed>

    /// Begins with seeds in ascending order.
    init(_ seeds: [SaltSeed]) { rest = seeds[...] }

    /// The salt that a record has if it comes from a seed; sequences must ascend.
    mutating func salt(of sequence: UInt64) -> [UInt8]? {
        while let next = rest.dropFirst().first, next.first <= sequence { rest.removeFirst() }
        guard let seed = rest.first, seed.covers(sequence) else { return nil }
        return seed.salt(of: sequence)
    }
}
