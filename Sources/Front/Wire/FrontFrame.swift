/// What the front sends.
package enum FrontFrame: Frame {
    /// Opens the conversation.
    case hello(Hello)
    /// A part of the stream that was asked for.
    case data(StreamNumber, [UInt8])
    /// The stream has no more bytes.
    case endOfData(StreamNumber)
    /// The stream cannot be read; the number is an errno.
    case failure(StreamNumber, Int32)
    /// The line that was typed without echo.
    case secret(StreamNumber, [UInt8])
    /// The person or the system wants the command to stop.
    case signal(UInt8)

    package var type: UInt8 {
        switch self {
        case .hello: 0x01
        case .data: 0x02
        case .endOfData: 0x03
        case .failure: 0x04
        case .secret: 0x05
        case .signal: 0x06
        }
    }

    package static func bodyBytesMaximum(of type: UInt8) -> Int? {
        switch type {
        case 0x01: FrameLimits.helloBytesMaximum
        case 0x02: 4 + FrameLimits.chunkBytesMaximum
        case 0x03: 4
        case 0x04: 8
        case 0x05: 4 + FrameLimits.secretBytesMaximum
        case 0x06: 1
        default: nil
        }
    }

    package func writeBody(to writer: inout FrameWriter) {
        switch self {
        case .hello(let hello):
            hello.write(to: &writer)
        case .data(let stream, let bytes), .secret(let stream, let bytes):
            writer.number(stream.number)
            writer.rest(bytes)
        case .endOfData(let stream):
            writer.number(stream.number)
        case .failure(let stream, let code):
            writer.number(stream.number)
            writer.number(UInt32(bitPattern: code))
        case .signal(let number):
            writer.number(number)
        }
    }

    package init(type: UInt8, reader: inout FrameReader) throws(FrameError) {
        switch type {
        case 0x01: self = .hello(try Hello(reader: &reader))
        case 0x02: self = .data(StreamNumber(number: try reader.number()), reader.rest())
        case 0x03: self = .endOfData(StreamNumber(number: try reader.number()))
        case 0x04:
            let stream = StreamNumber(number: try reader.number())
            self = .failure(stream, Int32(bitPattern: try reader.number()))
        case 0x05: self = .secret(StreamNumber(number: try reader.number()), reader.rest())
        case 0x06: self = .signal(try reader.number())
        default: throw .unknownType(type)
        }
    }
}
