import CSodium

/// Bytes that must never be printed, logged, swapped or dumped.
///
/// They live in memory of libsodium's own (locked, left out of core dumps, guarded by pages
/// that trap, wiped when freed). The type is deliberately not convertible to text, not
/// encodable and not comparable with `==`.
///
/// Invariant: `address` points at `count` readable bytes until `deinit`. The address is kept
/// as a number because memory that never changes may be shared between tasks, while Swift
/// treats every pointer as unshareable.
package final class SecretBytes: Sendable {
    private let address: UInt
    /// How many bytes there are.
    package let count: Int

    /// Creates a secret whose bytes a function writes into place.
    package init(count: Int, _ write: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        Sodium.start()
        guard let memory = sodium_malloc(max(count, 1)) else {
            preconditionFailure("There is no memory left for a secret of \(count) bytes.")
        }
        do {
            try write(UnsafeMutableRawBufferPointer(start: memory, count: count))
        } catch {
            sodium_free(memory)
            throw error
        }
        sodium_mprotect_readonly(memory)
        address = UInt(bitPattern: memory)
        self.count = count
    }

    /// Copies bytes into protected memory, and wipes the original.
    package convenience init(consuming bytes: inout [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
        Sodium.wipe(&bytes)
        bytes = []
    }

    /// Creates a secret of random bytes.
    package convenience init(randomCount count: Int, from environment: Environment) {
        var bytes = environment.randomBytes(count)
        self.init(consuming: &bytes)
    }

    deinit {
        // sodium_free makes the memory writable again and wipes it.
        sodium_free(UnsafeMutableRawPointer(bitPattern: address))
    }

    /// Lends the bytes for the length of a call.
    ///
    /// They must not be copied out of it except into another secret, a cipher or a socket.
    package func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }
}
