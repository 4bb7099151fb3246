import Front

/// The frames that wait for a front to take them.
struct SessionOutput: Sendable {
    private var buffer: [UInt8] = []
    // Invariant: 0 <= start <= buffer.count; the bytes before it were sent.
    private var start = 0
    /// When the front last took something, or had nothing to take.
    private(set) var progress: Duration

    init(now: Duration) {
        progress = now
    }

    /// How many bytes wait.
    var count: Int { buffer.count - start }

    /// Adds a frame.
    mutating func append(_ frame: EngineFrame, now: Duration) {
        if count == 0 { progress = now }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += frame.encoded
    }

    /// Offers what waits to a function that sends some of it, and tells whether all is sent.
    ///
    /// The function returns how many bytes it sent; 0 means that the front takes none now.
    mutating func drain(now: Duration, _ send: (UnsafeRawBufferPointer) -> Int) -> Bool {
        while start < buffer.count {
            let sent = buffer.withUnsafeBytes {
                send(UnsafeRawBufferPointer(rebasing: $0[start...]))
            }
            guard sent > 0 else { return false }
            progress = now
            start += sent
        }
        buffer.removeAll(keepingCapacity: buffer.capacity <= FrameLimits.chunkBytesMaximum)
        start = 0
        return true
    }
}
