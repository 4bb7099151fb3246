package import SyncCore
import Synchronization

/// An HTTP/1.1 server that hands whole, checked requests to a handler.
///
/// ```swift
/// let server = try HTTPServer(listeningOn: "0.0.0.0:8443", handler: hub, environment: live)
/// log("The hub listens on \(server.address).")
/// try await server.run()
/// ```
///
/// It listens from its creation on and answers while ``run()`` runs. Everything that a client
/// may make it hold or wait for is limited (``HTTPLimits``); what breaks a limit is refused
/// with a status and a JSON text (``HTTPRefusal``) and never reaches the handler. The library
/// itself answers what it cannot parse at all (400, 414, 431), in its own words.
/// `GET /generate_204` is answered here, with 204 and nothing else, for devices that want to
/// know whether a proxy or captive portal stands in between.
package final class HTTPServer: Sendable {
    /// A certificate chain with its key, both as PEM text.
    package struct TLS: Sendable {
        package let certificateChain: String
        package let privateKey: String

        package init(certificateChain: String, privateKey: String) {
            self.certificateChain = certificateChain
            self.privateKey = privateKey
        }
    }

    private let listener: ListeningSocket
    private let handler: any HTTPHandler
    private let environment: Environment
    private let exchange: HTTPExchange
    private let tls: TLS?
    private let hasRun = Atomic(false)

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - address: `host:port`, such as `0.0.0.0:8443` or `[::1]:0`. Port 0 lets the system
    ///     choose; no host means every address.
    ///   - tls: The certificate, or nothing for plain HTTP behind a proxy or in a test.
    ///   - limits: What clients are granted.
    ///   - handler: What answers.
    ///   - environment: Measures every wait.
    /// - Throws: ``HTTPServerError`` when the address is malformed, taken or forbidden.
    package init(
        listeningOn address: String, tls: TLS? = nil, limits: HTTPLimits = HTTPLimits(),
        handler: any HTTPHandler, environment: Environment
    ) throws(HTTPServerError) {
        listener = try ListeningSocket(address)
        self.handler = handler
        self.environment = environment
        self.tls = tls
        exchange = HTTPExchange(
            limits: limits, uptime: environment.uptime, isEncrypted: tls != nil,
            resume: microhttpdResume)
    }

    /// Serves a Unix socket that listens already, and takes it over.
    ///
    /// The kernel tells whose each request is: ``HTTPRequest/peer``.
    ///
    /// - Parameters:
    ///   - descriptor: The listening socket; it must not block.
    ///   - path: Its name, for errors.
    ///   - limits: What clients are granted.
    ///   - handler: What answers.
    ///   - environment: Measures every wait.
    package init(
        takingOver descriptor: Int32, path: String, limits: HTTPLimits = HTTPLimits(),
        handler: any HTTPHandler, environment: Environment
    ) {
        listener = ListeningSocket(descriptor: descriptor, path: path)
        self.handler = handler
        self.environment = environment
        tls = nil
        exchange = HTTPExchange(
            limits: limits, uptime: environment.uptime, isEncrypted: false,
            resume: microhttpdResume)
    }

    /// Where the server listens, as `127.0.0.1:8443`, with the port that was chosen.
    package var address: String { listener.address }

    /// The port that was chosen.
    package var port: UInt16 { listener.port }

    /// How many connections are open, and how many requests are in the handler's hands.
    package var counts: (connections: Int, parked: Int) { exchange.counts }

    /// Answers until the task is cancelled.
    ///
    /// Cancelling cancels every handler, waits for them, tells what still waits to come back
    /// (503), and closes every connection. A server runs once.
    ///
    /// - Throws: ``HTTPServerError`` when the library does not start.
    package func run() async throws {
        guard !hasRun.exchange(true, ordering: .relaxed) else {
            throw HTTPServerError(.alreadyRun, address: address)
        }
        let daemon = try MicrohttpdDaemon(
            listener: listener,
            certificate: tls.map { .init(chain: $0.certificateChain, key: $0.privateKey) },
            exchange: exchange)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.reapUntilCancelled() }
            // The stream ends when the task is cancelled.
            for await parked in exchange.arrivals {
                group.addTask { await self.answer(parked) }
            }
            group.cancelAll()
        }
        exchange.stop()
        exchange.drain()
        daemon.stop()
    }

    private func answer(_ parked: HTTPExchange.Parked) async {
        let (exchange, handler, environment) = (exchange, handler, environment)
        await withTaskGroup(of: Void.self) { race in
            race.addTask {
                let response = await handler.respond(to: parked.request)
                exchange.answer(parked.id, with: response)
            }
            race.addTask {
                do {
                    try await environment.sleep(exchange.limits.handlerTime)
                } catch {
                    return  // The handler was faster, or the server stops.
                }
                exchange.answer(parked.id, with: exchange.response(to: .unanswered))
            }
            await race.next()
            race.cancelAll()
        }
    }

    private func reapUntilCancelled() async {
        while !Task.isCancelled {
            do {
                try await environment.sleep(exchange.limits.reaperInterval)
            } catch {
                return  // Only cancellation ends the wait.
            }
            exchange.reap()
        }
    }
}
