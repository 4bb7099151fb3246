import Glibc

/// The name of this machine.
enum HostName {
    private static let byteCountMaximum = 64

    /// What the kernel calls this machine.
    static var current: String {
        var name = [CChar](repeating: 0, count: byteCountMaximum + 1)
        guard gethostname(&name, byteCountMaximum) == 0 else { return "equipo" }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? "equipo" : String(decoding: bytes, as: UTF8.self)
    }
}
