/// The write-ahead log of an encrypted database (docs/FILE_FORMAT.md, "Write-ahead log").
final class EncryptedLog: EncryptedFile {
    private let main: EncryptedMainFile
    private let options: EncryptingFileSystem.Options
    // The header of the frame whose page is about to be written, before masking.
    private var lastHeader = [UInt8](repeating: 0, count: PageLayout.frameHeaderBytes)
    private var lastHeaderOffset: Int64?
    // The frames that this process wrote since the log began anew: from and to.
    private var ownFrames: ClosedRange<Int64>?
    // Whether a page of the file was authentic, so that the key is the right one.
    private var isKeyProven = false

    init(lower: LowerFile, main: EncryptedMainFile, options: EncryptingFileSystem.Options) {
        self.main = main
        self.options = options
        super.init(lower: lower)
        incidents = main.incidents
    }

    override func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        switch target.count {
        case PageLayout.pageBytes where isPage(offset):
            return readPage(target, at: offset)
        case PageLayout.frameBytes where isFrame(offset):
            return readFrame(target, at: offset)
        case PageLayout.logHeaderBytes where offset == 0, 8 where offset == 24:
            // The log's own header, and its checksum.
            return lower.read(target, at: offset)
        case 8 where isFrame(offset - 16):
            return readChecksum(target, at: offset)
        default:
            return FileResult.readFailed
        }
    }

    override func write(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        switch source.count {
        case PageLayout.logHeaderBytes where offset == 0:
            ownFrames = nil
            lastHeaderOffset = nil
            return lower.write(source, at: offset)
        case PageLayout.frameHeaderBytes where isFrame(offset):
            return writeHeader(source, at: offset)
        case PageLayout.pageBytes where isPage(offset):
            return writePage(source, at: offset)
        default:
            // Writes are split only on disks that are not safe to overwrite in part, which the
            // file system above says it is.
            return FileResult.writeFailed
        }
    }

    override func truncate(to size: Int64) -> Int32 {
        if size == 0 { ownFrames = nil }
        lastHeaderOffset = nil
        return lower.truncate(to: size)
    }

    override var part: StorageIncident.Part { .log }

    override func place(at offset: Int64) -> Int {
        Int(offset - Int64(PageLayout.logHeaderBytes)) / PageLayout.frameBytes + 1
    }

    /// Looks for a committed transaction that recovery had to leave out.
    func findHole() -> (result: Int32, hole: LogHole?) {
        guard options.findsHoles else { return (FileResult.done, nil) }
        var size: Int64 = 0
        let result = main.lower.size(&size)
        guard result == FileResult.done, let cipher = main.cipher() else { return (result, nil) }
        let scan = LogScan(
            lower: lower, cipher: cipher, mainPages: size / Int64(PageLayout.pageBytes))
        return scan.find()
    }

    /// Whether the key is the right one for the file.
    ///
    /// With a wrong key the log would look empty, and SQLite deletes an empty log on closing.
    /// The first page is half written only while the log is being moved into the main file, and
    /// then the log's first frame is whole.
    private func provesKey() -> Bool {
        isKeyProven = isKeyProven || !options.needsProvenKey || main.isFirstPageAuthentic()
        return isKeyProven
    }

    private func isFrame(_ offset: Int64) -> Bool {
        let inFrames = offset - Int64(PageLayout.logHeaderBytes)
        return inFrames >= 0 && inFrames % Int64(PageLayout.frameBytes) == 0
    }

    private func isPage(_ offset: Int64) -> Bool {
        isFrame(offset - Int64(PageLayout.frameHeaderBytes))
    }

    /// The page of a known frame.
    ///
    /// It must authenticate.
    private func readPage(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        let start = offset - Int64(PageLayout.frameHeaderBytes)
        let result = lower.read(scratch, at: start)
        guard result == FileResult.done else { return result }
        guard let cipher = main.cipher() else { return FileResult.readFailed }
        let frame = UnsafeRawBufferPointer(scratch)
        guard open(frame, at: start, into: target, cipher) else { return refuse(target) }
        return result
    }

    /// A whole frame, which SQLite reads during recovery or to rewrite its checksum.
    private func readFrame(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        let result = lower.read(target, at: offset)
        guard result == FileResult.done else { return result }
        guard let cipher = main.cipher() else { return FileResult.readFailed }
        let header = UnsafeMutableRawBufferPointer(
            rebasing: target[..<PageLayout.frameHeaderBytes])
        let page = UnsafeMutableRawBufferPointer(rebasing: target[PageLayout.frameHeaderBytes...])
        guard open(UnsafeRawBufferPointer(target), at: offset, into: page, cipher) else {
            let failed = refuse(target)
            let isOwn = ownFrames?.contains(offset) ?? false
            guard !isOwn, options.toleratesTornLog, provesKey() else { return failed }
            // SQLite takes page number 0 for the end of the log, as after any torn write.
            return FileResult.done
        }
        isKeyProven = true
        cipher.checksumMask.reveal(header, at: offset)
        return result
    }

    private func readChecksum(
        _ target: UnsafeMutableRawBufferPointer, at offset: Int64
    ) -> Int32 {
        let header = UnsafeMutableRawBufferPointer(
            rebasing: scratch[..<PageLayout.frameHeaderBytes])
        let result = lower.read(header, at: offset - 16)
        guard result == FileResult.done else { return result }
        guard let cipher = main.cipher() else { return FileResult.readFailed }
        cipher.checksumMask.reveal(header, at: offset - 16)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: header[16..<24]))
        return result
    }

    /// Writes a header at once, and not together with its page: a process that is killed in
    /// between must leave what SQLite believes it wrote.
    private func writeHeader(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        guard let cipher = main.cipher() else { return FileResult.writeFailed }
        lastHeader = [UInt8](source)
        lastHeaderOffset = offset
        let header = UnsafeMutableRawBufferPointer(
            rebasing: scratch[..<PageLayout.frameHeaderBytes])
        header.copyMemory(from: source)
        cipher.checksumMask.hide(header, at: offset)
        return lower.write(UnsafeRawBufferPointer(header), at: offset)
    }

    private func writePage(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        guard hasFreeTail(source), let cipher = main.cipher() else {
            return FileResult.writeFailed
        }
        let start = offset - Int64(PageLayout.frameHeaderBytes)
        if lastHeaderOffset != start {
            // A page that is written again in its transaction comes without its header.
            let result = lastHeader.withUnsafeMutableBytes { lower.read($0, at: start) }
            lastHeaderOffset = nil
            guard result == FileResult.done else { return result }
        }
        guard
            let (number, place) = lastHeader.withUnsafeBytes({ self.place(of: $0, at: start) })
        else { return FileResult.writeFailed }
        cipher.seal(source, into: pageScratch, kind: .log, number: number, place: place)
        let (first, last) = (ownFrames?.lowerBound ?? start, ownFrames?.upperBound ?? start)
        ownFrames = min(first, start)...max(last, start)
        return lower.write(UnsafeRawBufferPointer(pageScratch), at: offset)
    }

    private func open(
        _ frame: UnsafeRawBufferPointer, at start: Int64,
        into page: UnsafeMutableRawBufferPointer, _ cipher: PageCipher
    ) -> Bool {
        guard let (number, place) = place(of: frame, at: start) else { return false }
        let sealed = UnsafeRawBufferPointer(rebasing: frame[PageLayout.frameHeaderBytes...])
        return cipher.open(sealed, into: page, kind: .log, number: number, place: place)
    }

    /// The page number of a frame, and what its page is bound to.
    ///
    /// Until a transaction that rewrote frames commits, their salts are zero. The log's header
    /// has the ones that will be filled in.
    private func place(
        of header: UnsafeRawBufferPointer, at start: Int64
    ) -> (number: UInt32, place: PageCipher.Place)? {
        var salts = UInt64(bigEndian: header.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        if salts == 0 {
            let result = withUnsafeMutableBytes(of: &salts) { lower.read($0, at: 16) }
            guard result == FileResult.done else { return nil }
            salts = UInt64(bigEndian: salts)
        }
        let offset = start + Int64(PageLayout.frameHeaderBytes)
        return (header.number(at: 0), PageCipher.Place(offset: offset, salts: salts))
    }
}
