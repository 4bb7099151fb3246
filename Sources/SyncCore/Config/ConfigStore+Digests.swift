/// Hashes of parts of the configuration, to find the field in which two stores differ.
extension ConfigStore {
    /// How many parts there are: the first byte of the hash of a field's name tells its part.
    package static let partsCount = 256

    /// The hash of each part.
    package func partDigests() throws -> [Digest] {
        var writers = [CBORWriter](repeating: CBORWriter(), count: Self.partsCount)
        for register in try registers() {
            writers[Int(Self.part(of: register.path))].value(register.digest)
        }
        return writers.map { Digest(of: $0.bytes) }
    }

    /// The hashes of the fields in a part, in ascending order.
    package func fieldDigests(in part: UInt8) throws -> [FieldDigest] {
        try registers().filter { Self.part(of: $0.path) == part }
            .map { FieldDigest(path: $0.path, digest: $0.digest) }
    }

    private static func part(of path: RegisterPath) -> UInt8 {
        Digest(of: Array(path.text.utf8)).bytes[0]
    }
}

extension Register {
    /// The hash of everything that is live in it, in an order that does not depend on ranks.
    package var digest: Digest {
        var writer = CBORWriter()
        writer.value(path)
        for entry in entries.sorted(by: { $0.dot < $1.dot }) {
            writer.value(entry.dot)
            writer.value(entry.value)
        }
        return Digest(of: writer.bytes)
    }
}
