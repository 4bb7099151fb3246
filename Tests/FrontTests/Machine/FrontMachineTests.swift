import Front
import Testing

struct FrontMachineTests {
    private let stream = StreamNumber(number: 1)
    private let hello: Hello
    private var machine: FrontMachine

    init() throws {
        let submission = try #require(Submission(bytes: Array(0..<16)))
        hello = Hello(
            submission: submission, language: .spanish,
            arguments: ["send", "--attach=factura.pdf", "nota.txt"])
        machine = FrontMachine(hello: hello)
        #expect(machine.handle(.started, at: .zero) == [.connect(after: .zero)])
    }

    @Test mutating func `a broken connection repeats the command with the same submission`() {
        #expect(machine.handle(.connected, at: .zero) == [.send(.hello(hello))])
        #expect(machine.handle(.broken, at: .zero) == [.connect(after: .zero)])
        #expect(machine.handle(.connected, at: .zero) == [.send(.hello(hello))])
        #expect(machine.handle(.received(.exit(0)), at: .zero) == [.finish(0)])
    }

    @Test mutating func `output that was written is not written again`() {
        _ = machine.handle(.connected, at: .zero)
        #expect(
            machine.handle(.received(.output([1, 2, 3])), at: .zero)
                == [.write(.standard, [1, 2, 3])])
        _ = machine.handle(.broken, at: .zero)
        _ = machine.handle(.connected, at: .zero)
        #expect(machine.handle(.received(.output([1, 2])), at: .zero) == [])
        #expect(
            machine.handle(.received(.output([3, 4])), at: .zero) == [.write(.standard, [4])])
        #expect(
            machine.handle(.received(.errorOutput([5])), at: .zero) == [.write(.error, [5])])
    }

    @Test mutating func `standard input is sent again from its first byte`() {
        _ = machine.handle(.connected, at: .zero)
        #expect(
            machine.handle(.received(.readStandardInput(stream, credit: 4)), at: .zero)
                == [.openStandardInput, .read(maximum: 4)])
        #expect(
            machine.handle(.input(.bytes([1, 2])), at: .zero)
                == [.send(.data(stream, [1, 2])), .read(maximum: 2)])
        _ = machine.handle(.broken, at: .zero)
        _ = machine.handle(.connected, at: .zero)
        #expect(
            machine.handle(.received(.readStandardInput(stream, credit: 9)), at: .zero)
                == [.openStandardInput, .send(.data(stream, [1, 2])), .read(maximum: 7)])
        #expect(
            machine.handle(.input(.end), at: .zero) == [.send(.endOfData(stream))])
    }

    @Test mutating func `no more is sent than the engine allowed`() {
        _ = machine.handle(.connected, at: .zero)
        let open = FrontMachine.Event.received(
            .readFile(stream, credit: 3, path: "factura.pdf"))
        #expect(machine.handle(open, at: .zero) == [.openFile("factura.pdf"), .read(maximum: 3)])
        #expect(
            machine.handle(.input(.bytes([1, 2, 3])), at: .zero)
                == [.send(.data(stream, [1, 2, 3]))])
        #expect(
            machine.handle(.received(.more(stream, credit: 2)), at: .zero) == [.read(maximum: 2)])
    }

    @Test(arguments: ["/etc/shadow", "factura", "attach=factura.pdf", "", "./nota.txt"])
    func `a path that was not typed is not opened`(path: String) {
        var machine = machine
        _ = machine.handle(.connected, at: .zero)
        #expect(
            machine.handle(.received(.readFile(stream, credit: 1, path: path)), at: .zero)
                == [.send(.failure(stream, 13))])
    }

    @Test mutating func `the first signal is forwarded and the second ends the front`() {
        _ = machine.handle(.connected, at: .zero)
        #expect(machine.handle(.signal(2), at: .seconds(1)) == [.send(.signal(2))])
        #expect(
            machine.handle(.signal(2), at: .seconds(2)) == [.explain(.unknown), .finish(75)])
    }

    @Test mutating func `an engine that does not stop is left after five seconds`() {
        _ = machine.handle(.connected, at: .zero)
        _ = machine.handle(.signal(15), at: .seconds(1))
        #expect(machine.deadline == .seconds(6))
        #expect(machine.handle(.tick, at: .milliseconds(5999)) == [])
        #expect(machine.handle(.tick, at: .seconds(6)) == [.explain(.unknown), .finish(75)])
    }

    @Test mutating func `before an engine was reached nothing was done for certain`() {
        var other = machine
        #expect(
            machine.handle(.unreachable(.notRunning("/h")), at: .zero)
                == [.explain(.notRunning("/h")), .finish(69)])
        #expect(
            other.handle(.signal(2), at: .zero) == [.explain(.interrupted), .finish(75)])
    }

    @Test mutating func `after all attempts it is unknown what happened`() {
        var waits: [FrontMachine.Action] = []
        for _ in FrontMachine.reconnectWaits {
            _ = machine.handle(.connected, at: .zero)
            waits += machine.handle(.broken, at: .zero)
        }
        #expect(waits == FrontMachine.reconnectWaits.map { .connect(after: $0) })
        _ = machine.handle(.connected, at: .zero)
        #expect(machine.handle(.broken, at: .zero) == [.explain(.unknown), .finish(75)])
    }
}
