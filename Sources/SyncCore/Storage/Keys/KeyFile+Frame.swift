import CSodium

/// Two framed copies of the keys, so that a damaged one is noticed and survived.
extension KeyFile {
    private static let mark: [UInt8] = Array("syncmail keys\n".utf8)
    private static let lengthBytes = 4
    private static let hashBytes = 32

    /// What the file holds.
    var fileBytes: [UInt8] {
        let map = canonicalBytes
        let length = (0..<Self.lengthBytes).reversed().map { index in
            UInt8(truncatingIfNeeded: map.count >> (8 * index))
        }
        let frame = Self.mark + length + map
        let copy = frame + Self.hash(frame)
        return copy + copy
    }

    /// Reads the first copy that is whole, and tells whether both are.
    ///
    /// - Throws: ``StorageError``: `damagedKey`, or `newerSchema` for a version not known here.
    static func read(
        _ bytes: [UInt8], path: String
    ) throws(StorageError) -> (file: KeyFile, isWhole: Bool) {
        // Both copies have the same length, so the second begins in the middle.
        let half = bytes.count / 2
        let copies = [bytes.prefix(half), bytes.suffix(half)]
        let maps = copies.compactMap { Self.map(in: Array($0)) }
        guard let map = maps.first else { throw StorageError(.damagedKey, path: path) }
        do throws(CodingError) {
            return (try KeyFile(map: map), maps.count == copies.count)
        } catch {
            let isNewer = error.place == "version"
            throw StorageError(
                isNewer ? .newerSchema : .damagedKey, path: path, detail: error.place)
        }
    }

    /// The map inside a copy, if the copy is whole.
    private static func map(in copy: [UInt8]) -> [UInt8]? {
        let start = mark.count + lengthBytes
        guard copy.count >= start + hashBytes, copy.starts(with: mark) else { return nil }
        let length = copy[mark.count..<start].reduce(0) { $0 << 8 | Int($1) }
        guard copy.count == start + length + hashBytes else { return nil }
        let frame = Array(copy.prefix(start + length))
        guard Array(copy.suffix(hashBytes)) == hash(frame) else { return nil }
        return Array(frame.dropFirst(start))
    }

    private static func hash(_ bytes: [UInt8]) -> [UInt8] {
        Sodium.start()
        var hash = [UInt8](repeating: 0, count: hashBytes)
        let result = crypto_generichash(&hash, hash.count, bytes, UInt64(bytes.count), nil, 0)
        precondition(result == 0, "BLAKE2b knows this length.")
        return hash
    }
}
