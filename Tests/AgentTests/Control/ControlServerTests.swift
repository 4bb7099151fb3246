import Front
import Glibc
import SyncCore
import Synchronization
import Testing
import TestThreads

@testable import Agent

@Suite(.realWorld)
struct ControlServerTests {
    private let home: TemporaryHome

    init() throws { home = TemporaryHome() }

    private func hello(_ arguments: [String], id: UInt8 = 1) throws -> FrontFrame {
        let submission = try #require(Submission(bytes: [UInt8](repeating: id, count: 16)))
        return .hello(Hello(submission: submission, language: .english, arguments: arguments))
    }

    /// Serves while the body runs, then stops and waits for the end.
    private func serve(
        limits: ControlLimits = ControlLimits(), _ handler: @escaping CommandHandler,
        _ body: (String) async throws -> Void
    ) async throws {
        let path = home.home.socket
        let listener = try ControlListener(path: path, isOpenToAll: false)
        let server = ControlServer(
            listener: listener, limits: limits, environment: .live(), handler: handler)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run() }
            defer { server.stop() }
            try await body(path)
        }
    }

    @Test func `a command reads, writes and exits`() async throws {
        try await serve({ call in
            let text = (try? await call.terminal.readFile("a.txt", maximum: 10)) ?? []
            await call.terminal.write("\(call.arguments) \(text) \(call.peer.uid)")
            return .badData
        }) { path in
            let client = try SocketClient(path: path)
            client.send(try hello(["x", "a.txt"]))
            let asked = await client.frames(EngineFrame.self) { _ in true }
            let stream = StreamNumber(number: 1)
            #expect(asked == [.readFile(stream, credit: 1 << 20, path: "a.txt")])
            client.send(FrontFrame.data(stream, [7]))
            client.send(FrontFrame.endOfData(stream))
            let line = "[\"x\", \"a.txt\"] [7] \(getuid())\n"
            #expect(await client.untilExit() == [.output(Array(line.utf8)), .exit(65)])
        }
    }

    @Test(
        arguments: [
            [0, 0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF, 1], [0, 0, 0, 1, 0x47], [0, 0, 0, 1, 0xAA],
            [0, 0, 0, 2, 6, 15], [0, 0, 0, 5, 3, 0, 0, 0, 1], [0, 0, 0, 3, 1, 0, 1],
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ] as [[UInt8]])
    func `bytes against the protocol end the connection and run nothing`(
        bytes: [UInt8]
    ) async throws {
        let runs = Mutex(0)
        try await serve({ _ in
            runs.withLock { $0 += 1 }
            return .done
        }) { path in
            let client = try SocketClient(path: path)
            client.send(bytes)
            #expect(await client.untilExit() == [])
            #expect(runs.withLock { $0 } == 0)
        }
    }

    @Test func `a front that ends in the middle of its hello runs nothing`() async throws {
        try await serve({ _ in .done }) { path in
            let client = try SocketClient(path: path)
            client.send(Array(try hello(["x"]).encoded.dropLast()))
            client.finish()
            #expect(await client.untilExit() == [])
        }
    }

    @Test func `data beyond the credit ends the connection`() async throws {
        var limits = ControlLimits()
        limits.inputWindowBytes = 2
        let errors = Mutex<[TerminalError.Code]>([])
        try await serve(
            limits: limits,
            { call in
                do {
                    _ = try await call.terminal.readStandardInput(maximum: 100)
                } catch let error as TerminalError {
                    errors.withLock { $0.append(error.code) }
                } catch {}
                return .done
            }
        ) { path in
            let client = try SocketClient(path: path)
            client.send(try hello(["x"]))
            _ = await client.frames(EngineFrame.self) { _ in true }
            client.send(FrontFrame.data(StreamNumber(number: 1), [1, 2, 3]))
            #expect(await client.untilExit() == [])
        }
        #expect(errors.withLock { $0 } == [.callerLeft])
    }

    @Test func `a repeated submission is answered with the first result`() async throws {
        let runs = Mutex(0)
        try await serve({ call in
            let run = runs.withLock { runs in
                runs += 1
                return runs
            }
            await call.terminal.write("run \(run)")
            return .noSuchUser
        }) { path in
            var answers: [[EngineFrame]] = []
            for id: UInt8 in [1, 1, 2] {
                let client = try SocketClient(path: path)
                client.send(try hello(["x"], id: id))
                answers.append(await client.untilExit())
            }
            let first: [EngineFrame] = [.output(Array("run 1\n".utf8)), .exit(67)]
            let second: [EngineFrame] = [.output(Array("run 2\n".utf8)), .exit(67)]
            #expect(answers == [first, first, second])
        }
    }

    @Test func `a repetition waits for the run that goes on`() async throws {
        let runs = Mutex(0)
        try await serve({ call in
            runs.withLock { $0 += 1 }
            _ = try? await call.terminal.readStandardInput(maximum: 1)
            return .done
        }) { path in
            let first = try SocketClient(path: path)
            first.send(try hello(["x"]))
            _ = await first.frames(EngineFrame.self) { _ in true }
            let second = try SocketClient(path: path)
            second.send(try hello(["x"]))
            first.send(FrontFrame.endOfData(StreamNumber(number: 1)))
            #expect(await second.untilExit() == [.exit(0)])
            #expect(runs.withLock { $0 } == 1)
        }
    }

    @Test func `a front that takes nothing is dropped, and others are served`() async throws {
        var limits = ControlLimits()
        limits.outputBytesMaximum = 1 << 16
        limits.stallMaximum = .milliseconds(30)
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        try await serve(
            limits: limits,
            { call in
                guard call.arguments == ["flood"] else { return .done }
                while !Task.isCancelled {
                    await call.terminal.writeBytes([UInt8](repeating: 1, count: 65_536))
                }
                end.yield()
                return .done
            }
        ) { path in
            let slow = try SocketClient(path: path)
            slow.send(try hello(["flood"]))
            let other = try SocketClient(path: path)
            other.send(try hello(["x"], id: 2))
            #expect(await other.untilExit() == [.exit(0)])
            for await _ in ends { break }
            withExtendedLifetime(slow) {}
        }
    }

    @Test func `a signal cancels the command`() async throws {
        try await serve({ call in
            do {
                _ = try await call.terminal.readStandardInput(maximum: 1)
                return .done
            } catch {
                return error is CancellationError ? .tryLater : .software
            }
        }) { path in
            let client = try SocketClient(path: path)
            client.send(try hello(["x"]))
            _ = await client.frames(EngineFrame.self) { _ in true }
            client.send(FrontFrame.signal(2))
            #expect(await client.untilExit() == [.exit(75)])
        }
    }

    @Test func `stalled commands do not keep others from being served`() async throws {
        try await serve({ call in
            guard call.arguments == ["stall"] else { return .done }
            _ = try? await call.terminal.readStandardInput(maximum: 1)
            return .done
        }) { path in
            let stalled = try (1...40).map { (id: UInt8) in
                let client = try SocketClient(path: path)
                client.send(try hello(["stall"], id: id))
                return client
            }
            let other = try SocketClient(path: path)
            other.send(try hello(["x"], id: 99))
            #expect(await other.untilExit() == [.exit(0)])
            withExtendedLifetime(stalled) {}
        }
    }

    @Test func `a front of another version is told so`() async throws {
        try await serve({ _ in .done }) { path in
            var bytes = try hello(["x"]).encoded
            bytes[6] = 99
            let client = try SocketClient(path: path)
            client.send(bytes)
            #expect(await client.untilExit().last == .exit(69))
        }
    }

    @Test func `an idle server ends and removes its name`() async throws {
        let path = home.home.socket
        let listener = try ControlListener(path: path, isOpenToAll: false)
        let server = ControlServer(
            listener: listener, environment: .live(), idle: .milliseconds(10),
            handler: { _ in .done })
        await server.run()
        #expect(access(path, F_OK) != 0)
    }
}
