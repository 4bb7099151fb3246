import CUnix
package import Front
import Glibc
import Synchronization

/// The socket on which an engine is found.
package final class ControlListener: Sendable {
    /// A connection that was just accepted; the receiver owns the descriptor.
    struct Accepted {
        let descriptor: Int32
        let peer: Peer
    }

    /// The listening descriptor; it does not block.
    let descriptor: Int32
    /// Whether users other than the owner may connect.
    let isOpenToAll: Bool
    // The name in the file system that this process made; nil for an inherited socket.
    private let path: String?
    private let isOpen = Mutex(true)

    /// Listens under a name; the engine's lock must be held.
    package init(path: String, isOpenToAll: Bool) throws(SystemError) {
        descriptor = try UnixSocket.listen(at: path, isOpenToAll: isOpenToAll)
        self.path = path
        self.isOpenToAll = isOpenToAll
        setNonBlocking(descriptor)
    }

    /// Takes over a socket that systemd listens on.
    package init(inherited descriptor: Int32) {
        self.descriptor = descriptor
        path = nil
        isOpenToAll = true
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        setNonBlocking(descriptor)
    }

    deinit { close() }

    /// Takes the next connection, or nil if none waits.
    func accept() -> Accepted? {
        guard isOpen.withLock({ $0 }) else { return nil }
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { return nil }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        setNonBlocking(accepted)
        var peer = cunix_peer()
        guard cunix_peer_of(accepted, &peer) == 0 else {
            // Whoever the kernel does not name gets no answer.
            Glibc.close(accepted)
            return nil
        }
        return Accepted(
            descriptor: accepted, peer: Peer(uid: peer.uid, gid: peer.gid, pid: peer.pid))
    }

    /// Removes the name, so that nobody new connects.
    func removeName() {
        if let path { unlink(path) }
    }

    /// Stops listening.
    ///
    /// Whoever was not accepted sees a broken connection, and tries again.
    func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { Glibc.close(descriptor) }
    }
}

private func setNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}
