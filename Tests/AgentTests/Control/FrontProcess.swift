import Foundation

/// The real program `syncmail`, built beside the tests.
struct FrontProcess {
    /// How a run of it ended.
    struct Ending: Sendable {
        let status: Int32
        let output: String
        let error: String
    }

    private let process = Process()
    private let output = Pipe()
    private let error = Pipe()

    /// Starts the program in a home, with what its standard input will bring.
    init(_ arguments: [String], home: String, input: String = "", in directory: String) throws {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(filePath: tests).deletingLastPathComponent()
            .appending(path: "syncmail")
        process.arguments = arguments
        process.environment = ["SYNCMAIL_HOME": home, "LANG": "en_US.UTF-8", "PATH": "/usr/bin"]
        process.currentDirectoryURL = URL(filePath: directory)
        let standardInput = Pipe()
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = error
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try standardInput.fileHandleForWriting.close()
    }

    /// Reads to the end.
    ///
    /// Foundation's own reading traps when a child's end interrupts it.
    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { all += buffer[..<count] }
            if count == 0 || (count < 0 && errno != EINTR) { return all }
        }
    }

    /// Sends the program a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for its end, and blocks until then.
    func end() -> Ending {
        let text = Self.readAll(output.fileHandleForReading.fileDescriptor)
        let errorText = Self.readAll(error.fileHandleForReading.fileDescriptor)
        process.waitUntilExit()
        return Ending(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            error: String(decoding: errorText, as: UTF8.self))
    }
}
