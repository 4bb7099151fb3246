import CSQLite
import CSodium

/// The main file of an encrypted database (docs/FILE_FORMAT.md, "Pages").
final class EncryptedMainFile: EncryptedFile {
    private let dataKey: SecretBytes
    private let options: EncryptingFileSystem.Options
    private var knownCipher: PageCipher?
    // Invariant: never larger than the file, so at worst it is asked for once too often.
    private var knownSize: Int64 = 0

    init(lower: LowerFile, dataKey: SecretBytes, options: EncryptingFileSystem.Options) {
        self.dataKey = dataKey
        self.options = options
        super.init(lower: lower)
    }

    /// The file's cipher, or nil if its id cannot be read.
    ///
    /// A file too short to have an id gets a new one, which reaches the disk with page 1.
    func cipher() -> PageCipher? {
        if let knownCipher { return knownCipher }
        var size: Int64 = 0
        guard lower.size(&size) == FileResult.done else { return nil }
        var fileID = [UInt8](repeating: 0, count: PageLayout.fileIDBytes)
        if size < PageLayout.fileIDBytes {
            randombytes_buf(&fileID, fileID.count)
        } else {
            let result = fileID.withUnsafeMutableBytes { lower.read($0, at: 0) }
            guard result == FileResult.done else { return nil }
        }
        let cipher = PageCipher(dataKey: dataKey, fileID: fileID)
        knownCipher = cipher
        return cipher
    }

    override func place(at offset: Int64) -> Int {
        Int(offset / Int64(PageLayout.pageBytes)) + 1
    }

    /// Whether the first page is there and whole.
    func isFirstPageAuthentic() -> Bool {
        readPage(pageScratch, at: 0, failing: pageScratch) == FileResult.done
    }

    override func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        if offset == 0 && target.count == headerProbeBytes { return probe(target) }
        let inPage = Int(offset % Int64(PageLayout.pageBytes))
        guard inPage + target.count <= PageLayout.pageBytes else { return FileResult.readFailed }
        if target.count == PageLayout.pageBytes {
            return readPage(target, at: offset, failing: target)
        }
        let result = readPage(pageScratch, at: offset - Int64(inPage), failing: target)
        guard result == FileResult.done else { return result }
        target.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: pageScratch[inPage..<inPage + target.count]))
        return result
    }

    override func write(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        let pageBytes = Int64(PageLayout.pageBytes)
        guard source.count == PageLayout.pageBytes, offset % pageBytes == 0, hasFreeTail(source),
            offset > 0 || PageLayout.isFirstPage(source), let cipher = cipher()
        else { return FileResult.writeFailed }
        if options.fillsGaps && offset > knownSize {
            let result = fillGap(before: offset, cipher)
            guard result == FileResult.done else { return result }
        }
        return writePage(source, at: offset, cipher)
    }

    override func truncate(to size: Int64) -> Int32 {
        guard size % Int64(PageLayout.pageBytes) == 0 else { return FileResult.truncateFailed }
        knownSize = min(knownSize, size)
        // An empty file has no id any more. The next one must be new, or pages of the old life
        // would open in the new one.
        if size == 0 { knownCipher = nil }
        return lower.truncate(to: size)
    }

    override func control(_ operation: Int32, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        guard operation == SQLITE_FCNTL_PRAGMA, let argument else {
            return super.control(operation, argument)
        }
        // Three pointers: where to put an answer, the name, and the value or nil.
        let pragma = argument.assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
        guard let name = pragma[1].map({ String(cString: $0).lowercased() }) else {
            return FileResult.unknown
        }
        switch name {
        case "page_size" where pragma[2] != nil:
            // The layout is fixed.
            return FileResult.done
        case "key", "rekey", "hexkey", "hexrekey", "textkey", "textrekey":
            // A key that SQLite ignored would leave the impression of a protected file.
            return SQLITE_ERROR
        default:
            return super.control(operation, argument)
        }
    }

    /// Answers the look at the header that comes before any lock and before recovery.
    ///
    /// Page 1 may be half written then, and SQLite will repair it next. It uses only the page
    /// size and the reserve of what it sees here, so a made-up header does as well.
    private func probe(_ target: UnsafeMutableRawBufferPointer) -> Int32 {
        var size: Int64 = 0
        let result = lower.size(&size)
        guard result == FileResult.done else { return result }
        target.initializeMemory(as: UInt8.self, repeating: 0)
        guard size > 0 else { return FileResult.shortRead }
        if size >= PageLayout.pageBytes {
            let result = readPage(pageScratch, at: 0, failing: target)
            if result == FileResult.done {
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: pageScratch[..<target.count]))
                return result
            }
            let isTolerable =
                result == FileResult.shortRead
                || result == FileResult.notAuthentic && options.toleratesTornHeader
            guard isTolerable else { return result }
        }
        target.copyBytes(from: PageLayout.magic + PageLayout.clearBytes)
        return FileResult.done
    }

    private func readPage(
        _ page: UnsafeMutableRawBufferPointer, at offset: Int64,
        failing target: UnsafeMutableRawBufferPointer
    ) -> Int32 {
        let number = UInt32(offset / Int64(PageLayout.pageBytes)) + 1
        let result = lower.read(page, at: offset)
        guard result == FileResult.done else {
            target.initializeMemory(as: UInt8.self, repeating: 0)
            return result
        }
        guard let cipher = cipher() else { return FileResult.readFailed }
        guard
            cipher.open(UnsafeRawBufferPointer(page), into: page, kind: .database, number: number)
        else {
            csqlite_log(FileResult.notAuthentic, "page \(number) does not authenticate")
            return refuse(target)
        }
        return FileResult.done
    }

    private func writePage(
        _ page: UnsafeRawBufferPointer, at offset: Int64, _ cipher: PageCipher
    ) -> Int32 {
        let number = UInt32(offset / Int64(PageLayout.pageBytes)) + 1
        cipher.seal(page, into: pageScratch, kind: .database, number: number)
        let result = lower.write(UnsafeRawBufferPointer(pageScratch), at: offset)
        if result == FileResult.done {
            knownSize = max(knownSize, offset + Int64(PageLayout.pageBytes))
        }
        return result
    }

    /// Writes encrypted pages of zeros up to an offset, so that no hole is left.
    private func fillGap(before offset: Int64, _ cipher: PageCipher) -> Int32 {
        let pageBytes = Int64(PageLayout.pageBytes)
        let result = lower.size(&knownSize)
        guard result == FileResult.done else { return result }
        knownSize -= knownSize % pageBytes
        let zeros = [UInt8](repeating: 0, count: PageLayout.pageBytes)
        while knownSize < offset {
            let result = zeros.withUnsafeBytes { writePage($0, at: knownSize, cipher) }
            guard result == FileResult.done else { return result }
        }
        return FileResult.done
    }
}

/// How many bytes SQLite reads when it first looks at a file.
private let headerProbeBytes = 100
