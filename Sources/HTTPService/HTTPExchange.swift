import CUnix
import Dispatch
import Glibc
import SyncCore
import Synchronization

/// Where the library's thread and the handlers' tasks meet.
///
/// The library reports events from its own thread; tasks bring answers from theirs. Both go
/// through one ``ConnectionTable`` under a mutex, which is held for a look-up and never while
/// the library is called: only ``resume`` calls it, outside.
///
/// A suspended connection cannot go away, so its address is valid from ``park`` until the one
/// caller that took it out of the table has resumed it. Nobody keeps it longer.
final class HTTPExchange: Sendable {
    /// A request that waits for its answer.
    struct Parked: Sendable {
        let id: ConnectionTable.RequestID
        let request: HTTPRequest
    }

    /// What the library's thread has to do next with a request.
    enum Step: Sendable {
        case readHead
        case readBody
        case reply(HTTPResponse)
        case abandon
    }

    let limits: HTTPLimits
    /// Requests to answer, in the order of arrival.
    ///
    /// At most ``HTTPLimits/requestsMaximum`` are parked at a time, so the stream is bounded
    /// although it drops nothing.
    let arrivals: AsyncStream<Parked>
    private let arrivalsContinuation: AsyncStream<Parked>.Continuation
    private let table: Mutex<ConnectionTable>
    private let uptime: @Sendable () -> Duration
    private let isEncrypted: Bool
    private let resume: @Sendable (_ address: UInt) -> Void
    /// Rung when the last connection is gone, while the server stops.
    private let emptied = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - limits: What clients are granted.
    ///   - uptime: Measures every deadline.
    ///   - isEncrypted: Whether the sockets speak TLS, so that nothing can be said past it.
    ///   - resume: Lets the library go on with a suspended connection.
    init(
        limits: HTTPLimits, uptime: @escaping @Sendable () -> Duration, isEncrypted: Bool,
        resume: @escaping @Sendable (_ address: UInt) -> Void
    ) {
        self.limits = limits
        self.uptime = uptime
        self.isEncrypted = isEncrypted
        self.resume = resume
        table = Mutex(ConnectionTable(limits: limits))
        (arrivals, arrivalsContinuation) = AsyncStream.makeStream()
    }

    /// How many connections are open, and how many requests are in the handler's hands.
    var counts: (connections: Int, parked: Int) {
        table.withLock { ($0.connections.count, $0.parkedCount) }
    }

    // MARK: On the library's thread

    func connected(socket: Int32, clientAddress: String, peer: UInt32?) -> UInt64 {
        let now = uptime()
        return table.withLock {
            $0.connected(socket: socket, clientAddress: clientAddress, peer: peer, at: now)
        }
    }

    /// Forgets a connection.
    ///
    /// The library closes its socket only afterwards, so the reaper, which shuts sockets under the
    /// same mutex, never touches one that was reused.
    func disconnected(_ number: UInt64) {
        let isLast = table.withLock { table in
            table.disconnected(number)
            return table.isStopping && table.connections.isEmpty
        }
        if isLast { emptied.signal() }
    }

    /// Whether no connection may begin any more.
    var isStopping: Bool { table.withLock(\.isStopping) }

    func targetArrived(_ target: [UInt8], on number: UInt64) {
        let now = uptime()
        table.withLock { $0.targetArrived(target, on: number, at: now) }
    }

    /// Tells what comes next for the request on a connection.
    func step(_ number: UInt64) -> Step {
        table.withLock { table in
            switch table.connections[number]?.phase {
            case .waiting: .readHead
            case .receiving, .discarding: .readBody
            case .answered(let response): .reply(response)
            case nil, .complete, .parked, .replying, .shut: .abandon
            }
        }
    }

    /// The target of the request whose head is arriving.
    func target(_ number: UInt64) -> [UInt8] {
        table.withLock { table in
            guard case .waiting(let target)? = table.connections[number]?.phase else { return [] }
            return target
        }
    }

