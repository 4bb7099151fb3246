import SyncCore
import Testing
import TestThreads

@testable import HTTPService

/// Clients that are slow on purpose.
@Suite(.realWorld)
struct HTTPDeadlineTests {
    /// Deadlines short enough to wait for, checked often.
    static func hasty(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        limits.reaperInterval = .milliseconds(10)
        change(&limits)
        return limits
    }

    @Test(arguments: ["", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: hub\r\nX: "])
    func `a header that does not end is given up`(start: String) async throws {
        try await withServer(limits: Self.hasty { $0.headerTime = .milliseconds(80) }) { server in
            let reply = await roundTrip(Array(start.utf8), to: server)
            #expect(reply.status == 408)
            #expect(reply.contains(#""error":"timeout""#))
            await until { server.counts.connections == 0 }
        }
    }

    @Test func `a header that trickles is given up`() async throws {
        try await withServer(limits: Self.hasty { $0.headerTime = .milliseconds(100) }) { server in
            let port = server.port
            let reply = await onThread {
                let client = HTTPRawClient(port: port)
                // Without an absolute deadline this would go on for 50 seconds.
                for index in 0..<1000 {
                    client.send(index == 0 ? "GET / HTTP/1.1\r\nX: " : "a")
                    let reply = client.receiveWithin(milliseconds: 50)
                    if !reply.isEmpty { return reply }
                }
                return ""
            }
            #expect(reply.status == 408)
        }
    }

    @Test func `a body slower than the slowest rate is given up`() async throws {
        let limits = Self.hasty {
            $0.bodyTime = .milliseconds(100)
            $0.bytesPerSecondMinimum = 1_000_000
        }
        try await withServer(limits: limits) { server in
            let head = "POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000\r\n\r\nabc"
            let reply = await roundTrip(Array(head.utf8), to: server)
            #expect(reply.status == 408)
        }
    }

    @Test func `a connection at rest is closed without a word`() async throws {
        try await withServer(limits: Self.hasty { $0.idleTime = .milliseconds(50) }) { server in
            let request = "GET /generate_204 HTTP/1.1\r\nHost: hub\r\n\r\n"
            let reply = await roundTrip(Array(request.utf8), to: server)
            #expect(reply.status == 204)
            #expect(!reply.contains("408"))
        }
    }

    @Test func `a fast body may take as long as its size deserves`() {
        var table = ConnectionTable(limits: HTTPLimits())
        let number = table.connected(socket: 9, clientAddress: "::1", at: .zero)
        table.targetArrived(Array("/".utf8), on: number, at: .seconds(1))
        let head = RequestHead(
            method: "POST", target: Array("/".utf8), version: "HTTP/1.0",
            fields: [(Array("Content-Length".utf8), Array("1000000".utf8))])
        #expect(table.headArrived(head, on: number, at: .seconds(2)) == nil)
        let piece = [UInt8](repeating: 0, count: 102_400)
        let goesOn = piece.withUnsafeBytes { table.bodyArrived($0, on: number, at: .seconds(3)) }
        #expect(goesOn)
        // 30 s, and 100 s for 100 KiB at 1 KiB/s, since the body began.
        let overdue = [131, 132, 200].map { table.takeOverdue(at: .seconds($0)) }
        #expect(overdue == [[], [.init(socket: 9, isRequestUnfinished: true)], []])
        table.disconnected(number)
        #expect(table.bodyBytes == 0)
    }

    @Test func `a late answer does not reach the next request`() {
        var table = ConnectionTable(limits: HTTPLimits())
        let number = table.connected(socket: 9, clientAddress: "::1", at: .zero)
        let head = RequestHead(
            method: "GET", target: Array("/".utf8), version: "HTTP/1.0", fields: [])
        func park() -> ConnectionTable.RequestID? {
            table.targetArrived(Array("/".utf8), on: number, at: .zero)
            _ = table.headArrived(head, on: number, at: .zero)
            _ = table.bodyEnded(on: number, at: .zero)
            return table.parked(number, address: 7)
        }
        guard let first = park() else { return #expect(Bool(false), "The request must park.") }
        let answers = [1, 2].map { _ in table.answered(first, with: .noContent) }
        #expect(answers == [7, nil])
        table.completed(number, at: .zero)
        let second = park()
        #expect(second != first)
        let late = table.answered(first, with: .noContent)
        #expect(late == nil)
        #expect(table.parkedCount == 1)
        let stopped = table.stop()
        #expect(stopped == [7])
        #expect(table.parkedCount == 0)
    }
}
