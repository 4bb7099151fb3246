import CSQLite
import CSodium

/// One open file of the encrypting file system.
///
/// The class knows what every kind has in common; each kind says how it reads and writes. SQLite
/// calls from one thread at a time.
class EncryptedFile {
    /// The file as the lower file system stores it.
    let lower: LowerFile
    /// Where failures of the files of one database are noted; the main file's, once it is open.
    final var incidents = FileIncidents()
    /// Which file of the database this is.
    var part: StorageIncident.Part { .main }
    /// Room for one frame, wiped at the end, because it holds plaintext at times.
    let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: PageLayout.frameBytes, alignment: 16)

    init(lower: LowerFile) {
        self.lower = lower
    }

    deinit {
        sodium_memzero(scratch.baseAddress, scratch.count)
        scratch.deallocate()
    }

    /// Room for one page.
    final var pageScratch: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: scratch[..<PageLayout.pageBytes])
    }

    /// Fills a buffer with plaintext.
    func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int32 {
        FileResult.readFailed
    }

    /// Stores plaintext, encrypted.
    ///
    /// The source is SQLite's own memory and never modified.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        FileResult.writeFailed
    }

    /// Cuts the file.
    func truncate(to size: Int64) -> Int32 {
        lower.truncate(to: size)
    }

    /// Answers what SQLite asks about the file beyond reading and writing.
    func control(_ operation: Int32, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        switch operation {
        case SQLITE_FCNTL_SIZE_HINT, SQLITE_FCNTL_CHUNK_SIZE:
            // Growing in advance would leave holes that do not authenticate.
            return FileResult.done
        case SQLITE_FCNTL_MMAP_SIZE:
            // Mapped pages would bypass decryption.
            argument?.storeBytes(of: 0, as: Int64.self)
            return FileResult.done
        case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE:
            return FileResult.unknown
        default:
            return lower.control(operation, argument)
        }
    }

    /// Which page or frame lies at an offset, counted from 1; 0 if that says nothing.
    func place(at offset: Int64) -> Int { 0 }

    /// Notes a result that tells of a failing volume or a page that somebody changed.
    final func note(_ result: Int32, at offset: Int64? = nil) -> Int32 {
        if let kind = StorageIncident.Kind(result: result) {
            // A full volume is full everywhere.
            let place = kind == .pageRefused ? offset.map { self.place(at: $0) } : nil
            incidents.note(StorageIncident(kind, in: part, at: place ?? 0))
        }
        return result
    }

    /// Wipes a buffer whose contents must not be used.
    final func refuse(_ target: UnsafeMutableRawBufferPointer) -> Int32 {
        target.initializeMemory(as: UInt8.self, repeating: 0)
        return FileResult.notAuthentic
    }
}

/// Whether the reserved bytes of a page are zero, as SQLite keeps them when it respects them.
func hasFreeTail(_ page: UnsafeRawBufferPointer) -> Bool {
    stride(from: PageLayout.usableBytes, to: PageLayout.pageBytes, by: 8).allSatisfy { offset in
        page.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == 0
    }
}
