import CUnix
import Glibc

/// A file that is read as it lies on the disk, past what the system keeps of it in memory.
///
/// After a failed sync Linux marks the pages as clean that it could not write, so an ordinary
/// read answers what is nowhere but in memory. A direct read first writes what is still dirty,
/// and then asks the disk. Where a file system knows no direct reads (tmpfs before Linux 6.6,
/// some network and FUSE file systems) the system is asked to forget its pages, which it need
/// not do; ``isDirect`` tells.
///
/// Closing any descriptor of a file gives up the locks that the process holds on it, so this one
/// must stay open for as long as a connection to the same file.
final class DirectFile {
    /// Whether reads reach the disk, whatever the system keeps.
    let isDirect: Bool
    private let descriptor: Int32
    // Direct reads need an aligned target, and offsets and lengths that are multiples of a block.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: DirectFile.bufferBytes, alignment: PageLayout.pageBytes)

    /// How many bytes one read takes at most.
    static let bufferBytes = 256 * PageLayout.pageBytes

    /// Opens a file, or answers nil if it cannot be opened at all.
    init?(path: String) {
        let direct = cunix_open_direct(path)
        isDirect = direct >= 0
        descriptor = isDirect ? direct : cunix_open(path, O_RDONLY | O_CLOEXEC, 0)
        // What was made so far is given back as the object goes.
        guard descriptor >= 0 else { return nil }
        if !isDirect { forget() }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        buffer.deallocate()
    }

    /// Asks the system to drop what it keeps of the file and has no need to write.
    ///
    /// After a failed write ext4 may take a block for written that is not: what is written again
    /// through the pages that it kept is then synced without a complaint, and reads as zeros once
    /// they are gone (seen with Linux 6.18, no journal). Pages that are read anew know better.
    func forget() {
        // Advice: a file system that ignores it answers as it did before.
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Reads up to ``bufferBytes`` from a multiple of a page, and lends them to a body.
    ///
    /// - Returns: What the body returned, or nil if the disk failed.
    func read<Value>(
        _ count: Int, at offset: Int, _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value? {
        precondition(count <= buffer.count && offset % PageLayout.pageBytes == 0)
        var filled = 0
        while filled < count {
            let target = buffer.baseAddress.map { $0 + filled }
            let taken = pread(descriptor, target, count - filled, off_t(offset + filled))
            if taken < 0 && errno == EINTR { continue }
            guard taken >= 0 else { return nil }
            // The end of the file, or of what can be asked for in whole blocks.
            if taken == 0 { break }
            filled += taken
            if filled % PageLayout.pageBytes != 0 { break }
        }
        return body(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
    }
}
