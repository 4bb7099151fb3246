import Outbox
import SyncCore

/// One thing that is wrong with a device's storage or clock.
struct StorageFinding: Hashable, Sendable {
    /// The kinds, the worst first.
    enum Kind: Hashable, Sendable {
        /// The replica cannot be read at all.
        case unreadable
        /// Pages that do not authenticate.
        case damagedPages
        /// The database turns everybody away until it was opened and checked again.
        case stopped
        case fullDisk
        /// An alarm that stands.
        case alarm(Alarm.Kind)
        case clockBehind

        /// What programs read.
        var word: String {
            switch self {
            case .unreadable: "unreadable"
            case .damagedPages: "damaged_pages"
            case .stopped: "stopped"
            case .fullDisk: "full_disk"
            case .alarm(let kind): "alarm_\(kind.rawValue)"
            case .clockBehind: "clock_behind"
            }
        }

        /// With what the doctor ends when nothing worse was found.
        var exitStatus: ExitStatus {
            switch self {
            case .unreadable, .damagedPages: .badData
            case .stopped, .fullDisk: .tryLater
            case .alarm(.logHole), .alarm(.damagedPage): .badData
            case .alarm: .unavailable
            case .clockBehind: .configuration
            }
        }
    }

    let kind: Kind
    let text: LocalizedText
}

/// What an examination of a device's storage and clock found.
struct StorageExamination: Sendable {
    private(set) var view: StorageView
    private(set) var findings: [StorageFinding] = []
    /// How many pages the file has and were checked.
    private(set) var pagesCount = 0
    private(set) var refusedPages: [Int] = []
    /// Whether the disk itself was read.
    private(set) var isDirect = false

    /// Whether every page could be read and is authentic.
    var isWhole: Bool {
        !findings.contains { [.unreadable, .damagedPages, .stopped].contains($0.kind) }
    }

    /// Whether mail can be stored and read.
    var canWork: Bool {
        isWhole && !findings.contains { $0.kind == .fullDisk }
    }

    /// Examines a replica.
    ///
    /// A failure is a finding.
    static func run(on replica: Replica) async -> StorageExamination {
        var examination = StorageExamination(view: StorageView(of: replica))
        do {
            try await examination.checkPages(of: replica)
            examination.view = try await StorageView.read(replica)
            let alarms = try await replica.read { try AlarmStore($0.connection).all() }
            examination.addAlarms(alarms)
        } catch let error as any ExplainedError {
            examination.view = StorageView(of: replica)
            let isStopped = error.exitStatus == .tryLater
            examination.findings.append(
                StorageFinding(
                    kind: isStopped ? .stopped : .unreadable, text: error.explanation))
        } catch {
            let text = LocalizedText(
                es: "No se pudo leer el archivo.", en: "The file could not be read.")
            examination.findings.append(StorageFinding(kind: .unreadable, text: text))
        }
        examination.addView()
        examination.findings.sort { $0.kind.rank < $1.kind.rank }
        return examination
    }

    private mutating func checkPages(of replica: Replica) async throws {
        // What is only in the log so far is checked when it is in the main file.
        do {
            try await replica.checkpoint()
        } catch let error as StorageError where error.code == .full {
            // Moving it needs room; the log authenticates what it holds when it is read.
        }
        var page = 0
        while true {
            try Task.checkCancellation()
            let check = try await replica.checkPages(after: page)
            refusedPages += check.refused
            (page, pagesCount, isDirect) = (check.lastPage, check.pageCount, check.isDirect)
            if check.isComplete { break }
        }
        guard !refusedPages.isEmpty else { return }
        let (shown, count) = (refusedPages.prefix(8).map(String.init), refusedPages.count)
        let list = shown.joined(separator: ", ") + (count > shown.count ? ", …" : "")
        findings.append(
            StorageFinding(
                kind: .damagedPages,
                text: LocalizedText(
                    es: "\(count) página(s) dañadas o alteradas (\(list)). Guarde una copia del "
                        + "archivo como prueba y restaure una copia de seguridad.",
                    en: "\(count) page(s) are damaged or altered (\(list)). Keep a copy of the "
                        + "file as evidence, and restore a backup.")))
    }

    private mutating func addAlarms(_ alarms: [Alarm]) {
        for alarm in alarms where alarm.kind.isOfMachine && alarm.kind != .clockWentBack {
            let (text, time) = (alarm.kind.text, alarm.time)
            findings.append(
                StorageFinding(
                    kind: .alarm(alarm.kind),
                    text: LocalizedText(
                        es: "\(time): \(text.es) [\(alarm.subject)]",
                        en: "\(time): \(text.en) [\(alarm.subject)]")))
        }
    }

    private mutating func addView() {
        for problem in view.problems where !findings.contains(where: { $0.kind == problem.kind }) {
            findings.append(problem)
        }
    }

    /// The members of the value for programs.
    func members(in language: Language) -> [(String, JSONValue)] {
        [
            ("healthy", .boolean(findings.isEmpty)),
            (
                "findings",
                .array(
                    findings.map { finding in
                        [
                            "kind": .string(finding.kind.word),
                            "text": .string(finding.text.text(in: language)),
                        ]
                    })
            ),
            ("pages", .integer(Int64(pagesCount))),
            ("refused_pages", .array(refusedPages.map { .integer(Int64($0)) })),
            ("read_past_cache", .boolean(isDirect)), ("storage", view.json),
        ]
    }

    /// The lines for people.
    var lines: [LocalizedText] {
        let checked =
            isDirect
            ? LocalizedText(
                es: "Páginas comprobadas en el disco: \(pagesCount)",
                en: "Pages checked on the disk: \(pagesCount)")
            : LocalizedText(
                es: "Páginas comprobadas: \(pagesCount) (este sistema de archivos no deja leer sin "
                    + "su memoria intermedia)",
                en: "Pages checked: \(pagesCount) (this file system cannot be read past its cache)")
        let problems = findings.map { finding in
            LocalizedText(
                es: "PROBLEMA: \(finding.text.es)", en: "PROBLEM: \(finding.text.en)")
        }
        let verdict =
            findings.isEmpty
            ? [
                LocalizedText(
                    es: "Disco, archivo y reloj: todo bien.",
                    en: "Disk, file and clock: all is well.")
            ] : problems
        return [checked] + view.sizeLines + verdict
    }
}

extension StorageFinding.Kind {
    fileprivate var rank: Int {
        switch self {
        case .unreadable: 0
        case .damagedPages: 1
        case .stopped: 2
        case .fullDisk: 3
        case .alarm(.logHole), .alarm(.damagedPage): 4
        case .alarm: 5
        case .clockBehind: 6
        }
    }
}

extension Replica {
    /// Ends the alarms that disk and clock caused, once a person has looked after them.
    func dismissMachineAlarms() async throws {
        try await write { transaction in
            let alarms = AlarmStore(transaction.connection)
            for alarm in try alarms.all() where alarm.kind.isOfMachine {
                try alarms.clear(alarm.kind, subject: alarm.subject)
            }
            try transaction.replicaStore.trustClock(at: transaction.environment.now())
        }
    }
}
