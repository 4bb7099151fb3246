import Outbox
import SyncCore
import TestSupport

/// What people do: they queue mails, change the configuration, and decide.
extension World {
    /// The fields that people change.
    static let fields = [
        RegisterPath("user", "juan", "role"), RegisterPath("user", "maria", "role"),
        RegisterPath("user", "maria", "name"),
    ]
    private static let recipientsMaximum = 3

    /// Queues a mail.
    func send(from device: DeviceSlot) {
        guard let process = device.process else { return }
        mailsCount += 1
        let number = mailsCount
        let recipients = 1 + chance.number(below: Self.recipientsMaximum)
        let user = Template.users[chance.number(below: Template.users.count)]
        let oracle = oracle
        do {
            let mail = try Self.mail(number, recipients: recipients, for: user)
            oracle.submits(mail, to: device.number)
            process.lane.start {
                do throws(SubmissionError) {
                    _ = try await process.submission.enqueue(mail)
                    oracle.accepted(mail, by: device.number)
                    process.wake()
                } catch {
                    oracle.tell("n\(device.number) refused mail \(number): \(error.code)")
                }
            }
        } catch {
            oracle.accuse("a mail could not be rendered: \(error)")
        }
    }

    private static func mail(
        _ number: Int, recipients count: Int, for user: UserID
    ) throws -> MailSubmission {
        func name(_ kind: UInt8) -> [UInt8] {
            [kind] + [UInt8](repeating: 0, count: 11)
                + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * (3 - $0))) }
        }
        guard let domain = MailDomain("example.mx") else {
            throw SimulationFailure("no domain")
        }
        let message = MessageID(validated: name(1))
        let recipients = try (0..<count).map {
            try MailAddress("m\(number)-\($0)@example.com", in: .to)
        }
        var draft = MessageDraft(
            messageID: MessageIDHeader(message, at: domain), date: MachineClock.wallAtStart)
        draft.to = try recipients.map { try Mailbox(name: nil, address: $0, in: .to) }
        draft.subject = "Mail \(number)"
        draft.text = "Adjunto lo número \(number)."
        var mail = MailSubmission(
            message: message, submission: SubmissionID(validated: name(2)),
            rendered: try MessageRenderer().render(draft), user: user, actor: user.text,
            recipients: recipients)
        mail.subject = draft.subject
        return mail
    }

    /// Changes a field of the configuration.
    func edit(on device: DeviceSlot) {
        guard let process = device.process else { return }
        editsCount += 1
        let value = "v\(editsCount)"
        let path = Self.fields[chance.number(below: Self.fields.count)]
        let oracle = oracle
        process.lane.start {
            do {
                let seen = try await process.replica.write { transaction in
                    let seen = try transaction.config.register(path).entries.compactMap(
                        \.value.text)
                    try transaction.configure([path: .text(value)], actor: "admin")
                    return seen
                }
                oracle.edited(path, value, seeing: seen, on: device.number)
                process.wake()
            } catch {
                oracle.tell("n\(device.number) may not edit: \(Oracle.word(error))")
            }
        }
    }

    /// The first administrator expels a device.
    func revoke(_ device: DeviceSlot) {
        // He himself, and one other who can send, stay.
        guard device.number > 2, let process = devices[0].process else { return }
        let name = hall.template.names[device.number - 1]
        let (oracle, number) = (oracle, device.number)
        oracle.expels(number)
        process.lane.start {
            do {
                try await MembershipWriter(replica: process.replica, channel: process.channel)
                    .revoke(name)
                oracle.tell("n\(number) is expelled")
            } catch {
                oracle.tell("n\(number) is not expelled: \(Oracle.word(error))")
            }
        }
    }

    /// Decides something about a mail that a device knows of.
    func decide(on device: DeviceSlot) {
        guard let process = device.process else { return }
        let (first, second) = (chance.number(below: 1 << 20), chance.number(below: 1 << 20))
        let oracle = oracle
        process.lane.start {
            do {
                try await process.decide(first, second, oracle)
                process.wake()
            } catch {
                oracle.tell("n\(device.number) cannot decide: \(Oracle.word(error))")
            }
        }
    }
}

extension DeviceProcess {
    /// Decides what the numbers choose.
    fileprivate func decide(_ first: Int, _ second: Int, _ oracle: Oracle) async throws {
        let device = device
        try await replica.write { transaction in
            let open = try transaction.outbox.list(MailFilter(), limit: OutboxStore.pageMaximum)
                .flatMap(\.deliveries).map(\.record).filter { $0.state != .sent }
            guard !open.isEmpty else { return }
            let record = open[first % open.count]
            let choices: [OutboxDecision]
            switch record.state {
            case .queued, .reserved: choices = [.hold, .cancel]
            case .held: choices = [.release]
            case .inDoubt: choices = [.resolveSent, .resolveResend]
            case .failed, .expired: choices = [.retry]
            case .claimed, .sent, .cancelled: return
            }
            try transaction.carryOut(
                choices[second % choices.count], about: record, on: device, oracle)
        }
    }
}

extension ReplicaTransaction {
    /// Carries a person's decision out, and tells the oracle.
    func carryOut(
        _ decision: OutboxDecision, about record: DeliveryRecord, on device: Int, _ oracle: Oracle
    ) throws {
        let answer: DecisionAnswer?
        do {
            answer = try decide(decision, about: record.delivery, actor: "persona")
        } catch let refusal as LedgerRefusal {
            return oracle.tell("n\(device) may not \(decision.rawValue): \(refusal.code)")
        }
        guard let answer else { return }
        let word = if case .requested = answer { "asks to" } else { "does" }
        oracle.tell(
            "n\(device) \(word) \(decision.rawValue) \(oracle.name(of: record.delivery))")
        // One doubt can be resolved once, whoever resolves it and however often.
        let doubt =
            switch record.state {
            case .inDoubt(let attempt?): "attempt \(attempt.number) \(attempt.grant.fence)"
            default: "memory \(record.suspicionTurn)"
            }
        oracle.decided(decision, about: record.delivery, doubt: doubt)
    }
}
