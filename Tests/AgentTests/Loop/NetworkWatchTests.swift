import Foundation
import Glibc
import TestThreads
import Testing

@testable import Agent

struct NetworkWatchTests {
    /// A socket on which a test tells what the kernel would.
    private struct Kernel: ~Copyable {
        let watch: NetworkWatch
        private let end: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
            (watch, end) = (NetworkWatch(descriptor: ends[0]), ends[1])
        }

        deinit { close(end) }

        func tell(_ count: Int) {
            let message = [UInt8](repeating: 7, count: 60)
            for _ in 0..<count { _ = send(end, message, message.count, 0) }
        }
    }

    @Test func `nothing that happened is no change`() throws {
        let kernel = try Kernel()
        #expect(!kernel.watch.hasChanged())
        #expect(!kernel.watch.hasChanged())
    }

    @Test(arguments: [1, 2, 9])
    func `whatever happened between two looks is one change`(count: Int) throws {
        let kernel = try Kernel()
        kernel.tell(count)
        #expect(kernel.watch.hasChanged())
        #expect(!kernel.watch.hasChanged())
        kernel.tell(1)
        #expect(kernel.watch.hasChanged())
    }

    @Test func `where the kernel tells nothing, nothing is noticed`() {
        #expect(!NetworkWatch(descriptor: -1).hasChanged())
    }

    /// What a watch noticed in a network of its own.
    private struct Noticed: Equatable {
        let atFirst: Bool
        let afterAddress: Bool
        let afterwards: Bool
    }

    /// Takes this thread into a network of its own, which has nothing but an interface that is
    /// down.
    private static func enterNewNetwork() -> Bool {
        // The importer leaves out what needs _GNU_SOURCE.
        typealias Unshare = @convention(c) (Int32) -> Int32
        let newNetwork: Int32 = 0x4000_0000
        guard let symbol = dlsym(nil, "unshare") else { return false }
        return unsafeBitCast(symbol, to: Unshare.self)(newNetwork) == 0
    }

    /// Watches an interface come up, in a network that only this thread is in.
    ///
    /// The thread ends with it, so that nothing else comes into that network.
    private static func watchInterface() async -> Noticed? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                guard enterNewNetwork() else { return continuation.resume(returning: nil) }
                let watch = NetworkWatch()
                let atFirst = watch.hasChanged()
                guard system("ip link set lo up") == 0 else {
                    return continuation.resume(returning: nil)
                }
                continuation.resume(
                    returning: Noticed(
                        atFirst: atFirst, afterAddress: watch.hasChanged(),
                        afterwards: watch.hasChanged()))
            }
        }
    }

    @Test(.realWorld, .enabled(if: geteuid() == 0, "Only root makes networks."))
    func `the kernel tells of an address that came`() async {
        let noticed = await Self.watchInterface()
        #expect(noticed == Noticed(atFirst: false, afterAddress: true, afterwards: false))
    }
}
