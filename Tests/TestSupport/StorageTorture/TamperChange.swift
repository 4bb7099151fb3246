import SyncCore

/// One change that somebody with access to the files could make.
package enum TamperChange: Sendable {
    /// A bit of a file is flipped.
    case flip(file: Int, offset: Int, bit: UInt8)
    /// A page or frame takes the place of another, without so many of its first bytes.
    case move(file: Int, from: Int, to: Int, skipping: Int)
    /// Two pages or frames change places, without so many of their first bytes.
    case exchange(file: Int, Int, Int, skipping: Int)
    /// A page or frame comes from another database under the same data key.
    case transplant(file: Int, unit: Int)
    /// A whole file comes from another database, under the same data key or one of its own.
    case replace(file: Int, isSibling: Bool)
}

/// The files of a machine that was stopped, and those of two other machines.
struct TamperedFiles {
    /// A file, with its pages or frames.
    struct File {
        let name: String
        let bytes: [UInt8]

        /// Where the first page, frame or record begins.
        var start: Int {
            name.hasSuffix("-wal") ? 32 : name.hasSuffix("-journal") ? 512 : 0
        }

        /// What lies before the page in a frame or record.
        var headerBytes: Int {
            name.hasSuffix("-wal") ? 24 : name.hasSuffix("-journal") ? 4 : 0
        }

        /// How long a page, frame or record is.
        var unitBytes: Int {
            PageLayout.pageBytes + (name.hasSuffix("-journal") ? 8 : headerBytes)
        }

        var unitCount: Int { (bytes.count - start) / unitBytes }

        /// Whether a frame of a log is the last of a commit: it names the size of the database.
        func endsCommit(_ unit: Int) -> Bool {
            let size = start + unit * unitBytes + 4
            return !name.hasSuffix("-wal") || bytes[size..<size + 4].contains { $0 != 0 }
        }
    }

    let files: [File]
    /// The same work under the same data key, in another file.
    let siblings: [File]
    /// The same work under another data key.
    let strangers: [File]

    /// How many bits there are.
    var bitCount: Int { files.reduce(0) { $0 + $1.bytes.count * 8 } }

    /// Every change but flips.
    var moves: [TamperChange] {
        files.indices.flatMap { index -> [TamperChange] in
            let file = files[index]
            let units = 0..<file.unitCount
            let moved = units.flatMap { from in
                units.filter { $0 != from }.flatMap { to -> [TamperChange] in
                    Set([0, file.headerBytes]).sorted().map {
                        .move(file: index, from: from, to: to, skipping: $0)
                    }
                }
            }
            let exchanged = units.flatMap { first in
                units.suffix(from: first + 1).flatMap { second -> [TamperChange] in
                    Set([0, file.headerBytes]).sorted().map {
                        .exchange(file: index, first, second, skipping: $0)
                    }
                }
            }
            let transplanted = units.prefix(siblings[index].unitCount).map {
                TamperChange.transplant(file: index, unit: $0)
            }
            let replaced = [false, true].map { TamperChange.replace(file: index, isSibling: $0) }
            return moved + exchanged + transplanted + replaced
        }
    }

    /// The flip of one of all bits.
    func flip(_ number: Int) -> TamperChange {
        var rest = number
        for (index, file) in files.enumerated() {
            if rest < file.bytes.count * 8 {
                return .flip(file: index, offset: rest / 8, bit: UInt8(rest % 8))
            }
            rest -= file.bytes.count * 8
        }
        preconditionFailure("There are only \(bitCount) bits.")
    }

    /// The file that a change concerns, and its bytes afterwards.
    func result(of change: TamperChange) -> (name: String, bytes: [UInt8]) {
        switch change {
        case .flip(let index, let offset, let bit):
            var bytes = files[index].bytes
            bytes[offset] ^= 1 << bit
            return (files[index].name, bytes)
        case .move(let index, let from, let to, let skipped):
            let file = files[index]
            var bytes = file.bytes
            let source = file.start + from * file.unitBytes + skipped
            let target = file.start + to * file.unitBytes + skipped
            let count = file.unitBytes - skipped
            bytes[target..<target + count] = file.bytes[source..<source + count]
            return (file.name, bytes)
        case .exchange(let index, let first, let second, let skipped):
            let file = files[index]
            var bytes = file.bytes
            for (from, to) in [(first, second), (second, first)] {
                let source = file.start + from * file.unitBytes + skipped
                let target = file.start + to * file.unitBytes + skipped
                let count = file.unitBytes - skipped
                bytes[target..<target + count] = file.bytes[source..<source + count]
            }
            return (file.name, bytes)
        case .transplant(let index, let unit):
            let file = files[index]
            var bytes = file.bytes
            let range =
                file.start + unit * file.unitBytes..<file.start + (unit + 1) * file.unitBytes
            bytes[range] = siblings[index].bytes[range]
            return (file.name, bytes)
        case .replace(let index, let isSibling):
            return (files[index].name, (isSibling ? siblings : strangers)[index].bytes)
        }
    }
}
