/// Cuts the bytes of a connection into frames.
///
/// It never holds more than one frame of the largest allowed size and what one read brought
/// beside it, because a length is checked as soon as the type is known.
package struct FrameDecoder<Content: Frame>: Sendable {
    private var buffer: [UInt8] = []
    // Invariant: 0 <= position <= buffer.count; the bytes before it have been taken.
    private var position = 0

    package init() {}

    /// Whether the connection may end here without cutting a frame in two.
    package var isAtBoundary: Bool { position == buffer.count }

    /// Adds bytes that arrived.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        dropTaken()
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next frame, or nil until more bytes arrive.
    ///
    /// - Throws: ``FrameError``. The decoder must not be used after it.
    package mutating func next() throws(FrameError) -> Content? {
        guard buffer.count - position >= 5 else { return nil }
        let length = buffer[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
        let type = buffer[position + 4]
        guard let maximum = Content.bodyBytesMaximum(of: type) else { throw .unknownType(type) }
        guard length >= 1, length - 1 <= maximum else { throw .length }
        let end = position + 4 + length
        guard buffer.count >= end else { return nil }
        var reader = FrameReader(buffer[position + 5..<end])
        let frame = try Content(type: type, reader: &reader)
        try reader.finish()
        position = end
        return frame
    }

    /// Forgets taken bytes, and overwrites them first: they may have been a secret.
    private mutating func dropTaken() {
        guard position > 0 else { return }
        for index in 0..<position { buffer[index] = 0 }
        buffer.removeFirst(position)
        position = 0
    }
}
