import Testing
import TestThreads

@testable import SyncCore

/// What the transport makes of a hostile or broken way to the hub.
@Suite(.realWorld)
struct NetworkTransportTests {
    static func transport(
        _ url: String, _ change: (inout TransportSettings) -> Void = { _ in }
    ) -> CurlTransport {
        var settings = TransportSettings(hubURL: url, version: "1.2.3")
        settings.proxy = .none
        settings.connectTime = .seconds(60)
        change(&settings)
        return CurlTransport(settings)
    }

    static func code(
        _ transport: CurlTransport, within wait: Duration = .seconds(60)
    ) async -> TransportError.Code? {
        do {
            _ = try await transport.exchange([1, 2, 3], within: wait)
            return nil
        } catch {
            return (error as? TransportError)?.code
        }
    }

    static func http(_ status: String, _ fields: String = "", body: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(body)"
    }

    static let envelope = "Content-Type: application/octet-stream\r\n"

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: NetworkListener.Script
        let code: TransportError.Code?
        /// Only what never comes is worth a short wait.
        var wait = Duration.seconds(60)
    }

    static let rows: [Row] = [
        Row(
            testDescription: "an envelope",
            script: .reply(http("200 OK", envelope, body: "hi")), code: nil),
        Row(
            testDescription: "a portal's page",
            script: .reply(http("200 OK", "Content-Type: text/html\r\n", body: "<html>")),
            code: .notAHub),
        Row(
            testDescription: "a redirect",
            script: .reply(http("302 Found", "Location: https://portal.invalid/\r\n")),
            code: .notAHub),
        Row(
            testDescription: "a full hub",
            script: .reply(http("503 Busy", "Retry-After: 7\r\n")),
            code: .httpStatus(503, retryAfter: .seconds(7))),
        Row(
            testDescription: "a hub that does not know us", script: .reply(http("403 No")),
            code: .httpStatus(403, retryAfter: nil)),
        Row(
            testDescription: "a filter that wants a login", script: .reply(http("407 Login")),
            code: .proxyRefused(status: 407)),
        Row(
            testDescription: "a long reply, announced",
            script: .reply(http("200 OK", envelope, body: String(repeating: "a", count: 2000))),
            code: .tooLarge),
        Row(
            testDescription: "a long reply, not announced",
            script: .reply(
                "HTTP/1.1 200 OK\r\n\(envelope)\r\n" + String(repeating: "a", count: 2000)),
            code: .tooLarge),
        Row(
            testDescription: "a reply that breaks off",
            script: .reply("HTTP/1.1 200 OK\r\n\(envelope)Content-Length: 90\r\n\r\nhi"),
            code: .interrupted),
        Row(
            testDescription: "garbage", script: .reply("220 mail.invalid ESMTP\r\n"),
            code: .notAHub),
        Row(testDescription: "nothing at all", script: .reply(""), code: .interrupted),
        Row(testDescription: "a reset", script: .reset, code: .interrupted),
        Row(
            testDescription: "packets that are dropped", script: .drop, code: .timeout,
            wait: .milliseconds(300)),
        Row(
            testDescription: "silence", script: .silence, code: .timeout,
            wait: .milliseconds(300)),
    ]

    @Test(arguments: rows)
    func `each kind of failure is told apart`(row: Row) async {
        let listener = NetworkListener(row.script)
        defer { listener.stop() }
        let transport = Self.transport("http://127.0.0.1:\(listener.port)") {
            $0.replyBytesMaximum = 1000
        }
        #expect(await Self.code(transport, within: row.wait) == row.code)
    }

    @Test func `a closed port is told apart from silence`() async {
        let listener = NetworkListener(.drop)
        listener.stop()
        #expect(await Self.code(Self.transport("http://127.0.0.1:1")) == .refused)
        #expect(await Self.code(Self.transport("https://127.0.0.1:1")) == .refused)
    }

    @Test func `a name without address is told apart`() async {
        #expect(await Self.code(Self.transport("https://hub.invalid")) == .unresolved)
    }

    @Test(arguments: [
        "", "hub", "ftp://hub", "https://", "https://a b", "https://user@hub", "https://hub/?a",
        "https://hub\r\nX: y", "file:///etc/passwd",
    ])
    func `what is not a URL of a hub is refused`(url: String) async {
        #expect(await Self.code(Self.transport(url)) == .badURL)
    }

    @Test func `a server that speaks no TLS is named as such`() async {
        let listener = NetworkListener(.interrupt("HTTP/1.1 400 No\r\n\r\n"))
        defer { listener.stop() }
        let transport = Self.transport("https://127.0.0.1:\(listener.port)")
        #expect(await Self.code(transport) == .handshake)
    }

    @Test func `a proxy that forbids the hub is named with its status`() async {
        let proxy = NetworkListener(.reply("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
        defer { proxy.stop() }
        let transport = Self.transport("https://hub.invalid") {
            $0.proxy = .server(
                url: "http://127.0.0.1:\(proxy.port)", user: nil, password: nil)
        }
        #expect(await Self.code(transport) == .proxyRefused(status: 403))
        #expect(proxy.heads.first?.hasPrefix("CONNECT hub.invalid:443 HTTP/1.1\r\n") == true)
    }

    @Test func `a proxy without an address is told apart`() async {
        let transport = Self.transport("https://hub.invalid") {
            $0.proxy = .server(url: "http://proxy.invalid:3128", user: nil, password: nil)
        }
        #expect(await Self.code(transport) == .proxyUnresolved)
    }

    @Test func `a proxy gets the password only after it asked`() async {
        let proxy = NetworkListener(
            .reply(
                "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                    + "Content-Length: 0\r\nConnection: close\r\n\r\n"))
        defer { proxy.stop() }
        var password = Array("secret".utf8)
        let secret = SecretBytes(consuming: &password)
        let transport = Self.transport("https://hub.invalid") {
            $0.proxy = .server(
                url: "http://127.0.0.1:\(proxy.port)", user: "juan", password: secret)
        }
        #expect(await Self.code(transport) == .proxyRefused(status: 407))
        #expect(proxy.heads.first?.contains("Proxy-Authorization") == false)
        // "juan:secret"
        #expect(proxy.heads.last?.contains("Proxy-Authorization: Basic anVhbjpzZWNyZXQ=") == true)
    }

    @Test func `the request is what the protocol says`() async {
        let listener = NetworkListener(.reply(Self.http("200 OK", Self.envelope, body: "hi")))
        defer { listener.stop() }
        let transport = Self.transport("http://127.0.0.1:\(listener.port)/base/")
        #expect(await Self.code(transport) == nil)
        let head = listener.heads.first ?? ""
        #expect(head.hasPrefix("POST /base/v1/sync HTTP/1.1\r\n"))
        #expect(head.contains("\r\nUser-Agent: syncmail/1.2.3\r\n"))
        #expect(head.contains("\r\nContent-Type: application/octet-stream\r\n"))
        #expect(head.contains("\r\nContent-Length: 3\r\n"))
        #expect(!head.contains("Expect"))
    }

    @Test func `cancelling ends a wait at once, and the lane works again`() async throws {
        let listener = NetworkListener(.silence)
        defer { listener.stop() }
        let transport = Self.transport("http://127.0.0.1:\(listener.port)") {
            $0.lanesMaximum = 1
        }
        await withTaskGroup(of: Bool.self) { group in
            // The second waits for the lane of the first.
            for _ in 0..<2 {
                group.addTask {
                    do {
                        _ = try await transport.exchange([1], within: .seconds(60))
                        return false
                    } catch {
                        // A wait that went on would end with a timeout.
                        return error is CancellationError
                    }
                }
            }
            for _ in 0..<1000 { await Task.yield() }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
        #expect(await Self.code(transport, within: .milliseconds(100)) == .timeout)
    }

    @Test func `more waiting requests than the limit are refused`() async {
        let listener = NetworkListener(.silence)
        defer { listener.stop() }
        let transport = Self.transport("http://127.0.0.1:\(listener.port)") {
            $0.lanesMaximum = 1
            $0.waitingMaximum = 1
        }
        await withTaskGroup(of: TransportError.Code?.self) { group in
            for _ in 0..<3 { group.addTask { await Self.code(transport) } }
            let first = await group.next()
            #expect(first == .busy)
            group.cancelAll()
            // The other two were waiting, and end by their cancellation.
            for await code in group { #expect(code == nil) }
        }
    }

    @Test func `every failure says what to do in both languages`() {
        let codes: [TransportError.Code] = [
            .badURL, .certificateFile, .unresolved, .proxyUnresolved, .refused, .unreachable,
            .timeout, .proxyRefused(status: 403), .handshake, .certificate(issuer: "ACME"),
            .certificate(issuer: nil), .interrupted, .httpStatus(500, retryAfter: nil), .notAHub,
            .tooLarge, .busy, .library(1),
        ]
        let texts = codes.map { TransportError($0, hub: "https://hub").explanation }
        #expect(Set(texts.map(\.es)).count == codes.count)
        #expect(Set(texts.map(\.en)).count == codes.count)
        #expect(texts.allSatisfy { $0.es.contains("https://hub") && $0.en.contains("https://hub") })
    }
}
