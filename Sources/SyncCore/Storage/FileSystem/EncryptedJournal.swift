/// The rollback journal of an encrypted database (docs/FILE_FORMAT.md, "Rollback journal").
final class EncryptedJournal: EncryptedFile {
    private let main: EncryptedMainFile
    // The last number of four bytes that was written, and where: the number of the page that
    // follows it, if the page does follow it.
    private var lastNumber: (offset: Int64, number: UInt32)?
    // Where the checksum of the last page lies, and its mask.
    private var lastMask: (offset: Int64, mask: UInt32)?

    init(lower: LowerFile, main: EncryptedMainFile) {
        self.main = main
        super.init(lower: lower)
    }

    override func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        let result = lower.read(target, at: offset)
        guard result == FileResult.done else { return result }
        switch target.count {
        case PageLayout.pageBytes:
            return openPage(target, at: offset)
        case 4 where offset == lastMask?.offset:
            applyMask(to: target)
            return result
        default:
            return result
        }
    }

    override func write(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        switch source.count {
        case PageLayout.pageBytes:
            return writePage(source, at: offset)
        case 4 where offset == lastMask?.offset:
            return withUnsafeTemporaryAllocation(byteCount: 4, alignment: 4) { masked in
                masked.copyMemory(from: source)
                applyMask(to: masked)
                return lower.write(UnsafeRawBufferPointer(masked), at: offset)
            }
        case 4:
            lastNumber = (offset, source.number(at: 0))
            return lower.write(source, at: offset)
        default:
            return lower.write(source, at: offset)
        }
    }

    override func truncate(to size: Int64) -> Int32 {
        lastNumber = nil
        lastMask = nil
        return lower.truncate(to: size)
    }

    private func openPage(_ page: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        var number: UInt32 = 0
        let result = withUnsafeMutableBytes(of: &number) { lower.read($0, at: offset - 4) }
        guard result == FileResult.done else { return result }
        guard let cipher = main.cipher() else { return FileResult.readFailed }
        let sealed = UnsafeRawBufferPointer(page)
        remember(nonceOf: sealed, at: offset, cipher)
        guard cipher.open(sealed, into: page, kind: .journal, number: UInt32(bigEndian: number))
        else { return refuse(page) }
        return FileResult.done
    }

    private func writePage(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        guard hasFreeTail(source), let cipher = main.cipher() else {
            return FileResult.writeFailed
        }
        var number: UInt32 = 0
        if let lastNumber, lastNumber.offset == offset - 4 {
            number = lastNumber.number
        } else {
            let result = withUnsafeMutableBytes(of: &number) { lower.read($0, at: offset - 4) }
            guard result == FileResult.done else { return result }
            number = UInt32(bigEndian: number)
        }
        cipher.seal(source, into: pageScratch, kind: .journal, number: number)
        let sealed = UnsafeRawBufferPointer(pageScratch)
        remember(nonceOf: sealed, at: offset, cipher)
        return lower.write(sealed, at: offset)
    }

    private func remember(
        nonceOf sealed: UnsafeRawBufferPointer, at offset: Int64, _ cipher: PageCipher
    ) {
        let nonce = UnsafeRawBufferPointer(
            rebasing: sealed[PageLayout.usableBytes..<PageLayout.tagOffset])
        let mask = cipher.checksumMask.journalMask(nonce: nonce)
        lastMask = (offset + Int64(PageLayout.pageBytes), mask)
    }

    private func applyMask(to checksum: UnsafeMutableRawBufferPointer) {
        guard let mask = lastMask?.mask else { return }
        checksum.store(UnsafeRawBufferPointer(checksum).number(at: 0) ^ mask, at: 0)
    }
}
