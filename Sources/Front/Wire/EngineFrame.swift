/// What the engine sends.
package enum EngineFrame: Frame {
    /// Asks for standard input from its first byte, at most `credit` bytes for now.
    case readStandardInput(StreamNumber, credit: UInt32)
    /// Asks for a file named in the arguments, at most `credit` bytes for now.
    case readFile(StreamNumber, credit: UInt32, path: String)
    /// Allows that many more bytes.
    case more(StreamNumber, credit: UInt32)
    /// Asks the person for a line that is not shown.
    case askSecret(StreamNumber, prompt: String)
    /// Bytes for standard output.
    case output([UInt8])
    /// Bytes for standard error.
    case errorOutput([UInt8])
    /// The command has ended.
    case exit(UInt8)

    package var type: UInt8 {
        switch self {
        case .readStandardInput: 0x41
        case .readFile: 0x42
        case .more: 0x43
        case .askSecret: 0x44
        case .output: 0x45
        case .errorOutput: 0x46
        case .exit: 0x47
        }
    }

    package static func bodyBytesMaximum(of type: UInt8) -> Int? {
        switch type {
        case 0x41, 0x43: 8
        case 0x42: 8 + FrameLimits.pathBytesMaximum
        case 0x44: 4 + FrameLimits.promptBytesMaximum
        case 0x45, 0x46: FrameLimits.chunkBytesMaximum
        case 0x47: 1
        default: nil
        }
    }

    package func writeBody(to writer: inout FrameWriter) {
        switch self {
        case .readStandardInput(let stream, let credit), .more(let stream, let credit):
            writer.number(stream.number)
            writer.number(credit)
        case .readFile(let stream, let credit, let path):
            writer.number(stream.number)
            writer.number(credit)
            writer.rest(path.utf8)
        case .askSecret(let stream, let prompt):
            writer.number(stream.number)
            writer.rest(prompt.utf8)
        case .output(let bytes), .errorOutput(let bytes):
            writer.rest(bytes)
        case .exit(let status):
            writer.number(status)
        }
    }

    package init(type: UInt8, reader: inout FrameReader) throws(FrameError) {
        switch type {
        case 0x41:
            let stream = StreamNumber(number: try reader.number())
            self = .readStandardInput(stream, credit: try reader.number())
        case 0x42:
            let stream = StreamNumber(number: try reader.number())
            let credit = try reader.number(UInt32.self)
            self = .readFile(stream, credit: credit, path: try reader.restAsText())
        case 0x43:
            let stream = StreamNumber(number: try reader.number())
            self = .more(stream, credit: try reader.number())
        case 0x44:
            let stream = StreamNumber(number: try reader.number())
            self = .askSecret(stream, prompt: try reader.restAsText())
        case 0x45: self = .output(reader.rest())
        case 0x46: self = .errorOutput(reader.rest())
        case 0x47: self = .exit(try reader.number())
        default: throw .unknownType(type)
        }
    }
}
