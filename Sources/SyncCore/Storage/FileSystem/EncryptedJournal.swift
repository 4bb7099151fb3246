/// The rollback journal of an encrypted database (docs/FILE_FORMAT.md, "Rollback journal").
///
/// SQLite takes a header or a checksum that is wrong for the torn end of a journal that was never
/// needed, and goes on with a half-changed database. So both are authenticated here.
final class EncryptedJournal: EncryptedFile {
    private let main: EncryptedMainFile
    private let options: EncryptingFileSystem.Options
    // The last number of four bytes that was written, and where: the number of the page that
    // follows it, if the page does follow it.
    private var lastNumber: (offset: Int64, number: UInt32)?
    // Where the checksum of the last page lies, its mask, and what SQLite adds up of the page.
    private var lastChecksum: (offset: Int64, mask: UInt32, sum: UInt32)?
    // The headers of the current journal, in the order of their offsets. Each time that pages reach
    // the main file before the end of their transaction, a new header begins, with a number of its
    // own; and undoing a part of the transaction reads what lies behind an older one.
    private var headers: [JournalHeader] = []
    // Whether this process wrote the journal. What lies behind it may be of an older one.
    private var isOwn = false
    // Where the last page ends that this process wrote since the journal began anew.
    private var ownEnd: Int64 = 0

    /// What SQLite writes in the clear besides page numbers and headers: zeros over a header, or
    /// over its first byte.
    private static let zeroByteCounts: Set<Int> = [1, 28]

    init(lower: LowerFile, main: EncryptedMainFile, options: EncryptingFileSystem.Options) {
        self.main = main
        self.options = options
        super.init(lower: lower)
        incidents = main.incidents
    }

    override var part: StorageIncident.Part { .journal }

