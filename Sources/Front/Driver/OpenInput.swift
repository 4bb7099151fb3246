import CUnix
import Glibc

/// The file, or standard input, that is being read for the engine.
struct OpenInput {
    private var descriptor: Int32 = -1
    private var isStandardInput = false
    private var maximum = 0
    private var error: Int32?

    /// The descriptor to wait for, or -1 when no bytes are wanted.
    var wanted: Int32 { maximum > 0 ? descriptor : -1 }

    /// Opens a file with the caller's rights.
    ///
    /// Without blocking: a named pipe has no writer yet, and `poll` waits for one.
    mutating func open(_ path: String) {
        close()
        descriptor = cunix_open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0)
        error = descriptor < 0 ? errno : nil
    }

    /// Reads from descriptor 0.
    mutating func useStandardInput() {
        close()
        descriptor = 0
        isStandardInput = true
        error = fcntl(0, F_GETFD) < 0 ? EBADF : nil
    }

    /// Wants at most so many bytes.
    mutating func want(_ maximum: Int) {
        self.maximum = maximum
    }

    /// The failure of an input that bytes are wanted of; it is told once.
    mutating func failure() -> FrontMachine.Input? {
        guard maximum > 0, let error else { return nil }
        close()
        return .failure(error)
    }

    /// Reads once, when `poll` saw something; nil when there was nothing after all.
    mutating func read() -> FrontMachine.Input? {
        let descriptor = descriptor
        let maximum = maximum
        var failure: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: maximum) { buffer, count in
            let got = Glibc.read(descriptor, buffer.baseAddress, maximum)
            count = max(got, 0)
            failure = got < 0 ? errno : nil
        }
        if failure == EAGAIN || failure == EINTR { return nil }
        self.maximum = 0
        if let failure {
            close()
            return .failure(failure)
        }
        guard !bytes.isEmpty else {
            close()
            return .end
        }
        return .bytes(bytes)
    }

    /// Closes a file; standard input stays open.
    mutating func close() {
        if descriptor >= 0, !isStandardInput { Glibc.close(descriptor) }
        self = OpenInput()
    }
}
