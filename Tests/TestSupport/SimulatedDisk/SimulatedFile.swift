import Glibc

/// One file of a simulated disk: what programs see, what survives a power cut, and what lies
/// between.
final class SimulatedFile {
    private enum Operation {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    /// Where a power cut may tear a write.
    private static let sectorBytes = 512

    /// Whether its name is on the disk, and not only what programs see.
    var isNamed = false
    /// What programs see.
    private(set) var current: [UInt8] = []
    private var durable: [UInt8] = []
    private var pending: [Operation] = []

    /// Sets contents that are on the disk already.
    func place(_ bytes: [UInt8]) {
        current = bytes
        durable = bytes
        pending = []
        isNamed = true
    }

    /// Fills a buffer, and returns whether there were enough bytes.
    func read(_ target: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
        let available = max(0, min(target.count, current.count - offset))
        current.withUnsafeBytes { bytes in
            if available > 0, let start = bytes.baseAddress, let to = target.baseAddress {
                memcpy(to, start + offset, available)
            }
        }
        if available < target.count, let to = target.baseAddress {
            memset(to + available, 0, target.count - available)
        }
        return available == target.count
    }

    /// Writes.
    ///
    /// The bytes may be lost, in whole or in part, until the next sync.
    ///
    /// - Parameters:
    ///   - source: The bytes.
    ///   - offset: Where they go.
    ///   - isInterrupted: Whether the power fails during the write, so that nobody sees it.
    func write(_ source: UnsafeRawBufferPointer, at offset: Int, isInterrupted: Bool) {
        let bytes = [UInt8](source)
        if !isInterrupted { put(bytes, at: offset, into: &current) }
        pending.append(.write(offset: offset, bytes: bytes))
    }

    func truncate(to size: Int) {
        if size < current.count { current.removeLast(current.count - size) }
        pending.append(.truncate(size: size))
    }

    /// Makes everything durable.
    func sync() {
        for operation in pending {
            switch operation {
            case .write(let offset, let bytes): put(bytes, at: offset, into: &durable)
            case .truncate(let size):
                if size < durable.count { durable.removeLast(durable.count - size) }
            }
        }
        pending = []
    }

    /// Fails to make anything durable, and forgets that it was not.
    func failSync() {
        pending = []
    }

    /// Forgets what programs see and the disk does not have, unless it waits to be written.
    func forgetCached() {
        guard pending.isEmpty else { return }
        current = durable
    }

    /// Loses what was not synced: each operation is kept, dropped or torn.
    func losePower(_ chance: inout SeededGenerator, keptPercent: Int, tornPercent: Int) {
        for operation in pending {
            let isKept = chance.number(below: 100) < keptPercent
            switch operation {
            case .truncate(let size) where isKept && size < durable.count:
                durable.removeLast(durable.count - size)
            case .truncate:
                break
            case .write(let offset, let bytes) where isKept:
                put(bytes, at: offset, into: &durable)
            case .write(let offset, let bytes):
                if chance.number(below: 100) < tornPercent { tear(bytes, at: offset, &chance) }
            }
        }
        pending = []
        current = durable
    }

    /// Flips bits, on the disk too.
    func flip(_ mask: UInt8, at offset: Int) {
        current[offset] ^= mask
        if offset < durable.count { durable[offset] ^= mask }
    }

    /// Stores some sectors of a write, drops others, and fills some new ones with garbage.
    private func tear(_ bytes: [UInt8], at offset: Int, _ chance: inout SeededGenerator) {
        var start = offset
        let end = offset + bytes.count
        while start < end {
            let next = min((start / Self.sectorBytes + 1) * Self.sectorBytes, end)
            let fate = chance.number(below: 4)
            if fate < 2 {
                put(Array(bytes[start - offset..<next - offset]), at: start, into: &durable)
            } else if fate == 2 && start >= durable.count {
                // Only sectors that were never written hold whatever was there before.
                let garbage = (start..<next).map { _ in
                    UInt8(truncatingIfNeeded: chance.next())
                }
                put(garbage, at: start, into: &durable)
            }
            start = next
        }
    }

    private func put(_ bytes: [UInt8], at offset: Int, into target: inout [UInt8]) {
        let end = offset + bytes.count
        if end > target.count {
            target += [UInt8](repeating: 0, count: end - target.count)
        }
        target.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { bytes in
                if let to = target.baseAddress, let from = bytes.baseAddress {
                    memcpy(to + offset, from, bytes.count)
                }
            }
        }
    }
}
