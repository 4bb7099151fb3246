import CUnix
import Glibc

/// A call to the system that failed.
package struct SystemError: Error, Hashable, Sendable {
    /// The errno it left.
    package let number: Int32

    package init(number: Int32) {
        self.number = number
    }

    /// The failure of the call that was just made.
    package static var last: SystemError { SystemError(number: errno) }
}

/// Unix stream sockets with names in the file system.
package enum UnixSocket {
    /// How long a socket's name may be; longer ones are reached through their directory.
    private static let nameBytesMaximum = 107
    /// How many connections may wait to be accepted.
    private static let backlogMaximum: Int32 = 1024

    /// Connects to a socket.
    ///
    /// The descriptor is closed on exec and blocks; the caller owns it.
    package static func connect(to path: String) throws(SystemError) -> Int32 {
        let descriptor = try make()
        do throws(SystemError) {
            try name(descriptor, path, isBinding: false)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Makes a socket that listens under a name, which a dead engine may have left behind.
    ///
    /// The caller holds the engine's lock, so nobody listens there. Everybody may connect if
    /// `isOpenToAll`, else only the owner.
    package static func listen(at path: String, isOpenToAll: Bool) throws(SystemError) -> Int32 {
        let descriptor = try make()
        do throws(SystemError) {
            guard unlink(path) == 0 || errno == ENOENT else { throw .last }
            // The name gets the socket's mode from its first moment. A changed umask would do as
            // much, and would change the mode of what other threads create meanwhile.
            guard fchmod(descriptor, 0o600) == 0 else { throw .last }
            try name(descriptor, path, isBinding: true)
            guard !isOpenToAll || chmod(path, 0o666) == 0 else { throw .last }
            guard Glibc.listen(descriptor, backlogMaximum) == 0 else { throw .last }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func make() throws(SystemError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .last }
        return descriptor
    }

    private static func name(
        _ descriptor: Int32, _ path: String, isBinding: Bool
    ) throws(SystemError) {
        let isBinding: Int32 = isBinding ? 1 : 0
        guard path.utf8.count > nameBytesMaximum else {
            guard cunix_name_socket(descriptor, path, isBinding) == 0 else { throw .last }
            return
        }
        // The kernel's limit is on the text, so a descriptor of the directory shortens it.
        let (directory, file) = split(path)
        let opened = cunix_open(directory, O_DIRECTORY | O_CLOEXEC, 0)
        guard opened >= 0 else { throw .last }
        defer { close(opened) }
        let short = "/proc/self/fd/\(opened)/\(file)"
        guard cunix_name_socket(descriptor, short, isBinding) == 0 else { throw .last }
    }

    private static func split(_ path: String) -> (directory: String, file: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[slash...].dropFirst()))
    }
}
