import CMicrohttpd
import CUnix
import Glibc

// What libmicrohttpd calls from its own thread. A closure written inside an isolated context
// would trap there, so these are functions of the file.
//
// `context` is the HTTPExchange, which the daemon keeps alive until it has stopped. A
// connection's number is stored with its socket; nothing else is.

/// Called before a connection begins, to ask whether it may.
func microhttpdAccept(
    context: UnsafeMutableRawPointer?, address: UnsafePointer<sockaddr>?, length: socklen_t
) -> MHD_Result {
    exchange(context)?.isStopping == false ? .YES : .NO
}

/// Called when a connection begins and when it ends, before its socket is closed.
func microhttpdConnection(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    number: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    event: MHD_ConnectionNotificationCode
) {
    guard let exchange = exchange(context), let connection, let number else { return }
    switch event {
    case .CONNECTION_NOTIFY_STARTED:
        let address = cmicrohttpd_client(connection).flatMap { SocketAddress($0) }
        let socket = cmicrohttpd_socket(connection)
        var peer = cunix_peer()
        // An Internet address has no login, whatever the kernel answers about it.
        let isLocal = address == nil && cunix_peer_of(socket, &peer) == 0
        let created = exchange.connected(
            socket: socket, clientAddress: address?.host ?? "", peer: isLocal ? peer.uid : nil)
        number.pointee = UnsafeMutableRawPointer(bitPattern: UInt(created))
    case .CONNECTION_NOTIFY_CLOSED:
        exchange.disconnected(UInt64(UInt(bitPattern: number.pointee)))
    default: break
    }
}

/// Called with the target of each request as it was sent.
///
/// The result would be the request's own pointer, which is not used.
func microhttpdTarget(
    context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let exchange = exchange(context), let connection, let target else { return nil }
    let bytes = UnsafeRawBufferPointer(start: target, count: strlen(target))
    exchange.targetArrived([UInt8](bytes), on: number(of: connection))
    return nil
}

/// Called when a request is over, however it ended.
func microhttpdCompleted(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
    request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
    guard let exchange = exchange(context), let connection else { return }
    exchange.completed(number(of: connection))
}

/// Called once with the head, once for each piece of the body, once at its end, and once more
/// when the suspended connection was resumed.
func microhttpdRequest(
    context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?,
    piece: UnsafePointer<CChar>?, pieceBytes: UnsafeMutablePointer<Int>?,
    request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let exchange = exchange(context), let connection, let pieceBytes else { return .NO }
    let number = number(of: connection)
    switch exchange.step(number) {
    case .readHead:
        let head = RequestHead(
            method: method.map { String(cString: $0) } ?? "", target: exchange.target(number),
            version: version.map { String(cString: $0) } ?? "", connection: connection)
        guard let response = exchange.headArrived(head, on: number) else { return .YES }
        return queue(response, on: connection, number: number, exchange: exchange)
    case .readBody where pieceBytes.pointee > 0:
        let bytes = UnsafeRawBufferPointer(start: piece, count: pieceBytes.pointee)
        pieceBytes.pointee = 0
        return exchange.bodyArrived(bytes, on: number) ? .YES : .NO
    case .readBody:
        switch exchange.bodyEnded(on: number) {
        case .park(let request):
            MHD_suspend_connection(connection)
            exchange.park(request, on: number, address: UInt(bitPattern: connection))
            return .YES
        case .reply(let response):
            return queue(response, on: connection, number: number, exchange: exchange)
        case .refuse(let refusal):
            let response = exchange.response(to: refusal)
            return queue(response, on: connection, number: number, exchange: exchange)
        }
    case .reply(let response):
        return queue(response, on: connection, number: number, exchange: exchange)
    case .abandon:
        return .NO
    }
}

/// Lets the library go on with a connection it had suspended.
func microhttpdResume(address: UInt) {
    guard let connection = OpaquePointer(bitPattern: address) else { return }
    MHD_resume_connection(connection)
}

private func exchange(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
    context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
}

private func number(of connection: OpaquePointer) -> UInt64 {
    UInt64(UInt(bitPattern: cmicrohttpd_socket_context(connection)))
}

/// Gives the library a reply to send.
///
/// It copies the body.
private func queue(
    _ response: HTTPResponse, on connection: OpaquePointer, number: UInt64,
    exchange: HTTPExchange
) -> MHD_Result {
    var body = response.body
    let made = body.withUnsafeMutableBytes {
        MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    guard let made else { return .NO }
    defer { MHD_destroy_response(made) }
    var fields = response.fields
    for (name, value) in standardFields where !fields.contains(where: { $0.name == name }) {
        fields.append(.init(name, value))
    }
    for field in fields {
        // The library refuses a field with a line end, so a reply cannot be split.
        guard MHD_add_response_header(made, field.name, field.value) == .YES else {
            return .NO
        }
    }
    exchange.replying(number, bytes: response.body.count)
    return MHD_queue_response(connection, UInt32(response.status), made)
}

private let standardFields = [
    ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
]
