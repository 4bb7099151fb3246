/// Appends fields to a frame.
package struct FrameWriter {
    /// What has been written.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Appends a number, its highest byte first.
    package mutating func number(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    /// Appends bytes without their length: the last field of a body.
    package mutating func rest(_ content: some Collection<UInt8>) {
        bytes.append(contentsOf: content)
    }

    /// Appends a text behind its length.
    package mutating func text(_ text: String) {
        number(UInt32(text.utf8.count))
        rest(text.utf8)
    }

    /// Writes the length over the four bytes that were kept for it.
    fileprivate mutating func writeLength() {
        let length = UInt32(bytes.count - 4)
        for index in 0..<4 {
            bytes[index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index)))
        }
    }
}

extension FrameWriter {
    /// Completes a frame that began with four zero bytes.
    package mutating func patchLength() { writeLength() }
}

/// Takes the fields of a frame's body one after the other.
package struct FrameReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Takes a number, its highest byte first.
    package mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type = Number.self
    ) throws(FrameError) -> Number {
        try take(Number.bitWidth / 8).reduce(0) { $0 << 8 | Number($1) }
    }

    /// Takes a text behind its length.
    package mutating func text() throws(FrameError) -> String {
        let count = Int(try number(UInt32.self))
        return try Self.text(of: take(count))
    }

    /// Takes everything that is left.
    package mutating func rest() -> [UInt8] {
        defer { position = bytes.endIndex }
        return Array(bytes[position...])
    }

    /// Takes everything that is left, as text.
    package mutating func restAsText() throws(FrameError) -> String {
        defer { position = bytes.endIndex }
        return try Self.text(of: bytes[position...])
    }

    /// Checks that nothing is left.
    package func finish() throws(FrameError) {
        guard position == bytes.endIndex else { throw .body }
    }

    private mutating func take(_ count: Int) throws(FrameError) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - position else { throw .body }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private static func text(of bytes: ArraySlice<UInt8>) throws(FrameError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw .value
        }
        return text
    }
}
