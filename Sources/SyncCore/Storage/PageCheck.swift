import Glibc

/// What a check of some pages of the main file found.
package struct PageCheck: Hashable, Sendable {
    /// The last page that was looked at, counted from 1.
    package var lastPage: Int
    /// How many pages the file has.
    package var pageCount: Int
    /// The pages that did not authenticate.
    package var refused: [Int] = []
    /// The pages of which the disk holds another content than the system shows.
    package var unstored: [Int] = []
    /// Whether the disk was read, and not what the system keeps of it in memory.
    package var isDirect = false

    /// Whether every page was looked at.
    package var isComplete: Bool { lastPage >= pageCount }

    /// How many pages are looked at in one step, so that others can work in between: 4 MiB.
    package static let pagesPerStep = 1024
    /// How many refused pages are named.
    package static let refusedMaximum = 64
}

extension EncryptedMainFile {
    /// Authenticates pages as they are stored.
    ///
    /// - Parameters:
    ///   - first: How many pages are left out at the beginning.
    ///   - maximum: How many pages to look at.
    ///   - direct: The same file, read past what the system keeps in memory.
    ///   - comparesCache: Whether to look for pages of which the disk holds another content than
    ///     the system shows: what was written last never reached it.
    /// - Returns: What was found, or nil if the file cannot be read.
    func checkPages(
        after first: Int, maximum: Int, direct: DirectFile?, comparesCache: Bool
    ) -> PageCheck? {
        var size: Int64 = 0
        guard lower.size(&size) == FileResult.done, let cipher = cipher() else { return nil }
        let pageCount = Int(size) / PageLayout.pageBytes
        var check = PageCheck(lastPage: first, pageCount: pageCount)
        check.isDirect = direct?.isDirect ?? false
        let end = min(pageCount, first + maximum)
        while check.lastPage < end {
            let count = min(end - check.lastPage, DirectFile.bufferBytes / PageLayout.pageBytes)
            let offset = check.lastPage * PageLayout.pageBytes
            let start = check.lastPage
            func examine(_ bytes: UnsafeRawBufferPointer) -> [Int] {
                if comparesCache, direct != nil {
                    let found = readBelow(count, at: offset) {
                        differingPages($0, bytes, after: start)
                    }
                    check.unstored += found ?? Array(start + 1...start + count)
                }
                return refusedPages(count, in: bytes, after: start, cipher)
            }
            let refused =
                direct.map { $0.read(count * PageLayout.pageBytes, at: offset, examine) }
                ?? readBelow(count, at: offset, examine)
            guard let refused else { return nil }
            check.refused += refused.prefix(PageCheck.refusedMaximum - check.refused.count)
            check.lastPage += count
        }
        return check
    }

    private func readBelow(
        _ count: Int, at offset: Int, _ body: (UnsafeRawBufferPointer) -> [Int]
    ) -> [Int]? {
        withUnsafeTemporaryAllocation(byteCount: count * PageLayout.pageBytes, alignment: 16) {
            let result = lower.read($0, at: Int64(offset))
            guard result == FileResult.done else { return nil }
            return body(UnsafeRawBufferPointer($0))
        }
    }

    private func differingPages(
        _ shown: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer, after first: Int
    ) -> [Int] {
        let count = min(shown.count, stored.count) / PageLayout.pageBytes
        guard let shown = shown.baseAddress, let stored = stored.baseAddress else { return [] }
        return stride(from: 0, to: count * PageLayout.pageBytes, by: PageLayout.pageBytes)
            .filter { memcmp(shown + $0, stored + $0, PageLayout.pageBytes) != 0 }
            .map { first + $0 / PageLayout.pageBytes + 1 }
    }

    private func refusedPages(
        _ count: Int, in bytes: UnsafeRawBufferPointer, after first: Int, _ cipher: PageCipher
    ) -> [Int] {
        (0..<count).compactMap { index in
            let number = first + index + 1
            let offset = index * PageLayout.pageBytes
            guard offset + PageLayout.pageBytes <= bytes.count else { return number }
            let page = UnsafeRawBufferPointer(
                rebasing: bytes[offset..<offset + PageLayout.pageBytes])
            let isAuthentic = cipher.open(
                page, into: pageScratch, kind: .database, number: UInt32(number))
            return isAuthentic ? nil : number
        }
    }
}
