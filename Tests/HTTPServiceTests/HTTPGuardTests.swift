import SyncCore
import Testing
import TestThreads

@testable import HTTPService

/// What strangers may send, and what they are told.
@Suite(.realWorld)
struct HTTPGuardTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let status: Int

        init(_ description: String, _ text: String, _ status: Int) {
            testDescription = description
            bytes = Array(text.utf8)
            self.status = status
        }
    }

    static let close = "Connection: close\r\n"
    static let host = "Host: hub\r\n" + close

    static func get(_ target: String, fields: String = host) -> String {
        "GET \(target) HTTP/1.1\r\n\(fields)\r\n"
    }

    static func post(_ fields: String, body: String = "") -> String {
        "POST /v1/sync HTTP/1.1\r\n\(host)\(fields)\r\n\(body)"
    }

    static let rows: [Row] = [
        Row("a plain GET", get("/a?b=c"), 200),
        Row("an escaped path", get("/a%20b"), 200),
        Row("a POST with its length", post("Content-Length: 2\r\n", body: "hi"), 200),
        Row("an empty POST", post("Content-Length: 0\r\n"), 200),
        Row("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200),
        Row("much white space in a field", get("/", fields: host + "X:   \t a \t \r\n"), 200),
        Row("a field without white space", get("/", fields: host + "X:a\r\nY:\r\nZ: b\r\n"), 200),
        Row("the probe for portals", get("/generate_204"), 204),

        Row("HEAD", "HEAD / HTTP/1.1\r\n\(host)\r\n", 405),
        Row("PUT", "PUT / HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", 405),
        Row("TRACE", "TRACE / HTTP/1.1\r\n\(host)\r\n", 405),
        Row("CONNECT", "CONNECT / HTTP/1.1\r\n\(host)\r\n", 405),
        Row("a method of nobody", "MAIL / HTTP/1.1\r\n\(host)\r\n", 405),
        Row("get in lower case", "get / HTTP/1.1\r\n\(host)\r\n", 405),

        Row("no Host", get("/", fields: close), 400),
        Row("two Hosts", get("/", fields: host + "Host: other\r\n"), 400),
        Row("HTTP/2.0", "GET / HTTP/2.0\r\n\(host)\r\n", 505),
        Row("no version", "GET /\r\n\(host)\r\n", 400),
        // The library closes without a word.
        Row("rubbish", "\u{16}\u{3}\u{1}rubbish\r\n\r\n", 0),
        Row("an absolute target", get("http://hub/"), 400),
        Row("a target without slash", get("a"), 400),
        Row("a NUL in the path", get("/a%00b"), 400),
        Row("a NUL in the query", get("/a?b=%00"), 400),
        Row("a line end in the path", get("/a%0d%0ab"), 400),
        Row("DEL in the path", get("/a%7fb"), 400),
        Row("a backslash", get("/a\\b"), 400),
        Row("an escaped backslash", get("/a%5Cb"), 400),
        Row("a broken escape", get("/a%2"), 400),
        Row("a broken escape in the query", get("/a?b=%zz"), 400),
        Row("a path upwards", get("/a/../b"), 400),
        Row("an escaped path upwards", get("/a/%2e%2e/b"), 400),
        Row("a path that is not UTF-8", get("/%ff%fe"), 400),
        Row("a raw byte above 126", get("/ñ"), 400),
        Row("a long path", get("/" + String(repeating: "a", count: 1024)), 414),
        Row("a long query", get("/?" + String(repeating: "a", count: 2049)), 414),
        Row("the longest query", get("/?" + String(repeating: "a", count: 2048)), 200),

        Row("a field in two lines", get("/", fields: host + "X: a\r\n b\r\n"), 400),
        Row("a field in two lines, last", get("/", fields: "Host: hub\r\nX: a\r\n\tb\r\n"), 400),
        Row("a length in two lines", post("Content-Length: 1\r\n 0\r\n", body: "0123456789"), 400),
        Row("a control character in a field", get("/", fields: host + "X: a\u{1}b\r\n"), 400),
        Row("a NUL in a field", get("/", fields: host + "X: a\0b\r\nY: c\r\n"), 400),
        Row("a NUL in the last field", get("/", fields: host + "X: a\0b\r\n"), 400),
        Row("a space in a field's name", get("/", fields: host + "X Y: a\r\n"), 400),
        Row("a space before the colon", post("Content-Length : 0\r\n"), 400),
        Row("65 fields", get("/", fields: host + manyFields(63)), 431),
        Row("64 fields", get("/", fields: host + manyFields(62)), 200),
        Row("12 KiB in a field", get("/", fields: host + "X: \(letters(12_300))\r\n"), 431),
        Row("60 KiB in a field", get("/", fields: host + "X: \(letters(60_000))\r\n"), 431),

        Row("a POST without length", post(""), 411),
        Row("chunks", post("Transfer-Encoding: chunked\r\n", body: "2\r\nhi\r\n0\r\n\r\n"), 411),
        Row("chunks in capitals", post("TRANSFER-ENCODING: Chunked\r\n", body: "0\r\n\r\n"), 411),
        Row("an encoding of nobody", post("Transfer-Encoding: x\r\n"), 411),
        Row(
            "chunks and a length",
            post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", body: "0\r\n\r\n"), 400),
        Row("two lengths", post("Content-Length: 2\r\nContent-Length: 2\r\n", body: "hi"), 400),
        Row("two lengths in one field", post("Content-Length: 2, 2\r\n", body: "hi"), 400),
        Row("a negative length", post("Content-Length: -1\r\n"), 400),
        Row("a length with a sign", post("Content-Length: +2\r\n", body: "hi"), 400),
        Row("a hexadecimal length", post("Content-Length: 0x2\r\n", body: "hi"), 400),
        Row("an empty length", post("Content-Length:\r\n"), 400),
        Row("a length beyond the limit", post("Content-Length: 100001\r\n"), 413),
        Row("a length beyond every number", post("Content-Length: 99999999999999999999\r\n"), 413),
        Row("a GET with a body", get("/", fields: host + "Content-Length: 2\r\n") + "hi", 400),
    ]

    static func manyFields(_ count: Int) -> String {
        (0..<count).map { "X\($0): a\r\n" }.joined()
    }

    static func letters(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test(arguments: rows)
    func `each request gets the status it deserves`(row: Row) async throws {
        var limits = HTTPLimits()
        limits.bodyBytesMaximum = 100_000
        try await withServer(limits: limits) { server in
            let reply = await roundTrip(row.bytes, to: server)
            #expect(reply.status == row.status, "\(reply)")
            // HEAD has no body, and what the library cannot parse it answers in its own words.
            let isOurs = !row.bytes.starts(with: "HEAD".utf8) && !reply.contains("<html>")
            if row.status >= 400, isOurs { #expect(reply.contains(#"{"error":""#)) }
        }
    }

    @Test func `a refused body is read, so that the client sees why`() async throws {
        try await withServer { server in
            let body = Self.letters(50_000)
            let request = "PUT / HTTP/1.1\r\n\(Self.host)Content-Length: 50000\r\n\r\n" + body
            let reply = await roundTrip(Array(request.utf8), to: server)
            #expect(reply.status == 405)
            #expect(reply.contains("Allow: GET, POST"))
        }
    }

    @Test func `a long header in small pieces is not mistaken for an ambiguous one`()
        async throws
    {
        try await withServer { server in
            let port = server.port
            let reply = await onThread {
                let client = HTTPRawClient(port: port)
                client.send("GET / HTTP/1.1\r\n\(Self.host)")
                for index in 0..<55 {
                    client.send("X\(index): \(Self.letters(200))")
                    client.send("\r\n")
                }
                client.send("\r\n")
                return client.receiveAll()
            }
            #expect(reply.status == 200, "\(reply)")
        }
    }

    @Test func `a client that asks first is told before it sends the body`() async throws {
        var limits = HTTPLimits()
        limits.bodyBytesMaximum = 10
        try await withServer(limits: limits) { server in
            let request = Self.post("Content-Length: 11\r\nExpect: 100-continue\r\n")
            #expect(await roundTrip(Array(request.utf8), to: server).status == 413)
        }
    }

    @Test func `bodies in flight are limited together`() async throws {
        var limits = HTTPLimits()
        limits.bodyBytesTotalMaximum = 1000
        try await withServer(limits: limits) { server in
            let port = server.port
            let first = await onThread {
                let client = HTTPRawClient(port: port)
                client.send(Self.post("Content-Length: 900\r\n"))
                return client
            }
            // The first is known to the server once a second like it is refused.
            let second = Array(Self.post("Content-Length: 900\r\n", body: Self.letters(900)).utf8)
            var status = 200
            while status == 200 { status = await roundTrip(second, to: server).status }
            #expect(status == 503)

            let reply = await onThread {
                first.send(Self.letters(900))
                return first.receiveAll()
            }
            #expect(reply.status == 200)
            #expect(await roundTrip(second, to: server).status == 200)
        }
    }

    @Test func `every refusal has texts in both languages and valid JSON`() {
        for refusal in HTTPRefusal.allCases {
            let text = refusal.explanation
            for words in [text.es, text.en] {
                #expect(!words.isEmpty)
                #expect(words.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C })
            }
            #expect(text.es != text.en)
            #expect(refusal.response().status == refusal.status)
        }
    }
}
