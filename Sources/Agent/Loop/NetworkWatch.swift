import CUnix
import Glibc

/// Notices that this device got other addresses or routes: a cable, a VPN, another Wi-Fi.
///
/// The kernel keeps what happened until it is asked, so a change between two looks is not missed,
/// however short it was. Where the kernel does not tell (a sandbox may forbid it), nothing is
/// noticed, and probes and waits go on as if nothing had changed.
final class NetworkWatch: Sendable {
    private let descriptor: Int32

    /// Begins to watch.
    ///
    /// - Parameter descriptor: A socket that does not block, on which the kernel tells of
    ///   changes; -1 where it tells nothing. It is closed at the end.
    init(descriptor: Int32 = cunix_route_socket()) {
        self.descriptor = descriptor
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Whether anything changed since the last call, or since the watch began.
    func hasChanged() -> Bool {
        guard descriptor >= 0 else { return false }
        var isChanged = false
        // What a message says does not matter, so its beginning is enough.
        var message: UInt64 = 0
        while true {
            let count = recv(descriptor, &message, MemoryLayout.size(ofValue: message), 0)
            if count > 0 {
                isChanged = true
            } else if errno == ENOBUFS {
                // So much happened that the kernel could not keep it.
                isChanged = true
            } else if count == 0 || errno != EINTR {
                return isChanged
            }
        }
    }
}
