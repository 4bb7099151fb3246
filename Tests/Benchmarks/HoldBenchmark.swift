import Glibc
import Outbox
import SyncCore

/// For how long a large replica is not free for others, doing what the product does.
///
/// Each activity is told with its longest hold and its slowest statement; 20 ms is the limit of a
/// statement. The clock is the processor's for the thread that works, so that neither syncs of the
/// disk nor what else the machine does counts: those say nothing about the program.
struct HoldBenchmark {
    private static let callers = 64
    /// Those of `outbox list`; the log is read in pages of twice as many.
    private static let pageCount = 100
    private static let textBytes = 12_000
    private static let branch = BranchID(validated: "matriz")
    private let home: String
    private let environment: Environment
    private let watch: DatabaseWatch

    init(home: String) {
        self.home = home
        var environment = Environment.live()
        watch = DatabaseWatch {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        environment.watch = watch
        self.environment = environment
    }

    /// Queues mails, and then reads all of it in every way.
    func run(mails: Int) async throws -> Measurement {
        let path = home + "/replica.db"
        let source = MachineKeySource(home: home, credentials: nil)
        let key = try KeyFile.create(
            for: path, machineKey: try source.readOrCreate(environment: environment),
            environment: environment)
        let replica = try await Replica.open(
            path: path, key: key, name: "bench", folds: [OutboxFold()], environment: environment)
        let recovery = RecoveryKey(randomFrom: environment)
        try await replica.write { try $0.found("Bench", branch: Self.branch, recovery: recovery) }
        try await queue(mails, in: replica)
        try await list(in: replica)
        watch.about("status")
        _ = try await replica.read { try $0.outbox.counts() }
        _ = try await replica.read { try $0.outbox.sizes() }
        watch.about("digests")
        _ = try await replica.read { try $0.stateDigests() }
        watch.about("log verify")
        _ = try await LogVerifier(replica).verify()
        watch.about("backup")
        _ = try await BackupMaker(replica, kind: .device, program: "bench").make(
            in: try BackupFolder(at: home + "/backup"),
            keys: try BackupKeys(of: path) { key })
        watch.about("page check")
        var page = 0
        while true {
            let check = try await replica.checkPages(after: page)
            page = check.lastPage
            if check.isComplete { break }
        }
        let pages = try await replica.inspect { try $0.pageCounts().all }
        var measurement = measurement
        measurement.add("pages", pages)
        let ring = KeyRing(database: path, machineKey: source, environment: environment)
        try await measurement.time("key rotate, seconds", in: environment) {
            try await replica.rotateKey(ring)
        }
        measurement.addPeakMemory()
        try await replica.close()
        return measurement
    }

    private func queue(_ mails: Int, in replica: Replica) async throws {
        watch.about("queue")
        let submission = Submission(replica: replica)
        let home = home
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await submission.run() }
            try await withThrowingTaskGroup(of: Void.self) { callers in
                for caller in 0..<Self.callers {
                    callers.addTask {
                        for number in stride(from: caller, to: mails, by: Self.callers) {
                            _ = try await submission.enqueue(try Self.mail(number, home))
                        }
                    }
                }
                try await callers.waitForAll()
            }
            group.cancelAll()
        }
    }

    private func list(in replica: Replica) async throws {
        for (subject, recipient) in [("outbox list", nil), ("outbox list, nobody", "x@y.zz")] {
            watch.about(subject)
            var filter = MailFilter()
            filter.recipient = recipient
            var cursor: MailCursor?
            while true {
                let (wanted, place) = (filter, cursor)
                let (page, floor) = try await replica.read { transaction in
                    let floor = try transaction.outbox.listFloor(before: place)
                    return (
                        try transaction.outbox.list(
                            wanted, before: place, from: floor, limit: Self.pageCount), floor
                    )
                }
                let next = page.count == Self.pageCount ? page.last?.cursor : floor
                guard let next else { break }
                cursor = next
            }
        }
        for (subject, address) in [("log list", nil), ("log list, nobody", "x@y.zz")] {
            watch.about(subject)
            var filter = LogFilter()
            filter.address = address
            var cursor: LogCursor?
            while true {
                let (wanted, place) = (filter, cursor)
                let (page, floor) = try await replica.read { transaction in
                    let floor = try transaction.outbox.logFloor(before: place)
                    return (
                        try transaction.outbox.log(
                            wanted, before: place, from: floor, limit: 2 * Self.pageCount), floor
                    )
                }
                let next = page.count == 2 * Self.pageCount ? page.last?.cursor : floor
                guard let next else { break }
                cursor = next
            }
        }
    }

    private static func mail(_ number: Int, _ seed: String) throws -> MailSubmission {
        func bytes(_ kind: UInt8) -> [UInt8] {
            // Names are random as the product's are, so that indexes grow everywhere.
            Array(Digest(of: [kind] + Array("\(number)".utf8)).bytes.prefix(16))
        }
        let address = try MailAddress("cliente\(number % 1000)@example.com", in: .to)
        let message = MessageID(validated: bytes(1))
        guard let domain = MailDomain("example.com"), let user = UserID("juan") else {
            throw UsageFailure()
        }
        var draft = MessageDraft(
            messageID: MessageIDHeader(message, at: domain),
            date: Timestamp(milliseconds: 1_790_000_000_000))
        draft.to = [try Mailbox(name: nil, address: address, in: .to)]
        draft.subject = "Cotización \(number)"
        draft.text = String(repeating: "Adjunto \(number). ", count: textBytes / 16)
        var mail = MailSubmission(
            message: message, submission: SubmissionID(validated: bytes(2)),
            rendered: try MessageRenderer().render(draft), user: user, actor: "juan",
            recipients: [address])
        mail.type = "cotizacion"
        mail.subject = draft.subject
        return mail
    }

    private struct UsageFailure: Error {}

    private var measurement: Measurement {
        var measurement = Measurement()
        for hold in watch.longestHolds {
            measurement.add("\(hold.subject), hold", hold.duration / .milliseconds(1))
        }
        for hold in watch.slowestStatements {
            measurement.add("\(hold.subject), statement", hold.statementTime / .milliseconds(1))
            let words = hold.statement.split { " \n\"".contains($0) }.prefix(12)
            measurement.add("\(hold.subject), SQL", word: words.joined(separator: " "))
        }
        return measurement
    }
}
