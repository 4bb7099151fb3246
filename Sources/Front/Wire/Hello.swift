/// What the front says first: which command was typed, by whom and where it will be shown.
package struct Hello: Hashable, Sendable {
    /// The version of the protocol the front speaks.
    package var version: UInt16 = FrameLimits.version
    /// Names this run of the command, so that it can be repeated without doing it twice.
    package var submission: Submission
    /// The language to answer in.
    package var language: FrontLanguage
    /// Where input comes from and output goes to.
    package var terminals: Terminals
    /// The front's working directory, for messages only.
    package var workingDirectory: String
    /// The command line without the program's name.
    package var arguments: [String]

    package init(
        submission: Submission, language: FrontLanguage, terminals: Terminals = Terminals(),
        workingDirectory: String = "/", arguments: [String]
    ) {
        self.submission = submission
        self.language = language
        self.terminals = terminals
        self.workingDirectory = workingDirectory
        self.arguments = arguments
    }
}

/// 16 random bytes that name one run of one command.
package struct Submission: Hashable, Sendable {
    package static let byteCount = 16
    package let bytes: [UInt8]

    /// Takes exactly 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }
}

/// Which of the front's three descriptors are terminals, and how wide they are.
package struct Terminals: Hashable, Sendable {
    package var isInputTerminal = false
    package var isOutputTerminal = false
    package var isErrorTerminal = false
    /// Columns of standard output, or 0 when unknown.
    package var outputColumns: UInt16 = 0
    /// Columns of standard error, or 0 when unknown.
    package var errorColumns: UInt16 = 0

    package init() {}
}

extension Hello {
    func write(to writer: inout FrameWriter) {
        writer.number(version)
        writer.rest(submission.bytes)
        writer.number(language.rawValue)
        writer.number(terminals.bits)
        writer.number(terminals.outputColumns)
        writer.number(terminals.errorColumns)
        writer.text(workingDirectory)
        writer.number(UInt16(truncatingIfNeeded: arguments.count))
        for argument in arguments { writer.text(argument) }
    }

    init(reader: inout FrameReader) throws(FrameError) {
        version = try reader.number()
        var bytes: [UInt8] = []
        for _ in 0..<Submission.byteCount { bytes.append(try reader.number()) }
        guard let submission = Submission(bytes: bytes),
            let language = FrontLanguage(rawValue: try reader.number())
        else { throw .value }
        self.submission = submission
        self.language = language
        terminals = try Terminals(reader: &reader)
        workingDirectory = try reader.text()
        let count = Int(try reader.number(UInt16.self))
        guard count <= FrameLimits.argumentCountMaximum else { throw .value }
        arguments = []
        for _ in 0..<count { arguments.append(try reader.text()) }
    }
}

extension Terminals {
    fileprivate var bits: UInt8 {
        (isInputTerminal ? 1 : 0) | (isOutputTerminal ? 2 : 0) | (isErrorTerminal ? 4 : 0)
    }

    fileprivate init(reader: inout FrameReader) throws(FrameError) {
        let bits = try reader.number(UInt8.self)
        guard bits < 8 else { throw .value }
        isInputTerminal = bits & 1 != 0
        isOutputTerminal = bits & 2 != 0
        isErrorTerminal = bits & 4 != 0
        outputColumns = try reader.number()
        errorColumns = try reader.number()
    }
}
