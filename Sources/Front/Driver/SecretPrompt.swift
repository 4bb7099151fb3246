import CUnix
import Glibc

/// A line that is being typed on the terminal without being shown.
///
/// The terminal shows what is typed again when the value goes away, also on a signal.
struct SecretPrompt: ~Copyable {
    /// The terminal, to wait for.
    let descriptor: Int32
    private let original: termios
    private var line: [UInt8] = []

    /// Shows the prompt on the controlling terminal.
    init(_ prompt: String) throws(SystemError) {
        let opened = cunix_open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC, 0)
        guard opened >= 0 else { throw SystemError(number: ENXIO) }
        var settings = termios()
        guard tcgetattr(opened, &settings) == 0 else {
            close(opened)
            throw SystemError(number: ENXIO)
        }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        settings.c_lflag |= tcflag_t(ICANON | ISIG)
        tcsetattr(opened, TCSAFLUSH, &settings)
        let bytes = Array(prompt.utf8)
        _ = write(opened, bytes, bytes.count)
        descriptor = opened
        original = before
    }

    deinit {
        var settings = original
        _ = write(descriptor, "\n", 1)
        tcsetattr(descriptor, TCSAFLUSH, &settings)
        close(descriptor)
    }

    /// Reads what was typed, and returns the line when it is complete.
    ///
    /// - Throws: `ENXIO` when the terminal was closed before.
    mutating func read() throws(SystemError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: FrameLimits.secretBytesMaximum)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw SystemError(number: ENXIO) }
        line += buffer[..<count]
        for index in buffer.indices { buffer[index] = 0 }
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else {
            guard line.count <= FrameLimits.secretBytesMaximum else {
                throw SystemError(number: EMSGSIZE)
            }
            return nil
        }
        return Array(line[..<end].prefix(FrameLimits.secretBytesMaximum))
    }
}
