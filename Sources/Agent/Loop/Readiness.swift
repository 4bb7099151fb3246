import Glibc
import SyncCore

/// The pipe on which a front waits for the engine it started (docs/PROTOCOL.md).
struct Readiness {
    let descriptor: Int32?

    /// Tells that connections are answered.
    func tellReady() {
        write([0x01])
    }

    /// Tells why they never will be.
    func tell(_ error: any ExplainedError, in language: Language) {
        let text = error.explanation.text(in: language)
        write([0x02, UInt8(truncatingIfNeeded: error.exitStatus.rawValue)] + Array(text.utf8))
    }

    private func write(_ bytes: [UInt8]) {
        guard let descriptor else { return }
        // Fewer bytes than a pipe takes at once. A front that left does not matter.
        _ = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
    }
}
