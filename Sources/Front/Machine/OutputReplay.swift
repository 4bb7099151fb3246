/// Lets each byte of output through once, although a repeated command writes it again.
struct OutputReplay: Sendable {
    private struct Count {
        var written = 0
        var toSkip = 0
    }

    private var standard = Count()
    private var error = Count()

    /// Passes on what was not written on an earlier connection.
    mutating func pass(
        _ bytes: [UInt8], to stream: FrontMachine.OutputStream
    ) -> [FrontMachine.Action] {
        let rest =
            switch stream {
            case .standard: Self.take(bytes, &standard)
            case .error: Self.take(bytes, &error)
            }
        return rest.isEmpty ? [] : [.write(stream, rest)]
    }

    /// The next connection begins with what was written before.
    mutating func connectionEnded() {
        standard.toSkip = standard.written
        error.toSkip = error.written
    }

    private static func take(_ bytes: [UInt8], _ count: inout Count) -> [UInt8] {
        let skipped = min(bytes.count, count.toSkip)
        count.toSkip -= skipped
        count.written += bytes.count - skipped
        return Array(bytes[skipped...])
    }
}
