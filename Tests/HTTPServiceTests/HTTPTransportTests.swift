import Foundation
import SyncCore
import TestSupport
import TestThreads
import Testing

@testable import HTTPService

/// The transport of a device against the server of the hub.
@Suite(.realWorld)
struct HTTPTransportTests {
    /// Answers with the body, as an envelope.
    ///
    /// Waits when the body is one zero.
    struct Hub: HTTPHandler {
        let parking = ParkingHandler()

        func respond(to request: HTTPRequest) async -> HTTPResponse {
            guard request.path == "/v1/sync", request.method == .post else {
                return HTTPRefusal.notFound.response()
            }
            if request.body == [0] { _ = await parking.respond(to: request) }
            return .envelope(request.body)
        }
    }

    static func transport(
        _ server: HTTPServer, scheme: String = "http", certificates: String? = nil
    ) -> CurlTransport {
        var settings = TransportSettings(
            hubURL: "\(scheme)://localhost:\(server.port)", version: "0")
        settings.proxy = .none
        settings.extraCertificates = certificates
        return CurlTransport(settings)
    }

    @Test func `envelopes of every size come back, over few connections`() async throws {
        try await withServer(handler: Hub()) { server in
            let transport = Self.transport(server)
            for count in [1, 100, 10_000, 1_000_000, 5_000_000] {
                let envelope = [UInt8](repeating: 7, count: count)
                let reply = try await transport.exchange(envelope, within: .seconds(60))
                #expect(reply == envelope)
            }
            #expect(server.counts.connections == 1)
        }
    }

    @Test func `a long poll holds up nobody`() async throws {
        let hub = Hub()
        try await withServer(handler: hub) { server in
            let transport = Self.transport(server)
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await transport.exchange([0], within: .seconds(60)) }
                await until { server.counts.parked == 1 }
                let news = try await transport.exchange([5], within: .seconds(60))
                #expect(news == [5])
                hub.parking.open()
                let reply = try await group.next()
                #expect(reply == [0])
            }
        }
    }

    @Test func `a hub that stops while a device waits is an ordinary failure`() async throws {
        let hub = Hub()
        let server = try HTTPServer(listeningOn: "127.0.0.1:0", handler: hub, environment: .live())
        let transport = Self.transport(server)
        await withTaskGroup(of: Void.self) { group in
            let running = HTTPRunning(server)
            group.addTask { await running.run() }
            group.addTask {
                // The reply of the cancelled handler may still come through, or be lost.
                do {
                    let reply = try await transport.exchange([0], within: .seconds(60))
                    #expect(reply == [0])
                } catch {
                    #expect(error is TransportError, "\(error)")
                }
            }
            await until { server.counts.parked == 1 }
            running.stop()
        }
    }

    @Test func `TLS works with a certificate that was named, and only then`() async throws {
        let authority = try await TestCertificate.make(name: "ACME Antivirus")
        let tls = HTTPServer.TLS(
            certificateChain: authority.certificate, privateKey: authority.key)
        try await withServer(handler: Hub(), tls: tls) { server in
            let trusting = Self.transport(server, scheme: "https", certificates: authority.path)
            let reply = try await trusting.exchange([1], within: .seconds(60))
            #expect(reply == [1])
            let doubting = Self.transport(server, scheme: "https")
            do {
                _ = try await doubting.exchange([1], within: .seconds(60))
                Issue.record("An unknown certificate must not be trusted.")
            } catch let error as TransportError {
                guard case .certificate(let issuer?) = error.code else {
                    Issue.record("\(error.code)")
                    return
                }
                #expect(issuer.contains("ACME Antivirus"))
                #expect(error.explanation.es.contains("ACME Antivirus"))
            }
        }
        let missing = HTTPServer.TLS(certificateChain: "no", privateKey: "PEM")
        await #expect(throws: HTTPServerError.self) {
            try await withServer(tls: missing) { _ in await Task.yield() }
        }
    }

    @Test func `a file of certificates that is not there is named`() async throws {
        try await withServer(handler: Hub()) { server in
            let transport = Self.transport(
                server, scheme: "https", certificates: "/nowhere/ca.pem")
            do {
                _ = try await transport.exchange([1], within: .seconds(60))
                Issue.record("The file must be missed.")
            } catch let error as TransportError {
                #expect(error.code == .certificateFile)
            }
        }
    }
}

/// A server that runs until it is told to stop.
final class HTTPRunning: Sendable {
    private let server: HTTPServer
    private let orders = AsyncStream<Void>.makeStream()

    init(_ server: HTTPServer) { self.server = server }

    func stop() { orders.continuation.finish() }

    func run() async {
        let server = server
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await server.run() } catch { Issue.record(error) }
            }
            for await _ in orders.stream {}
            group.cancelAll()
        }
    }
}

/// A certificate for localhost that signed itself.
struct TestCertificate: Sendable {
    let certificate: String
    let key: String
    let path: String
    /// Keeps the files.
    private let directory: TemporaryDirectory

    static func make(name: String) async throws -> TestCertificate {
        let directory = TemporaryDirectory()
        let folder = directory.path
        let succeeded = await onThread {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out",
                folder + "/cert.pem",
            ]
            process.standardError = FileHandle.nullDevice
            do { try process.run() } catch { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
        try #require(succeeded, "openssl must be installed.")
        return TestCertificate(
            certificate: try String(contentsOfFile: folder + "/cert.pem", encoding: .utf8),
            key: try String(contentsOfFile: folder + "/key.pem", encoding: .utf8),
            path: folder + "/cert.pem", directory: directory)
    }
}
