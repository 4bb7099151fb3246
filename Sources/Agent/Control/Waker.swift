import CUnix
import Glibc

/// Ends the wait of a thread in `poll` from another thread.
final class Waker: Sendable {
    /// Becomes readable when somebody wakes.
    let descriptor: Int32

    init() {
        descriptor = cunix_eventfd()
        precondition(descriptor >= 0, "An engine has descriptors to spare when it starts.")
    }

    deinit {
        close(descriptor)
    }

    /// Wakes the thread now, or as soon as it waits.
    func wake() {
        var one: UInt64 = 1
        // It cannot fail in a way that matters: a full counter is readable already.
        _ = write(descriptor, &one, 8)
    }

    /// Forgets the wakes so far.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