    /// Returns what to reply at once, or nothing when the body is to be read.
    func headArrived(_ head: RequestHead, on number: UInt64) -> HTTPResponse? {
        let now = uptime()
        let refusal = table.withLock { $0.headArrived(head, on: number, at: now) }
        return refusal.map(response)
    }

    /// Returns whether the connection may go on.
    func bodyArrived(_ piece: UnsafeRawBufferPointer, on number: UInt64) -> Bool {
        let now = uptime()
        // A buffer pointer may not cross into the mutex; numbers may.
        let (start, count) = (UInt(bitPattern: piece.baseAddress), piece.count)
        return table.withLock {
            let piece = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: start), count: count)
            return $0.bodyArrived(piece, on: number, at: now)
        }
    }

    /// Tells what becomes of a request whose body is over.
    func bodyEnded(on number: UInt64) -> ConnectionTable.Ending {
        let now = uptime()
        return table.withLock { $0.bodyEnded(on: number, at: now) }
    }

    /// Hands a request to the handler, after its connection was suspended.
    func park(_ request: HTTPRequest, on number: UInt64, address: UInt) {
        let id = table.withLock { $0.parked(number, address: address) }
        guard let id else { return resume(address) }
        arrivalsContinuation.yield(Parked(id: id, request: request))
    }

    func replying(_ number: UInt64, bytes: Int) {
        let now = uptime()
        table.withLock { $0.replying(number, bytes: bytes, at: now) }
    }

    func completed(_ number: UInt64) {
        let now = uptime()
        table.withLock { $0.completed(number, at: now) }
    }

    func response(to refusal: HTTPRefusal) -> HTTPResponse {
        refusal.response(retryAfter: limits.retryAfter)
    }

    // MARK: On tasks

    /// Answers a parked request.
    ///
    /// Whoever comes first wins; later answers are ignored.
    func answer(_ request: ConnectionTable.RequestID, with response: HTTPResponse) {
        let address = table.withLock { $0.answered(request, with: response) }
        if let address { resume(address) }
    }

    /// Lets no connection begin, answers everything that is parked, and hears nobody any more.
    ///
    /// Replies under way are still sent.
    func stop() {
        let addresses = table.withLock { $0.stop() }
        addresses.forEach(resume)
        arrivalsContinuation.finish()
        shut(Int32(SHUT_RD))
    }

    /// Waits until every connection is gone, so that the library may be stopped; call ``stop()``
    /// first.
    ///
    /// Whoever takes a reply too slowly is cut off. The wait blocks its thread, as stopping the
    /// library does; it lasts as long as the library needs to notice.
    func drain() {
        for patience in [limits.farewellTime, limits.farewellTime] {
            guard counts.connections > 0 else { return }
            // It may have been rung by a connection before the last.
            while emptied.wait(timeout: .now() + .milliseconds(Int(patience.milliseconds)))
                == .success
            {
                if counts.connections == 0 { return }
            }
            shut(Int32(SHUT_RDWR))
        }
    }

    private func shut(_ directions: Int32) {
        table.withLock { table in
            for connection in table.connections.values {
                _ = shutdown(connection.socket, directions)
            }
        }
    }

    /// Shuts the connections whose time is up.
    ///
    /// One whose request is unfinished is told so, unless TLS is in the way.
    func reap() {
        let now = uptime()
        let farewell = isEncrypted ? [] : HTTPRefusal.timeout.response().bytes
        table.withLock { table in
            for connection in table.takeOverdue(at: now) {
                if connection.isRequestUnfinished, !farewell.isEmpty {
                    // Best effort: a full buffer means a client that does not read.
                    _ = send(
                        connection.socket, farewell, farewell.count,
                        Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
                }
                _ = shutdown(connection.socket, Int32(SHUT_RDWR))
            }
        }
    }
}

extension HTTPResponse {
    /// The whole reply as it goes over the wire, for the one that the library does not send.
    fileprivate var bytes: [UInt8] {
        var head = "HTTP/1.1 \(status) Request Timeout\r\nContent-Length: \(body.count)\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        return Array(head.utf8) + [13, 10] + body
    }
}
