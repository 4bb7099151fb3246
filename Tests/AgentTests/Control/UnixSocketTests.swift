import Foundation
import Front
import TestSupport
import Testing

/// The engine's door: who may knock is decided by the mode of its name.
struct UnixSocketTests {
    @Test(arguments: [(false, 0o600), (true, 0o666)])
    func `a listening name has the mode that was asked for`(
        isOpenToAll: Bool, mode: Int
    ) throws {
        let directory = TemporaryDirectory()
        let path = directory.file("engine.sock")
        let descriptor = try UnixSocket.listen(at: path, isOpenToAll: isOpenToAll)
        defer { close(descriptor) }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == mode)
    }

    @Test func `a name that a dead engine left is taken over`() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("engine.sock")
        close(try UnixSocket.listen(at: path, isOpenToAll: false))
        let descriptor = try UnixSocket.listen(at: path, isOpenToAll: false)
        defer { close(descriptor) }
        close(try UnixSocket.connect(to: path))
    }
}
