import SyncCore

extension FuzzTarget {
    /// Files that people carry, and that somebody may have made.
    static let files = [
        FuzzTarget("backup", checkBackup), FuzzTarget("export", checkExport),
    ]

    /// How a reader of a file ended.
    private enum Ending: Equatable {
        case whole(eventsByteCount: Int)
        case refused(String)
    }

    private static func checkBackup(_ bytes: [UInt8]) -> String? {
        let endings = [BackupManifest.Kind.device, .hub].map { kind in
            pieces.map { read(bytes, kind, inPiecesOf: $0) }
        }
        return endings.allSatisfy(areEqual) ? nil : "the size of the pieces matters to a backup"
    }

    private static func checkExport(_ bytes: [UInt8]) -> String? {
        areEqual(pieces.map { read(bytes, inPiecesOf: $0) })
            ? nil : "the size of the pieces matters to an export"
    }

    private static let pieces = [1, 7, Int.max]

    private static func areEqual(_ endings: [Ending]) -> Bool {
        endings.allSatisfy { $0 == endings.first }
    }

    /// Cuts bytes into pieces of a size, the last one shorter.
    static func cut(_ bytes: [UInt8], into count: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: min(count, max(bytes.count, 1))).map {
            Array(bytes[$0..<min($0 + min(count, bytes.count), bytes.count)])
        }
    }

    private static func read(
        _ bytes: [UInt8], _ kind: BackupManifest.Kind, inPiecesOf count: Int
    ) -> Ending {
        var reader = BackupReader(kind: kind, path: "f")
        var byteCount = 0
        do throws(BackupError) {
            for piece in cut(bytes, into: count) {
                for case .bytes(let part, _) in try reader.read(piece) { byteCount += part.count }
            }
            _ = try reader.finish()
            return .whole(eventsByteCount: byteCount)
        } catch {
            return .refused("\(error.code)")
        }
    }

    private static func read(_ bytes: [UInt8], inPiecesOf count: Int) -> Ending {
        var reader = ExportReader(path: "f")
        var byteCount = 0
        do throws(ExportError) {
            for piece in cut(bytes, into: count) {
                for case .chunk(_, _, let sealed) in try reader.read(piece) {
                    byteCount += sealed.count
                }
            }
            _ = try reader.finish()
            return .whole(eventsByteCount: byteCount)
        } catch {
            return .refused("\(error.code)")
        }
    }
}
