import Glibc

/// Output that waits to be written, in the order in which it came.
struct PendingOutput {
    /// What a writing came to.
    enum Result {
        case open
        /// Whoever read standard output has closed it; it is told once.
        case closed
    }

    /// What `poll` promises to take without blocking when a pipe is writable.
    private static let pipeBytes = 4096

    private var parts: ArraySlice<(descriptor: Int32, bytes: ArraySlice<UInt8>)> = []
    private var isStandardClosed = false

    /// Whether nothing waits.
    var isEmpty: Bool { parts.isEmpty }

    /// Where the next bytes go, or -1.
    var descriptor: Int32 { parts.first?.descriptor ?? -1 }

    /// Adds bytes; those for an output that was closed are dropped.
    mutating func append(_ bytes: [UInt8], to stream: FrontMachine.OutputStream) {
        guard stream == .error || !isStandardClosed, !bytes.isEmpty else { return }
        parts.append((stream == .standard ? 1 : 2, bytes[...]))
    }

    /// Writes a little, when `poll` saw room.
    mutating func write() -> Result {
        guard let part = parts.first else { return .open }
        let chunk = part.bytes.prefix(Self.pipeBytes)
        let count = chunk.withUnsafeBytes {
            Glibc.write(part.descriptor, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR || errno == EAGAIN { return .open }
        guard count >= 0 else {
            parts.removeAll { $0.descriptor == part.descriptor }
            guard part.descriptor == 1 else { return .open }
            isStandardClosed = true
            return .closed
        }
        let rest = part.bytes.dropFirst(count)
        parts.removeFirst()
        if !rest.isEmpty { parts = [(part.descriptor, rest)] + parts }
        return .open
    }
}
