import SyncCore

/// What the server knows of its open connections, and what it does next with each.
///
/// A pure value: it is told what happened and when. Every phase has an absolute deadline,
/// because the library's own timeout only counts idle time, and a client that sends one byte
/// now and then would stay for ever.
///
/// ```
///             target, head            whole body           answer
///  waiting ────────────────▶ receiving ─────────▶ parked ─────────▶ answered
///     ▲                          │ refused                             │
///     │                          ▼                                     ▼
///     └──────────────────── completed ◀──────────────────────────── replying
/// ```
struct ConnectionTable: Sendable {
    /// Names one request of one connection.
    ///
    /// A number is never used again.
    struct RequestID: Hashable, Sendable {
        let connection: UInt64
        let serial: UInt64
    }

    enum Phase: Sendable {
        /// Before the end of a header.
        case waiting(target: [UInt8])
        /// The head was accepted; the body is arriving.
        case receiving(RequestHead.Accepted)
        /// The head was refused; a short body is read and forgotten before saying so.
        case discarding(HTTPRefusal)
        /// Whole, and on its way to be parked.
        case complete
        /// In the handler's hands. The address is the suspended connection's.
        case parked(address: UInt)
        /// The answer is there; the connection is about to be resumed.
        case answered(HTTPResponse)
        /// The answer is being sent.
        case replying
        /// Shut by the reaper; the library has not noticed yet.
        case shut
    }

    struct Connection: Sendable {
        let socket: Int32
        let clientAddress: String
        let peer: UInt32?
        var serial: UInt64 = 0
        var phase: Phase
        /// What arrived of the body.
        ///
        /// Beside the phase, so that it grows in place.
        var body: [UInt8] = []
        /// How many bytes of body the head promised.
        var promisedBytes = 0
        /// When the body began.
        var bodyStart = Duration.zero
        /// When the phase must be over.
        ///
        /// A parked request has none here: it is answered in time.
        var deadline: Duration?
    }

    /// What becomes of a request that arrived whole.
    enum Ending: Sendable {
        /// The connection is to be suspended and the request handed over.
        case park(HTTPRequest)
        case refuse(HTTPRefusal)
        /// The server answers by itself.
        case reply(HTTPResponse)
    }

    /// A connection whose time is up.
    struct Overdue: Hashable, Sendable {
        let socket: Int32
        /// Whether nothing was sent yet, so that the client can be told why (408).
        let isRequestUnfinished: Bool
    }

    /// Answered without the handler, also when it is busy: it tells a device whether a proxy
    /// or captive portal stands in between.
    static let probePath = "/generate_204"

    private(set) var connections: [UInt64: Connection] = [:]
    /// How many requests are in the handler's hands.
    private(set) var parkedCount = 0
    /// How many bytes of bodies the requests that are not over have promised.
    private(set) var bodyBytes = 0
    private(set) var isStopping = false
    private var lastNumber: UInt64 = 0
    private let limits: HTTPLimits

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    mutating func connected(
        socket: Int32, clientAddress: String, peer: UInt32? = nil, at now: Duration
    ) -> UInt64 {
        lastNumber += 1
        connections[lastNumber] = Connection(
            socket: socket, clientAddress: clientAddress, peer: peer, phase: .waiting(target: []),
            deadline: now + limits.headerTime)
        return lastNumber
    }

    mutating func disconnected(_ number: UInt64) {
        release(number)
        connections[number] = nil
    }

    /// Notes the first line of a request.
    ///
    /// Its header must follow soon.
    mutating func targetArrived(_ target: [UInt8], on number: UInt64, at now: Duration) {
        connections[number]?.serial += 1
        connections[number]?.phase = .waiting(target: target)
        connections[number]?.deadline = now + limits.headerTime
    }

    /// Judges a head, and returns the refusal that is to be sent at once, if any.
    mutating func headArrived(
        _ head: RequestHead, on number: UInt64, at now: Duration
    ) -> HTTPRefusal? {
        let accepted: RequestHead.Accepted
        do throws(HTTPRefusal) {
            accepted = try head.accepted(within: limits)
        } catch {
            return refuse(error, head: head, on: number, at: now)
        }
        guard bodyBytes + accepted.bodyBytes <= limits.bodyBytesTotalMaximum else {
            return refuse(.overloaded, head: head, on: number, at: now)
        }
        bodyBytes += accepted.bodyBytes
        connections[number]?.promisedBytes = accepted.bodyBytes
        connections[number]?.bodyStart = now
        connections[number]?.phase = .receiving(accepted)
        connections[number]?.deadline = now + limits.bodyTime
        return nil
    }

