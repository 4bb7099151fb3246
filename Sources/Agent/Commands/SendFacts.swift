import Outbox
import SyncCore

/// What the configuration says about a mail that somebody wants to send.
struct SendFacts: Sendable {
    /// Who may send it, and in whose name.
    let grant: SendAuthority.Grant
    /// The domain of its Message-ID.
    let domain: MailDomain
    /// How many bytes texts and attachments may have together.
    let sizeMaximum: Int
    /// Why no account can send it at present, if that is so.
    let wait: SenderWait?
    /// The addresses under which the person himself writes.
    let addresses: Set<MailAddress>
    /// What was set about the time of mails.
    let defaults: SendingDefaults

    /// What a mail may have when the organisation set nothing (`mail/size`).
    static let sizeMaximumDefault = MessageLimits().attachmentBytesMaximum
    /// The domain while the organisation has no address at all: one that nobody can own.
    private static let domainDefault = "syncmail.invalid"

    /// The limits under which the mail is rendered.
    var limits: MessageLimits {
        var limits = MessageLimits()
        limits.attachmentBytesMaximum = sizeMaximum
        return limits
    }

    /// How many bytes a complete mail may have: what its files have, and a half more, because
    /// base 64 makes them longer.
    var wireSizeMaximum: Int { Self.wireSizeMaximum(of: sizeMaximum) }

    private static let wireOverhead = 1 << 20

    /// How many bytes a complete mail may have.
    static func wireSizeMaximum(of size: Int) -> Int {
        let hard = MailSubmission.Limits().mailByteCountMaximum
        return min(hard, min(size, hard) * 3 / 2 + wireOverhead)
    }

    /// Reads them for whoever typed the command.
    ///
    /// - Throws: ``SendRefusal`` if he may not send, or not in this name.
    static func read(in context: CommandContext, as requested: UserID?) async throws -> SendFacts {
        let home = context.engine.sendHome
        let caller = MailCaller.login(context.peer.uid)
        let request = requested.map { SendRequest.user($0) } ?? .caller
        return try await context.engine.workspace().replica.read { transaction in
            try SendFacts(for: caller, request, in: home, transaction)
        }
    }

    /// Reads them for a caller.
    ///
    /// - Throws: ``SendRefusal`` if he may not send, or not in this name.
    init(
        for caller: MailCaller, _ request: SendRequest, in home: SendAuthority.Home,
        _ transaction: ReplicaTransaction
    ) throws {
        let directory = transaction.directory
        let requested: UserID? =
            switch request {
            case .caller: nil
            case .user(let user): user
            case .author(let address): try address.flatMap { try directory.user(writingFrom: $0) }
            }
        switch caller {
        case .login(let uid):
            let login = LocalLogin(device: transaction.identity.id, uid: uid)
            grant = try directory.authority(of: login, in: home, as: requested).grant()
        case .application(let name):
            let application = try directory.application(name, on: transaction.identity.id)
            guard let application else { throw SendRefusal(.noSuchApplication(name)) }
            grant = try application.grant(as: requested, in: directory)
        }
        let choice = try directory.senderChoice(for: grant.user, of: transaction.membership.name)
        domain = try Self.domain(of: choice, in: directory)
        defaults = try directory.sendingDefaults()
        sizeMaximum = try directory.sizeMaximum() ?? Self.sizeMaximumDefault
        wait = choice.flatMap { Self.wait(of: $0) }
        addresses = Set([choice?.person.address, choice?.own?.address].compactMap(\.self))
    }

    /// The domain that was set, or else the one that the mail will most likely come from.
    private static func domain(
        of choice: SenderChoice?, in directory: Directory
    ) throws -> MailDomain {
        let candidates =
            [choice?.own?.address, choice?.person.address]
            + (choice?.fallbacks.map(\.address) ?? [])
        guard
            let domain = try directory.domain() ?? candidates.lazy.compactMap(\.self).first?.domain
                ?? MailDomain(domainDefault)
        else { preconditionFailure("The default domain is one.") }
        return domain
    }

    /// A lease that this device does not hold yet is no reason to warn anybody.
    private static func wait(of choice: SenderChoice) -> SenderWait? {
        switch choice.outcome {
        case .send, .wait(.leaseElsewhere, _): nil
        case .wait(let wait, _): wait
        }
    }
}
