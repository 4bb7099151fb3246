/// A frame that one side of the socket sends (docs/PROTOCOL.md, "Front and engine").
package protocol Frame: Hashable, Sendable {
    /// The byte that names the kind of frame.
    var type: UInt8 { get }

    /// The largest body of a type, or nil if this side does not send the type.
    static func bodyBytesMaximum(of type: UInt8) -> Int?

    /// Appends the body's fields.
    func writeBody(to writer: inout FrameWriter)

    /// Reads a body. The caller has checked the type, and checks that nothing is left over.
    init(type: UInt8, reader: inout FrameReader) throws(FrameError)
}

extension Frame {
    /// The frame's bytes, length first.
    package var encoded: [UInt8] {
        var writer = FrameWriter()
        writer.number(UInt32(0))
        writer.number(type)
        writeBody(to: &writer)
        writer.patchLength()
        return writer.bytes
    }

    /// Whether the other side accepts the frame's size.
    package var fits: Bool {
        Self.bodyBytesMaximum(of: type).map { encoded.count - 5 <= $0 } ?? false
    }
}

/// Sizes that both sides keep to.
package enum FrameLimits {
    /// The version of the protocol that this program speaks.
    package static let version: UInt16 = 1
    /// How many bytes of a file or an output one frame carries.
    package static let chunkBytesMaximum = 65_536
    /// How long a hello may be, its arguments included.
    package static let helloBytesMaximum = 262_143
    /// How many arguments a command may have.
    package static let argumentCountMaximum = 8192
    /// How long a path may be.
    package static let pathBytesMaximum = 4096
    /// How long a typed secret may be.
    package static let secretBytesMaximum = 4096
    /// How long a prompt may be.
    package static let promptBytesMaximum = 1024
}

/// Names one reading of a file, of standard input or of a secret within a connection.
package struct StreamNumber: Hashable, Comparable, Sendable {
    package let number: UInt32

    package init(number: UInt32) {
        self.number = number
    }

    /// The stream after this one.
    package var next: StreamNumber { StreamNumber(number: number &+ 1) }

    package static func < (a: StreamNumber, b: StreamNumber) -> Bool { a.number < b.number }
}
