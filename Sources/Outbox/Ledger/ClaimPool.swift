import SyncCore
import Synchronization

/// A mail whose claim is held and that was not handed to a connection yet.
struct ClaimedMail: Sendable {
    let job: DispatchJob
    /// The attempts that were granted.
    let attempts: [IntendedAttempt]
    /// Who receives it, in the order of the attempts.
    let recipients: [MailAddress]
    /// Headers and body as this job's sender has them.
    let bytes: [UInt8]
    let isInternational: Bool
    /// When it was claimed.
    let since: Duration

    /// How long a mail may be claimed before it is begun: the ledger's patience has limits.
    static let lifetime = Duration.seconds(30)

    /// The mail as far as its claims were granted, or nothing if none was.
    init?(
        _ job: DispatchJob, granted: Set<DeliveryID>, recipients: [MailAddress], bytes: [UInt8],
        isInternational: Bool, since: Duration
    ) {
        let attempts = job.attempts
        let places = attempts.indices.filter { granted.contains(attempts[$0].delivery) }
        guard !places.isEmpty else { return nil }
        self.job = job
        self.attempts = places.map { attempts[$0] }
        self.recipients = places.map { recipients[$0] }
        (self.bytes, self.isInternational, self.since) = (bytes, isInternational, since)
    }
}

/// The mails that are claimed and wait for a connection, of every account.
///
/// All connections of an account share them, so that a slow server or a bad mail holds up
/// nothing that was claimed together with it.
final class ClaimPool: Sendable {
    private let mails = Mutex<[AccountID: ArraySlice<ClaimedMail>]>([:])

    /// Adds mails at the end of their account's line.
    func add(_ new: [ClaimedMail], for account: AccountID) {
        mails.withLock { $0[account, default: []] += new }
    }

    /// Takes the first mail of an account.
    func takeFirst(of account: AccountID) -> ClaimedMail? {
        mails.withLock { $0[account]?.popFirst() }
    }

    /// Takes every mail of an account.
    func takeAll(of account: AccountID) -> [ClaimedMail] {
        mails.withLock { Array($0.removeValue(forKey: account) ?? []) }
    }

    /// Takes the mails that were claimed too long ago to be begun now.
    func takeStale(at now: Duration) -> [ClaimedMail] {
        mails.withLock { mails in
            var stale: [ClaimedMail] = []
            for account in mails.keys.sorted() {
                while let first = mails[account]?.first, now >= first.since + ClaimedMail.lifetime {
                    mails[account]?.removeFirst()
                    stale.append(first)
                }
            }
            return stale
        }
    }
}