    /// Adds a piece of the body.
    ///
    /// Returns whether the connection may go on.
    ///
    /// The library never passes more than `Content-Length`; counting does not rely on it.
    mutating func bodyArrived(
        _ piece: UnsafeRawBufferPointer, on number: UInt64, at now: Duration
    ) -> Bool {
        switch connections[number]?.phase {
        case .discarding: return true
        case .receiving(let accepted):
            let start = connections[number]?.bodyStart ?? now
            let count = (connections[number]?.body.count ?? 0) + piece.count
            guard count <= accepted.bodyBytes else { return false }
            connections[number]?.body.append(contentsOf: piece)
            connections[number]?.deadline = start + limits.transferTime(bytes: count)
            return true
        case nil, .waiting, .complete, .parked, .answered, .replying, .shut: return false
        }
    }

    /// Takes note that the body is over.
    ///
    /// Tells what becomes of the request.
    mutating func bodyEnded(on number: UInt64, at now: Duration) -> Ending {
        guard let connection = connections[number] else { return .refuse(.internalError) }
        switch connection.phase {
        case .discarding(let refusal): return .refuse(refusal)
        case .receiving(let accepted):
            guard connection.body.count == accepted.bodyBytes else { return .refuse(.malformed) }
            if accepted.path == Self.probePath, accepted.method == .get {
                return .reply(.noContent)
            }
            guard !isStopping else { return .refuse(.stopping) }
            guard parkedCount < limits.requestsMaximum else { return .refuse(.overloaded) }
            let request = HTTPRequest(
                method: accepted.method, path: accepted.path, query: accepted.query,
                fields: accepted.fields, body: connection.body,
                clientAddress: connection.clientAddress, peer: connection.peer,
                deadline: now + limits.handlerTime)
            connections[number]?.phase = .complete
            connections[number]?.deadline = nil
            return .park(request)
        case .waiting, .complete, .parked, .answered, .replying, .shut:
            return .refuse(.internalError)
        }
    }

    /// Notes that the connection is suspended, and names its request.
    ///
    /// Returns nothing when the server began to stop meanwhile: the connection is to be resumed
    /// at once, and finds its refusal.
    mutating func parked(_ number: UInt64, address: UInt) -> RequestID? {
        guard let connection = connections[number] else { return nil }
        guard !isStopping else {
            connections[number]?.phase = .answered(HTTPRefusal.stopping.response())
            return nil
        }
        parkedCount += 1
        connections[number]?.phase = .parked(address: address)
        return RequestID(connection: number, serial: connection.serial)
    }

    /// Takes the answer to a parked request, and returns the address of the connection to resume.
    ///
    /// The second answer to a request, and an answer that comes too late, find nothing.
    mutating func answered(_ request: RequestID, with response: HTTPResponse) -> UInt? {
        guard let connection = connections[request.connection],
            connection.serial == request.serial, case .parked(let address) = connection.phase
        else { return nil }
        parkedCount -= 1
        connections[request.connection]?.phase = .answered(response)
        return address
    }

    /// Notes that a reply is being sent.
    mutating func replying(_ number: UInt64, bytes: Int, at now: Duration) {
        connections[number]?.phase = .replying
        connections[number]?.deadline = now + limits.transferTime(bytes: bytes)
    }

    /// Notes that a request is over.
    ///
    /// The connection may bring another.
    mutating func completed(_ number: UInt64, at now: Duration) {
        release(number)
        guard case .shut? = connections[number]?.phase else {
            connections[number]?.phase = .waiting(target: [])
            connections[number]?.deadline = now + limits.idleTime
            return
        }
    }

    /// Answers everything that is parked, lets nothing park any more, and returns the
    /// connections to resume.
    mutating func stop() -> [UInt] {
        isStopping = true
        var addresses: [UInt] = []
        for (number, connection) in connections {
            guard case .parked(let address) = connection.phase else { continue }
            parkedCount -= 1
            connections[number]?.phase = .answered(HTTPRefusal.stopping.response())
            addresses.append(address)
        }
        return addresses
    }

    /// Takes the connections whose time is up.
    ///
    /// Each is returned once.
    mutating func takeOverdue(at now: Duration) -> [Overdue] {
        var overdue: [Overdue] = []
        for (number, connection) in connections {
            guard let deadline = connection.deadline, now >= deadline else { continue }
            let isRequestUnfinished =
                switch connection.phase {
                case .waiting(let target): connection.serial == 0 || !target.isEmpty
                case .receiving, .discarding: true
                case .complete, .parked, .answered, .replying, .shut: false
                }
            overdue.append(
                Overdue(socket: connection.socket, isRequestUnfinished: isRequestUnfinished))
            connections[number]?.phase = .shut
            connections[number]?.deadline = nil
        }
        return overdue
    }

    /// Gives back what a request held.
    private mutating func release(_ number: UInt64) {
        bodyBytes -= connections[number]?.promisedBytes ?? 0
        connections[number]?.promisedBytes = 0
        connections[number]?.body = []
    }

    private mutating func refuse(
        _ refusal: HTTPRefusal, head: RequestHead, on number: UInt64, at now: Duration
    ) -> HTTPRefusal? {
        connections[number]?.deadline = now + limits.bodyTime
        guard head.hasDiscardableBody(limits.discardedBytesMaximum) else { return refusal }
        connections[number]?.phase = .discarding(refusal)
        return nil
    }
}
