/// A place in the write-ahead log where a committed transaction is no longer whole.
package struct LogHole: Hashable, Sendable {
    /// The first frame that is not whole, counted from 1; 0 is the header of the log.
    package let frame: Int
    /// How many frames the log had.
    package let frameCount: Int
}

/// Looks for holes in a write-ahead log (docs/FILE_FORMAT.md, "Write-ahead log").
///
/// Recovery ends quietly at the first frame that is not whole, because a power cut leaves such
/// frames in the transaction that it interrupted. Each commit is synced before the next frame is
/// written, so a frame that continues a commit proves that everything up to the commit was
/// stored. If SQLite stops before such a commit, somebody or something changed the log later.
struct LogScan {
    /// The two running sums that SQLite keeps over the log.
    private typealias Checksum = (UInt32, UInt32)

    let lower: LowerFile
    let cipher: PageCipher
    /// How many pages the main file has, which bounds what a commit may claim.
    let mainPages: Int64

    private static let magic: UInt32 = 0x377f_0682

    /// Returns the hole, or nil if there is none, with the result of reading.
    func find() -> (result: Int32, hole: LogHole?) {
        var size: Int64 = 0
        let result = lower.size(&size)
        let count = Int(size - Int64(PageLayout.logHeaderBytes)) / PageLayout.frameBytes
        guard result == FileResult.done, count > 0 else { return (result, nil) }
        return withUnsafeTemporaryAllocation(
            byteCount: PageLayout.frameBytes + PageLayout.pageBytes, alignment: 16
        ) { memory in
            let frame = UnsafeMutableRawBufferPointer(rebasing: memory[..<PageLayout.frameBytes])
            let page = UnsafeMutableRawBufferPointer(rebasing: memory[PageLayout.frameBytes...])
            return find(frame, page, count)
        }
    }

    private func find(
        _ frame: UnsafeMutableRawBufferPointer, _ page: UnsafeMutableRawBufferPointer, _ count: Int
    ) -> (result: Int32, hole: LogHole?) {
        let header = UnsafeMutableRawBufferPointer(
            rebasing: frame[..<PageLayout.logHeaderBytes])
        let result = lower.read(header, at: 0)
        guard result == FileResult.done else { return (result, nil) }
        let saysLittle = UnsafeRawBufferPointer(header).number(at: 0) & 1 == 0
        // Of the frame before: its checksum if it can be read, and whether it says it commits.
        var previous = headerChecksum(of: UnsafeRawBufferPointer(header), saysLittle)
        // SQLite sums in the machine's order of bytes and says which. A header that is not whole
        // does not tell, and the machines that the program runs on are all little-endian.
        let isLittle = previous == nil || saysLittle
        var salts = previous == nil ? nil : salts(of: UnsafeRawBufferPointer(header), at: 16)
        var isAfterCommit = false
        var firstBad = previous == nil ? 0 : nil
        for index in 1...count {
            let offset =
                Int64(PageLayout.logHeaderBytes) + Int64(index - 1) * Int64(PageLayout.frameBytes)
            let result = lower.read(frame, at: offset)
            guard result == FileResult.done else { return (result, nil) }
            let whole = UnsafeRawBufferPointer(frame)
            // Without a header, the first frame says which salts to look for.
            salts = salts ?? self.salts(of: whole, at: 8)
            let belongs = self.salts(of: whole, at: 8) == salts
            let isAuthentic = belongs && open(whole, at: offset, into: page)
            cipher.checksumMask.reveal(frame, at: offset)
            let stored = (whole.number(at: 16), whole.number(at: 20))
            let continues =
                isAuthentic
                && previous.map { before in
                    let words = UnsafeRawBufferPointer(rebasing: whole[..<8])
                    let expected = sum(
                        UnsafeRawBufferPointer(page), after: sum(words, after: before, isLittle),
                        isLittle)
                    return expected == stored
                } ?? false
            if let firstBad {
                if continues && isAfterCommit {
                    return (FileResult.done, LogHole(frame: firstBad, frameCount: count))
                }
            } else if !continues {
                firstBad = index
            }
            previous = belongs ? stored : nil
            isAfterCommit =
                belongs && (continues || isInOneSector(offset)) && claimsCommit(whole, count)
        }
        return (FileResult.done, nil)
    }

    private func open(
        _ frame: UnsafeRawBufferPointer, at offset: Int64, into page: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let place = PageCipher.Place(
            offset: offset + Int64(PageLayout.frameHeaderBytes), salts: salts(of: frame, at: 8))
        return cipher.open(
            UnsafeRawBufferPointer(rebasing: frame[PageLayout.frameHeaderBytes...]), into: page,
            kind: .log, number: frame.number(at: 0), place: place)
    }

    /// Whether what a frame says of a commit was written together with its salts.
    ///
    /// Where a sector of the disk ends between them (frames 42, 106, …), a power cut can leave an
    /// older frame's commit in front of the salts of this log.
    private func isInOneSector(_ offset: Int64) -> Bool {
        let sector = Int64(PageLayout.sectorBytes)
        return offset / sector == (offset + 15) / sector
    }

    /// Whether a frame says that a transaction ends with it.
    ///
    /// The sector may hold garbage, so the size that it claims for the database must be possible.
    private func claimsCommit(_ frame: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        let (number, size) = (Int64(frame.number(at: 0)), Int64(frame.number(at: 4)))
        return number > 0 && number <= size && size <= mainPages + Int64(count)
    }

    private func salts(of bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The checksum of the log's header, or nil if it is not the one that it should be.
    private func headerChecksum(of header: UnsafeRawBufferPointer, _ isLittle: Bool) -> Checksum? {
        let stored = (header.number(at: 24), header.number(at: 28))
        let words = UnsafeRawBufferPointer(rebasing: header[..<24])
        let isValid =
            header.number(at: 0) & ~1 == Self.magic
            && sum(words, after: (0, 0), isLittle) == stored
        return isValid ? stored : nil
    }

    private func sum(
        _ bytes: UnsafeRawBufferPointer, after start: Checksum, _ isLittle: Bool
    ) -> Checksum {
        var (first, second) = start
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            let left = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let right = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            first &+= (isLittle ? UInt32(littleEndian: left) : UInt32(bigEndian: left)) &+ second
            second &+= (isLittle ? UInt32(littleEndian: right) : UInt32(bigEndian: right)) &+ first
        }
        return (first, second)
    }
}