    override func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        let result = lower.read(target, at: offset)
        guard result == FileResult.done else { return result }
        switch target.count {
        case PageLayout.pageBytes:
            return openPage(target, at: offset)
        case 4 where offset == lastChecksum?.offset:
            return openChecksum(target)
        case JournalHeader.magic.count where offset % Int64(JournalHeader.sectorBytes) == 0:
            return admitHeader(target, at: offset)
        default:
            return result
        }
    }

    override func write(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        switch source.count {
        case PageLayout.pageBytes:
            return writePage(source, at: offset)
        case 4 where offset == lastChecksum?.offset:
            return withUnsafeTemporaryAllocation(byteCount: 4, alignment: 4) { masked in
                masked.copyMemory(from: source)
                applyMask(to: masked)
                return lower.write(UnsafeRawBufferPointer(masked), at: offset)
            }
        case 4:
            lastNumber = (offset, source.number(at: 0))
            return lower.write(source, at: offset)
        case JournalHeader.sectorBytes, JournalHeader.startBytes:
            return writeHeader(source, at: offset)
        case let count where Self.zeroByteCounts.contains(count):
            return lower.write(source, at: offset)
        default:
            // Only the name of a super-journal, of which there is none.
            return FileResult.writeFailed
        }
    }

    override func truncate(to size: Int64) -> Int32 {
        lastNumber = nil
        lastChecksum = nil
        return lower.truncate(to: size)
    }

    /// Writes a header, or its start with the number of records, with its tag.
    ///
    /// A new journal's first header is synced before anything follows it. A header that is not
    /// authentic and has something behind it was therefore changed.
    private func writeHeader(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        guard let cipher = main.cipher() else { return FileResult.writeFailed }
        var size: Int64 = 0
        var result = lower.size(&size)
        guard result == FileResult.done else { return result }
        var bytes = [UInt8](source)
        if bytes.count == JournalHeader.startBytes {
            guard let header = headers.first(where: { $0.offset == offset }) else {
                return FileResult.writeFailed
            }
            bytes += header.bytes[bytes.count...]
        }
        let header = JournalHeader(bytes, at: offset)
        keep(header)
        isOwn = true
        if offset == 0 { ownEnd = 0 }
        bytes.replaceSubrange(JournalHeader.taggedRange, with: header.tag(by: cipher.checksumMask))
        result = bytes.withUnsafeBytes { lower.write($0, at: offset) }
        guard result == FileResult.done, size == 0 else { return result }
        return lower.sync(syncNormally)
    }

    /// Keeps a header, which ends all that were known behind it.
    private func keep(_ header: JournalHeader) {
        headers.removeAll { $0.offset >= header.offset }
        headers.append(header)
    }

    /// The header that a record lies behind.
    private func header(before offset: Int64) -> JournalHeader? {
        headers.last { $0.offset < offset }
    }

    /// Answers the start of a header, and refuses one that was changed.
    private func admitHeader(
        _ target: UnsafeMutableRawBufferPointer, at offset: Int64
    ) -> Int32 {
        guard offset == 0 || target.elementsEqual(JournalHeader.magic) else {
            return FileResult.done
        }
        var bytes = [UInt8](repeating: 0, count: JournalHeader.taggedBytes)
        let result = bytes.withUnsafeMutableBytes { lower.read($0, at: offset) }
        guard result == FileResult.done || result == FileResult.shortRead else { return result }
        guard let cipher = main.cipher() else { return FileResult.readFailed }
        let header = JournalHeader(bytes, at: offset)
        let isAuthentic =
            header.tag(by: cipher.checksumMask) == Array(bytes[JournalHeader.taggedRange])
        if isAuthentic || !options.authenticatesJournal {
            // In its own journal SQLite also looks for the rest of an older one, to end it.
            if !isOwn { keep(header) }
            return FileResult.done
        }
        var size: Int64 = 0
        let sized = lower.size(&size)
        guard sized == FileResult.done else { return sized }
        // Zeros end a journal that is done with. Behind the first header, anything may lie.
        let isEnd = bytes[0] == 0 || offset > 0 || size <= JournalHeader.sectorBytes
        guard isEnd else { return refuse(target) }
        target.initializeMemory(as: UInt8.self, repeating: 0)
        return FileResult.done
    }

    private func openPage(_ page: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        var number: UInt32 = 0
        let result = withUnsafeMutableBytes(of: &number) { lower.read($0, at: offset - 4) }
        guard result == FileResult.done else { return result }
        guard let header = header(before: offset), let cipher = main.cipher() else {
            return FileResult.readFailed
        }
        let sealed = UnsafeRawBufferPointer(page)
        let mask = self.mask(of: sealed, cipher)
        let isAuthentic = cipher.open(
            sealed, into: page, kind: .journal, number: UInt32(bigEndian: number),
            place: header.place(at: offset))
        if !isAuthentic {
            let failed = refuse(page)
            // Behind the own records may lie those of an older journal. To a page of zeros their
            // checksums do not fit, and there SQLite stops. Where it undoes a part of a transaction
            // it does not look at checksums, but then it reads own records only.
            guard isOwn, offset >= ownEnd else { return failed }
        }
        let sum = JournalHeader.sum(of: UnsafeRawBufferPointer(page))
        lastChecksum = (offset + Int64(PageLayout.pageBytes), mask, sum)
        return FileResult.done
    }

    /// Unmasks the checksum of a record.
    ///
    /// It tells the records of this journal from those of an older one. In a journal that another
    /// life left, all records that count were synced, so a wrong one was changed.
    private func openChecksum(_ target: UnsafeMutableRawBufferPointer) -> Int32 {
        applyMask(to: target)
        guard !isOwn, options.authenticatesJournal, let lastChecksum,
            let header = header(before: lastChecksum.offset)
        else { return FileResult.done }
        let found = UnsafeRawBufferPointer(target).number(at: 0)
        return found == header.checksumStart &+ lastChecksum.sum
            ? FileResult.done : refuse(target)
    }

    private func writePage(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        guard hasFreeTail(source), let header = header(before: offset), let cipher = main.cipher()
        else { return FileResult.writeFailed }
        var number: UInt32 = 0
        if let lastNumber, lastNumber.offset == offset - 4 {
            number = lastNumber.number
        } else {
            let result = withUnsafeMutableBytes(of: &number) { lower.read($0, at: offset - 4) }
            guard result == FileResult.done else { return result }
            number = UInt32(bigEndian: number)
        }
        cipher.seal(
            source, into: pageScratch, kind: .journal, number: number,
            place: header.place(at: offset))
        let sealed = UnsafeRawBufferPointer(pageScratch)
        lastChecksum = (offset + Int64(PageLayout.pageBytes), mask(of: sealed, cipher), 0)
        let result = lower.write(sealed, at: offset)
        if result == FileResult.done { ownEnd = max(ownEnd, offset + Int64(PageLayout.pageBytes)) }
        return result
    }

    private func mask(of sealed: UnsafeRawBufferPointer, _ cipher: PageCipher) -> UInt32 {
        let nonce = UnsafeRawBufferPointer(
            rebasing: sealed[PageLayout.usableBytes..<PageLayout.tagOffset])
        return cipher.checksumMask.journalMask(nonce: nonce)
    }

    private func applyMask(to checksum: UnsafeMutableRawBufferPointer) {
        guard let mask = lastChecksum?.mask else { return }
        checksum.store(UnsafeRawBufferPointer(checksum).number(at: 0) ^ mask, at: 0)
    }
}

/// SQLite's `SQLITE_SYNC_NORMAL`.
private let syncNormally: Int32 = 2
