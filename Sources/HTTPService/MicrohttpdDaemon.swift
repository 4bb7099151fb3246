import CMicrohttpd
import Glibc

/// A running libmicrohttpd, with one thread of its own.
///
/// `stop` must be called before the value goes away, and after ``HTTPExchange/drain()``: the
/// library aborts the process when it is stopped with suspended connections, and 0.9.75 follows a
/// null pointer when a request that it refuses by itself arrives while it is being stopped.
struct MicrohttpdDaemon: ~Copyable {
    /// A certificate chain and its key, both PEM.
    struct Certificate {
        let chain: String
        let key: String
    }

    private let handle: OpaquePointer
    private let exchange: HTTPExchange

    /// Begins to accept connections from a socket.
    ///
    /// - Throws: ``HTTPServerError`` when the library does not start.
    init(
        listener: ListeningSocket, certificate: Certificate?, exchange: HTTPExchange
    ) throws(HTTPServerError) {
        // The library closes the socket it is given; ours stays ours.
        let socket = fcntl(listener.descriptor, F_DUPFD_CLOEXEC, 3)
        guard socket >= 0 else {
            throw HTTPServerError(.cannotStart, address: listener.address, errno: errno)
        }
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        let limits = exchange.limits
        var flags =
            MHD_USE_EPOLL.rawValue | MHD_USE_INTERNAL_POLLING_THREAD.rawValue
            | MHD_ALLOW_SUSPEND_RESUME.rawValue
        if certificate != nil { flags |= MHD_USE_TLS.rawValue }

        func start(chain: UnsafePointer<CChar>?, key: UnsafePointer<CChar>?) -> OpaquePointer? {
            var options = [
                option(.LISTEN_SOCKET, Int(socket)),
                option(.CONNECTION_LIMIT, limits.connectionsMaximum),
                option(.PER_IP_CONNECTION_LIMIT, limits.connectionsPerAddressMaximum),
                option(.CONNECTION_MEMORY_LIMIT, limits.connectionMemoryBytes),
            ]
            if let chain, let key {
                options.append(option(.HTTPS_MEM_CERT, pointer: chain))
                options.append(option(.HTTPS_MEM_KEY, pointer: key))
            }
            options.append(option(.END, 0))
            return cmicrohttpd_start(
                UInt32(flags), context, microhttpdAccept, microhttpdTarget, microhttpdRequest,
                microhttpdCompleted, microhttpdConnection, &options)
        }
        // The library reads the texts while it starts and not later.
        let handle =
            if let certificate {
                certificate.chain.withCString { chain in
                    certificate.key.withCString { start(chain: chain, key: $0) }
                }
            } else {
                start(chain: nil, key: nil)
            }
        guard let handle else {
            let failure = HTTPServerError(
                certificate == nil ? .cannotStart : .badCertificate, address: listener.address,
                errno: errno)
            close(socket)
            throw failure
        }
        self.handle = handle
        self.exchange = exchange
    }

    /// Closes every connection and waits for the library's thread to end.
    consuming func stop() {
        MHD_stop_daemon(handle)
    }
}

private func option(_ option: MHD_OPTION, _ value: Int) -> MHD_OptionItem {
    MHD_OptionItem(option: option, value: value, ptr_value: nil)
}

private func option(_ option: MHD_OPTION, pointer: UnsafePointer<CChar>) -> MHD_OptionItem {
    MHD_OptionItem(option: option, value: 0, ptr_value: UnsafeMutableRawPointer(mutating: pointer))
}
