import Outbox
import SyncCore

/// How the replica's files and the machine around them do, for `status` and `doctor`.
struct StorageView: Sendable {
    let health: StorageHealth
    let sizes: StorageSizes?
    let disk: DiskSpace?
    /// How far the wall clock lies behind what was written.
    let clockLag: Duration?

    /// Below this much room the disk counts as full, whoever wrote last.
    private static let roomMinimum = 1 << 20
    /// With this much room a disk that was full is not any more.
    private static let roomAgain = 64 << 20

    /// Takes what can be told while the replica answers nobody.
    init(of replica: Replica) {
        self.init(of: replica, sizes: nil, clockLag: nil)
    }

    /// Takes what is told in a transaction, too.
    static func read(_ replica: Replica) async throws -> StorageView {
        let (sizes, lag) = try await replica.read { transaction in
            (
                try transaction.outbox.sizes(),
                try transaction.replicaStore.clockWatch().lag(at: transaction.environment.now())
            )
        }
        return StorageView(of: replica, sizes: sizes, clockLag: lag)
    }

    private init(of replica: Replica, sizes: StorageSizes?, clockLag: Duration?) {
        health = replica.health
        disk = DiskSpace(ofVolumeWith: replica.path)
        self.sizes = sizes
        self.clockLag = clockLag
    }

    /// Whether there is no room for the next mail.
    var isFull: Bool {
        guard let free = disk?.freeByteCount else { return health.state == .full }
        return free < Self.roomMinimum || health.state == .full && free < Self.roomAgain
    }

    /// One word for programs.
    var word: String {
        switch health.state {
        case .stopped(_, _, .corrupt): "damaged"
        case .stopped, .checking: "stopped"
        case .working, .full: isFull ? "full" : "working"
        }
    }

    /// The value for programs.
    var json: JSONValue {
        .members([
            ("state", .string(word)),
            ("page_failures", .integer(count(.pageRefused))),
            ("sync_failures", .integer(count(.syncFailed))),
            ("disk_errors", .integer(count(.accessFailed))),
            ("log_holes", .integer(count(.logHole))),
            ("clock_behind_seconds", .integer((clockLag ?? .zero).milliseconds / 1000)),
            ("sizes", sizes.map(Self.json) ?? .null),
            (
                "disk",
                disk.map { disk in
                    [
                        "free": .integer(Int64(disk.freeByteCount)),
                        "total": .integer(Int64(disk.totalByteCount)),
                    ]
                } ?? .null
            ),
        ])
    }

    /// The lines for people: what is wrong first, then the sizes.
    var lines: [LocalizedText] { problems.map(\.text) + sizeLines }

    /// What is wrong.
    var problems: [StorageFinding] {
        var found: [StorageFinding] = []
        switch health.state {
        case .stopped(_, _, .corrupt):
            found.append(.init(kind: .unreadable, text: Self.damagedText))
        case .stopped, .checking:
            found.append(.init(kind: .stopped, text: Self.stoppedText))
        case .working, .full: break
        }
        if isFull { found.append(.init(kind: .fullDisk, text: Self.fullText)) }
        if let clockLag {
            let lag = Self.text(clockLag)
            let text = LocalizedText(
                es: "RELOJ: está \(lag) atrás de lo ya registrado. Los registros siguen en orden; "
                    + "corrija la hora.",
                en: "CLOCK: it is \(lag) behind what was written. Records stay in order; correct "
                    + "the time.")
            found.append(.init(kind: .clockBehind, text: text))
        }
        return found
    }

    private static let damagedText = LocalizedText(
        es: "DETENIDO: el disco falló y el archivo está dañado. Restaure una copia de seguridad.",
        en: "STOPPED: the disk failed, and the file is not whole. Restore a backup.")
    private static let stoppedText = LocalizedText(
        es: "DETENIDO: el disco falló al guardar. No se acepta nada hasta volver a abrir y "
            + "comprobar el archivo.",
        en: "STOPPED: the disk failed to store something. Nothing is accepted until the file was "
            + "opened and checked again.")
    private static let fullText = LocalizedText(
        es: "DISCO LLENO: lo guardado está a salvo; nada nuevo cabe. Libere espacio.",
        en: "DISK FULL: what was stored is safe; nothing new fits. Free some space.")

    /// How the room is used.
    var sizeLines: [LocalizedText] {
        guard let sizes else { return [] }
        let size = ByteCount.rounded
        let rest = disk.map { size($0.freeByteCount) } ?? "—"
        return [
            LocalizedText(
                es: "Tamaño: \(size(sizes.total)) (textos \(size(sizes.bodies)), adjuntos "
                    + "\(size(sizes.attachments)), registro \(size(sizes.log)), configuración "
                    + "\(size(sizes.configuration)), índices \(size(sizes.other)), libre "
                    + "\(size(sizes.free)))",
                en: "Size: \(size(sizes.total)) (texts \(size(sizes.bodies)), attachments "
                    + "\(size(sizes.attachments)), log \(size(sizes.log)), configuration "
                    + "\(size(sizes.configuration)), indexes \(size(sizes.other)), free "
                    + "\(size(sizes.free)))"),
            LocalizedText(es: "Libre en el disco: \(rest)", en: "Free on the disk: \(rest)"),
        ]
    }

    private func count(_ kind: StorageIncident.Kind) -> Int64 {
        Int64(health.counts[kind] ?? 0)
    }

    private static func json(_ sizes: StorageSizes) -> JSONValue {
        [
            "bodies": .integer(Int64(sizes.bodies)),
            "attachments": .integer(Int64(sizes.attachments)), "log": .integer(Int64(sizes.log)),
            "configuration": .integer(Int64(sizes.configuration)),
            "other": .integer(Int64(sizes.other)), "free": .integer(Int64(sizes.free)),
            "total": .integer(Int64(sizes.total)),
        ]
    }

    /// A duration in the largest unit that it fills.
    private static func text(_ duration: Duration) -> String {
        let seconds = duration.milliseconds / 1000
        for (unit, length) in [("d", Int64(86_400)), ("h", 3600), ("min", 60)]
        where seconds >= length {
            return "\(seconds / length) \(unit)"
        }
        return "\(seconds) s"
    }
}

extension ByteCount {
    /// A size in the unit in which it has at most four digits, such as `1.5 MiB`.
    static func rounded(_ count: Int) -> String {
        var tenths = count * 10
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if tenths < 10_240 || unit == "GiB" {
                let isWhole = unit == "B" || tenths % 10 == 0 || tenths >= 1000
                return isWhole ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
            }
            tenths /= 1024
        }
        return "\(count) B"
    }
}
