import SyncCore

/// What happened in a simulation, line by line, and one number that tells whether two were the
/// same.
struct Trace {
    /// The lines, if somebody wants to read them.
    private(set) var lines: [String] = []
    /// FNV-1a over all lines.
    private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private let keepsLines: Bool

    init(keepsLines: Bool) {
        self.keepsLines = keepsLines
    }

    mutating func add(_ line: String, at time: Duration) {
        let text = "\(time.milliseconds) \(line)"
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ 0x0a) &* 0x100_0000_01b3
        if keepsLines { lines.append(text) }
    }
}
