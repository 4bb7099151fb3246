/// Understands a backup that comes in pieces of any size.
///
/// It performs no I/O: the caller hands in bytes, and stores what the events say. Nothing may be
/// used before ``finish()`` returned: only then is every part what was signed.
///
/// ```
///   head ──▶ manifest ──▶ database ──▶ keys ──▶ end
/// ```
package struct BackupReader {
    /// What was found, in the order of the file.
    package enum Event: Hashable, Sendable {
        /// The signature is right; what follows must match it.
        case manifest(BackupManifest)
        /// Some bytes of a part.
        case bytes(ArraySlice<UInt8>, part: String)
    }

    private enum Phase {
        case head
        case manifest(byteCount: Int)
        case part(Int, remaining: UInt64)
        case end
    }

    private let path: String
    private let kind: BackupManifest.Kind
    private var phase = Phase.head
    private var held: [UInt8] = []
    private var hash = DigestStream()
    private var manifest: BackupManifest?

    /// Prepares to read a backup.
    ///
    /// - Parameters:
    ///   - kind: Whose replica it must hold.
    ///   - path: What errors call the file.
    package init(kind: BackupManifest.Kind, path: String) {
        self.kind = kind
        self.path = path
    }

    /// Takes the next bytes of the file.
    ///
    /// - Returns: What they say; some may be kept for the next time.
    /// - Throws: ``BackupError`` as soon as it is certain.
    package mutating func read(_ bytes: [UInt8]) throws(BackupError) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            switch phase {
            case .head:
                guard let head = take(BackupFormat.headByteCount, from: &rest) else { break }
                phase = .manifest(byteCount: try manifestByteCount(head))
            case .manifest(let byteCount):
                guard let signed = take(byteCount + Signature.byteCount, from: &rest) else { break }
                events.append(.manifest(try readManifest(signed, byteCount)))
                try beginPart(0)
            case .part(let index, let remaining):
                guard let manifest else { throw BackupError(.notABackup, path: path) }
                let part = manifest.parts[index]
                let piece = rest.prefix(Int(clamping: remaining))
                rest = rest.dropFirst(piece.count)
                hash.update(piece)
                events.append(.bytes(piece, part: part.name))
                phase = .part(index, remaining: remaining - UInt64(piece.count))
                if piece.count == remaining { try endPart(index) }
            case .end: throw BackupError(.tooLong, path: path)
            }
        }
        return events
    }

    /// Says that the file has ended, and returns what it is.
    package func finish() throws(BackupError) -> BackupManifest {
        if case .end = phase, let manifest { return manifest }
        if case .head = phase, !BackupFormat.magic.starts(with: held.prefix(16)) || held.isEmpty {
            throw BackupError(.notABackup, path: path)
        }
        throw BackupError(.truncated, path: path)
    }

    /// Takes so many bytes, together with what was kept; nothing while there are too few.
    private mutating func take(_ count: Int, from rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        let missing = rest.prefix(count - held.count)
        held += missing
        rest = rest.dropFirst(missing.count)
        guard held.count == count else { return nil }
        defer { held = [] }
        return held
    }

    private func manifestByteCount(_ head: [UInt8]) throws(BackupError) -> Int {
        guard head.starts(with: BackupFormat.magic) else {
            throw BackupError(.notABackup, path: path)
        }
        let numbers = head.dropFirst(BackupFormat.magic.count)
        let version = numbers.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        let count = numbers.dropFirst(4).reduce(0) { $0 << 8 | Int($1) }
        guard version == BackupFormat.version else {
            throw BackupError(version > BackupFormat.version ? .newer : .notABackup, path: path)
        }
        guard (1...BackupFormat.manifestByteCountMaximum).contains(count) else {
            throw BackupError(.signature, path: path)
        }
        return count
    }

    private mutating func readManifest(
        _ signed: [UInt8], _ byteCount: Int
    ) throws(BackupError) -> BackupManifest {
        let bytes = Array(signed.prefix(byteCount))
        do throws(CodingError) {
            let manifest = try BackupManifest(canonicalBytes: bytes)
            guard let signature = Signature(bytes: Array(signed.dropFirst(byteCount))),
                manifest.key.isValid(signature, over: bytes, for: .backup)
            else { throw CodingError(.value, in: "signature") }
            self.manifest = manifest
        } catch {
            throw BackupError(.signature, path: path)
        }
        guard let manifest else { throw BackupError(.signature, path: path) }
        guard manifest.kind == kind else {
            throw BackupError(.otherKind(manifest.kind), path: path)
        }
        return manifest
    }

    private mutating func beginPart(_ index: Int) throws(BackupError) {
        guard let manifest, index < manifest.parts.count else {
            phase = .end
            return
        }
        hash = DigestStream()
        phase = .part(index, remaining: manifest.parts[index].byteCount)
        if manifest.parts[index].byteCount == 0 { try endPart(index) }
    }

    private mutating func endPart(_ index: Int) throws(BackupError) {
        guard let part = manifest?.parts[index], hash.finish() == part.digest else {
            throw BackupError(.altered(part: manifest?.parts[index].name ?? ""), path: path)
        }
        try beginPart(index + 1)
    }
}

/// The fixed bytes of the format (docs/FILE_FORMAT.md, "Backup").
enum BackupFormat {
    static let magic = Array("syncmail backup\n".utf8)
    static let version = 1
    static let manifestByteCountMaximum = 64 * 1024
    static let headByteCount = magic.count + 8

    /// What stands in front of the parts.
    static func head(_ manifest: BackupManifest, signedBy key: SigningKey) -> [UInt8] {
        let bytes = manifest.canonicalBytes
        precondition(bytes.count <= manifestByteCountMaximum, "A manifest is short.")
        let numbers = [version, bytes.count].flatMap { number in
            (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        return magic + numbers + bytes + key.signature(over: bytes, for: .backup).bytes
    }
}
