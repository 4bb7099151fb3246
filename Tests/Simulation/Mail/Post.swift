import Outbox
import Synchronization
import SyncCore
import TestSupport

/// The mail server of the organisation's accounts, and the network before it.
final class Post: Sendable {
    /// How bad it is, of a hundred each.
    struct Weather: Sendable {
        /// Connections that do not come about.
        var unreachable = 0
        /// Mails refused for now.
        var deferred = 0
        /// Mails refused for good.
        var refused = 0
        /// Connections that break before the body.
        var brokenBefore = 0
        /// Bodies that do not arrive whole.
        var brokenBody = 0
        /// Verdicts that do not come back.
        var lostVerdict = 0
        /// How long each step may take.
        var delayMaximum = Duration.milliseconds(50)
    }

    private struct State {
        var weather = Weather()
        var unreachableFrom: Set<Int> = []
        var chance: SeededGenerator
    }

    /// How long a device waits for a verdict.
    static let verdictMaximum = Duration.seconds(20)

    let scheduler: Scheduler
    let oracle: Oracle
    private let state: Mutex<State>

    init(scheduler: Scheduler, oracle: Oracle, seed: UInt64) {
        self.scheduler = scheduler
        self.oracle = oracle
        state = Mutex(State(chance: SeededGenerator(seed: seed ^ 0x90_57)))
    }

    func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

    /// Drops the ports of the server for a device, or lets it through again.
    func set(_ isReachable: Bool, from device: Int) {
        state.withLock { state in
            if isReachable {
                state.unreachableFrom.remove(device)
            } else {
                state.unreachableFrom.insert(device)
            }
        }
    }

    /// Whether something happens that happens so many times of a hundred.
    func draws(_ percent: KeyPath<Weather, Int>) -> Bool {
        let limit = state.withLock(\.weather)[keyPath: percent]
        return state.withLock { $0.chance.number(below: 100) < limit }
    }

    func isReachable(from device: Int) -> Bool {
        guard state.withLock({ !$0.unreachableFrom.contains(device) }) else { return false }
        return !draws(\.unreachable)
    }

    func delay() -> Duration {
        state.withLock { state in
            let most = max(1, Int(state.weather.delayMaximum.milliseconds))
            return .milliseconds(1 + state.chance.number(below: most))
        }
    }

    /// Decides about a whole mail that has arrived; it is taken by that, whoever hears of it.
    func judge(_ mail: MailTransaction, from device: Int) -> [TransactionOutcome] {
        mail.recipients.map { recipient in
            if draws(\.deferred) {
                oracle.note(.mailDeferred)
                return .refused(isPermanent: false, reply: "451 4.3.0 Later")
            }
            if draws(\.refused) {
                oracle.refused(recipient.text)
                return .refused(isPermanent: true, reply: "550 5.1.1 Unknown")
            }
            oracle.took(recipient.text, mail.bytes, from: device)
            return .accepted(reply: "250 2.0.0 Ok")
        }
    }
}
