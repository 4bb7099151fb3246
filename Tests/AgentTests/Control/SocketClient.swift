import Dispatch
import Front
import Glibc
import TestSupport

/// A front in a test: it says and reads exactly what the test wants.
///
/// Its calls block, so they run on a queue of their own.
final class SocketClient: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = try UnixSocket.connect(to: path)
    }

    /// Takes over one end of a connection.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func send(_ frame: some Frame) { send(frame.encoded) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Closes the sending half.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads frames until one ends the conversation, or the connection ends.
    func frames<Content: Frame>(
        _: Content.Type = Content.self, until isLast: @escaping @Sendable (Content) -> Bool
    ) async -> [Content] {
        let descriptor = descriptor
        return await blocking {
            var decoder = FrameDecoder<Content>()
            var frames: [Content] = []
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) == 1 {
                decoder.append([byte])
                while let frame = try? decoder.next() {
                    frames.append(frame)
                    if isLast(frame) { return frames }
                }
            }
            return frames
        }
    }

    /// Reads until the engine says exit or closes.
    func untilExit() async -> [EngineFrame] {
        await frames { if case .exit = $0 { true } else { false } }
    }
}

/// Runs what may block beside the threads that everybody needs.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        DispatchQueue(label: "blocking").async { continuation.resume(returning: body()) }
    }
}

/// A home of its own for one test.
final class TemporaryHome: Sendable {
    private let directory = TemporaryDirectory()

    var path: String { directory.path }
    var home: EngineHome { EngineHome(directory: path, kind: .personal) }
}
