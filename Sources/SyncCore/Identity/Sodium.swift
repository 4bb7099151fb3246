import CSodium

/// libsodium's start, which must come before any other call.
package enum Sodium {
    private static let started: Bool = {
        precondition(sodium_init() >= 0, "libsodium could not find a source of randomness.")
        return true
    }()

    /// Starts the library.
    ///
    /// The second and later calls do nothing.
    package static func start() {
        precondition(started)
    }

    /// Overwrites bytes that were a secret.
    package static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) }
    }

    /// Overwrites what was a secret, in a way that the optimizer does not leave out.
    package static func wipe(_ text: UnsafeMutableBufferPointer<CChar>) {
        sodium_memzero(text.baseAddress, text.count)
    }
}
