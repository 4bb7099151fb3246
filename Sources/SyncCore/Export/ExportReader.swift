/// Understands a file of records that comes in pieces of any size.
///
/// It performs no I/O. Nothing may be used before ``finish()`` returned: only then is the file
/// what was signed.
///
/// ```
///   head ──▶ manifest ──▶ chunk ──▶ chunk ──▶ … ──▶ signature ──▶ end
/// ```
package struct ExportReader {
    /// What was found, in the order of the file.
    package enum Event {
        case manifest(ExportManifest, hash: Digest)
        /// A sealed piece of a section.
        case chunk(section: Int, index: Int, sealed: [UInt8])
    }

    private enum Phase {
        case head
        case manifest(byteCount: Int)
        case length
        case chunk(byteCount: Int)
        case signature
        case end
    }

    private let path: String
    private var phase = Phase.head
    private var held: [UInt8] = []
    private var hash = DigestStream()
    private var manifest: ExportManifest?
    private var chunksCount = 0

    /// Prepares to read a file; `path` is what errors call it.
    package init(path: String) {
        self.path = path
    }

    /// Takes the next bytes of the file.
    package mutating func read(_ bytes: [UInt8]) throws(ExportError) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            switch phase {
            case .head:
                guard let head = take(ExportFormat.headByteCount, from: &rest) else { break }
                phase = .manifest(byteCount: try manifestByteCount(head))
            case .manifest(let byteCount):
                guard let bytes = take(byteCount, from: &rest) else { break }
                events.append(try readManifest(bytes))
                phase = .length
            case .length:
                guard let length = take(ExportFormat.numberByteCount, from: &rest) else { break }
                let byteCount = ExportFormat.number(length)
                guard byteCount <= ExportFormat.chunkByteCountMaximum,
                    byteCount == 0 || byteCount > ExportFormat.numberByteCount
                else { throw ExportError(.altered, path: path) }
                phase = byteCount == 0 ? .signature : .chunk(byteCount: byteCount)
            case .chunk(let byteCount):
                guard let chunk = take(byteCount, from: &rest) else { break }
                events.append(
                    .chunk(
                        section: ExportFormat.number(chunk), index: chunksCount,
                        sealed: Array(chunk.dropFirst(ExportFormat.numberByteCount))))
                chunksCount += 1
                phase = .length
            case .signature:
                guard let bytes = take(Signature.byteCount, from: &rest, isHashed: false) else {
                    break
                }
                try check(bytes)
                phase = .end
            case .end: throw ExportError(.tooLong, path: path)
            }
        }
        return events
    }

    /// Says that the file has ended, and returns what it said of itself.
    package func finish() throws(ExportError) -> ExportManifest {
        if case .end = phase, let manifest { return manifest }
        if case .head = phase,
            held.isEmpty || !ExportFormat.magic.starts(with: held.prefix(ExportFormat.magic.count))
        {
            throw ExportError(.notAnExport, path: path)
        }
        throw ExportError(.truncated, path: path)
    }

    /// Takes so many bytes, together with what was kept; nothing while there are too few.
    private mutating func take(
        _ count: Int, from rest: inout ArraySlice<UInt8>, isHashed: Bool = true
    ) -> [UInt8]? {
        let missing = rest.prefix(count - held.count)
        held += missing
        rest = rest.dropFirst(missing.count)
        guard held.count == count else { return nil }
        if isHashed { hash.update(held[...]) }
        defer { held = [] }
        return held
    }

    private func manifestByteCount(_ head: [UInt8]) throws(ExportError) -> Int {
        guard head.starts(with: ExportFormat.magic) else {
            throw ExportError(.notAnExport, path: path)
        }
        let numbers = head.dropFirst(ExportFormat.magic.count)
        let version = ExportFormat.number(numbers)
        let byteCount = ExportFormat.number(numbers.dropFirst(ExportFormat.numberByteCount))
        guard version == ExportFormat.version else {
            throw ExportError(
                version > ExportFormat.version ? .newer : .notAnExport, path: path)
        }
        guard (1...ExportFormat.manifestByteCountMaximum).contains(byteCount) else {
            throw ExportError(.altered, path: path)
        }
        return byteCount
    }

    private mutating func readManifest(_ bytes: [UInt8]) throws(ExportError) -> Event {
        do throws(CodingError) {
            let manifest = try ExportManifest(canonicalBytes: bytes)
            self.manifest = manifest
            return .manifest(manifest, hash: Digest(of: bytes))
        } catch {
            throw ExportError(.altered, path: path)
        }
    }

    private mutating func check(_ bytes: [UInt8]) throws(ExportError) {
        let digest = hash.finish()
        guard let signature = Signature(bytes: bytes), let manifest,
            manifest.key.isValid(signature, over: digest.bytes, for: .export)
        else { throw ExportError(.altered, path: path) }
    }
}
