import Front
import Glibc
import SyncCore
import Testing
import TestThreads

@testable import Agent

/// The real front against an engine that the test plays.
@Suite(.realWorld)
struct FrontProcessTests {
    private let home: TemporaryHome
    private let listener: Int32

    init() throws {
        home = TemporaryHome()
        listener = try UnixSocket.listen(at: home.home.socket, isOpenToAll: false)
    }

    private func start(_ arguments: [String], input: String = "") throws -> FrontProcess {
        try FrontProcess(arguments, home: home.path, input: input, in: home.path)
    }

    /// Accepts the front and reads its hello.
    private func accept() async throws -> (SocketClient, Hello) {
        let listener = listener
        let client = SocketClient(descriptor: await blocking { Glibc.accept(listener, nil, nil) })
        let frames = await client.frames(FrontFrame.self) { _ in true }
        guard case .hello(let hello) = frames.first else { throw FrameError.value }
        return (client, hello)
    }

    @Test func `when the engine dies the command is repeated with the same submission`()
        async throws
    {
        let front = try start(["send", "--to", "a@b.ec"], input: "hola")
        let stream = StreamNumber(number: 1)
        var (client, first) = try await accept()
        client.send(EngineFrame.readStandardInput(stream, credit: 100))
        let isEnd: @Sendable (FrontFrame) -> Bool = { $0 == .endOfData(stream) }
        let before = await client.frames(until: isEnd)
        client.send(EngineFrame.output(Array("que".utf8)))
        let second: Hello
        (client, second) = try await accept2(dropping: client)
        #expect(second == first)
        client.send(EngineFrame.readStandardInput(stream, credit: 100))
        #expect(await client.frames(until: isEnd) == before)
        #expect(before.first == .data(stream, Array("hola".utf8)))
        client.send(EngineFrame.output(Array("queued\n".utf8)))
        client.send(EngineFrame.exit(0))
        let ending = await blocking { front.end() }
        #expect(ending.status == 0)
        #expect(ending.output == "queued\n")
    }

    private func accept2(dropping client: SocketClient) async throws -> (SocketClient, Hello) {
        client.finish()
        return try await accept()
    }

    @Test func `only a file that was typed is read`() async throws {
        let path = "\(home.path)/factura.txt"
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        #expect(write(file, "cien", 4) == 4)
        close(file)
        let front = try start(["send", "--attach=factura.txt"])
        let (client, hello) = try await accept()
        #expect(hello.workingDirectory == home.path)
        var answers: [FrontFrame] = []
        for (index, name) in ["/etc/passwd", path, "factura.txt"].enumerated() {
            let stream = StreamNumber(number: UInt32(index + 1))
            client.send(EngineFrame.readFile(stream, credit: 4, path: name))
            answers += await client.frames { _ in true }
        }
        let streams = (1...3).map { StreamNumber(number: $0) }
        #expect(
            answers == [
                .failure(streams[0], EACCES), .failure(streams[1], EACCES),
                .data(streams[2], Array("cien".utf8)),
            ])
        client.send(EngineFrame.exit(65))
        #expect(await blocking { front.end() }.status == 65)
    }

    @Test func `the second interrupt ends the front although the engine is stuck`() async throws {
        let front = try start(["send"])
        let (client, _) = try await accept()
        front.signal(SIGINT)
        #expect(await client.frames { _ in true } == [FrontFrame.signal(UInt8(SIGINT))])
        front.signal(SIGINT)
        let ending = await blocking { front.end() }
        #expect(ending.status == 75)
        #expect(ending.error.contains("not known"))
        withExtendedLifetime(client) {}
    }

    @Test func `a front sends no more than the credit`() async throws {
        let front = try start(["send"], input: "12345")
        let (client, _) = try await accept()
        let stream = StreamNumber(number: 1)
        client.send(EngineFrame.readStandardInput(stream, credit: 3))
        #expect(await client.frames { _ in true } == [FrontFrame.data(stream, [49, 50, 51])])
        client.send(EngineFrame.more(stream, credit: 9))
        let rest = await client.frames { $0 == FrontFrame.endOfData(stream) }
        #expect(rest == [.data(stream, [52, 53]), .endOfData(stream)])
        client.send(EngineFrame.exit(0))
        #expect(await blocking { front.end() }.status == 0)
    }
}

/// The real front and the real engine.
@Suite(.realWorld)
struct EngineStartTests {
    @Test func `200 fronts at once where no engine runs are all served`() async throws {
        let home = TemporaryHome()
        let endings = await withTaskGroup(of: FrontProcess.Ending?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await blocking {
                        try? FrontProcess(["version"], home: home.path, in: "/tmp").end()
                    }
                }
            }
            var endings: [FrontProcess.Ending?] = []
            for await ending in group { endings.append(ending) }
            return endings
        }
        let unserved = endings.filter { $0?.output != "syncmail \(Product.version)\n" }
        #expect(unserved.map { "\($0?.status ?? -1) \($0?.error ?? "")" } == [])
        #expect(endings.count == 200)
        // The engine leaves within seconds; the home must not vanish before it.
        let lock = home.home.startLock
        await blocking { while access(home.home.socket, F_OK) == 0 { poll(nil, 0, 20) } }
        #expect(access(lock, F_OK) == 0)
    }

    @Test func `a wrong flag ends with 64 through the whole way`() async throws {
        let home = TemporaryHome()
        let ending = await blocking {
            try? FrontProcess(["version", "--vresion"], home: home.path, in: "/tmp").end()
        }
        #expect(ending?.status == 64)
        #expect(ending?.error.contains("--vresion") == true)
        await blocking { while access(home.home.socket, F_OK) == 0 { poll(nil, 0, 20) } }
    }

    @Test func `help needs no home and starts nothing`() async throws {
        let home = TemporaryHome()
        let ending = await blocking {
            try? FrontProcess(["--help"], home: home.path, in: "/tmp").end()
        }
        #expect(ending?.status == 0)
        #expect(ending?.output.contains("version") == true)
        #expect(access(home.home.socket, F_OK) != 0)
    }
}
