import Front
import TestSupport
import Testing

@testable import Agent

struct EngineLocksTests {
    @Test func `an engine stays while a front holds the lock, and leaves once it is free`() throws {
        let directory = TemporaryDirectory()
        let path = "\(directory.path)/start.lock"
        let leaving = LeavingLock(path: path)
        try Self.asFront(path) { #expect(!leaving.take()) }
        #expect(leaving.take())
        #expect(throws: Busy.self) { try Self.asFront(path) {} }
        leaving.release()
        try Self.asFront(path) {}
    }

    @Test func `an engine whose home was removed leaves`() {
        #expect(LeavingLock(path: "/nonexistent/home/start.lock").take())
    }

    private struct Busy: Error {}

    private static func asFront(_ path: String, _ body: () -> Void) throws {
        guard let lock = try FileLock.take(path) else { throw Busy() }
        body()
        _ = consume lock
    }
}
