import Outbox
import Synchronization
import SyncCore
import TestSupport

/// What really happened, noted by somebody who believes nothing that the product says.
///
/// It knows which mails were accepted, what the mail server took, and what persons decided, and
/// says at once when a promise is broken.
final class Oracle: Sendable {
    /// One recipient's copy of one mail.
    struct Mail: Sendable {
        let delivery: DeliveryID
        let device: Int
        let bytes: [UInt8]
        var isAccepted = false
        var copies = 0
        /// How often the body was on its way.
        var handedOver = 0
        var wasClaimed = false
        var isRefused = false
        /// The doubts after which a person had it sent again.
        var resent: Set<String> = []
        var isCancelled = false
        var isDeclaredSent = false
        /// The attempts that the hub granted.
        var grants: [Grant] = []
        /// How often a hub that was put back and could not know it granted an attempt once more.
        var forgiven = 0
        /// When it was handed to the device.
        var time = Duration.zero
        /// Whether the disk that held it was put back to a time before it.
        var isAtRisk = false
        var state = ProtocolState.queued
    }

    /// An attempt that the hub granted.
    struct Grant: Sendable {
        let attempt: String
        let time: Duration
        /// The life of the hub.
        let life: Incarnation
    }

    struct State {
        var mails: [String: Mail] = [:]
        var recipients: [DeliveryID: String] = [:]
        var trace: Trace
        var coverage = Coverage()
        var violations: [String] = []
        var inFlight: [ProtocolState: Int] = [:]
        var faults: [FaultKind: Int] = [:]
        var edits: [Edit] = []
        var setbacks: [Setback] = []
        /// The devices that an administrator began to expel.
        var expelled: Set<Int> = []
        /// The recipients whose mail was in doubt when all had come to rest.
        var doubtful: Set<String> = []
    }

    /// The password of the account; it may be seen in no packet and on no disk.
    static let password = "kanarienvogel-7731-contraseña"

    let scheduler: Scheduler
    let state: Mutex<State>

    init(scheduler: Scheduler, keepsTrace: Bool) {
        self.scheduler = scheduler
        state = Mutex(State(trace: Trace(keepsLines: keepsTrace)))
    }

    /// Whether nothing was broken so far.
    var isContent: Bool { state.withLock(\.violations.isEmpty) }

    /// Writes a line of the trace.
    func tell(_ line: String) {
        let now = scheduler.now
        state.withLock { $0.trace.add(line, at: now) }
    }

    /// Says that a promise was broken.
    func accuse(_ violation: String) {
        tell("VIOLATION \(violation)")
        let now = scheduler.now.milliseconds
        state.withLock { $0.violations.append("at \(now) ms: \(violation)") }
    }

    /// Notes that something went wrong, as was planned.
    func note(_ fault: FaultKind, _ detail: String = "") {
        tell("fault \(fault.rawValue) \(detail)")
        state.withLock { state in
            state.faults[fault, default: 0] += 1
            var present = Set(state.inFlight.filter { $0.value > 0 }.keys)
            for mail in state.mails.values { present.insert(mail.state) }
            for place in present { state.coverage.count(fault, in: place) }
        }
    }

    /// How often something went wrong.
    func count(of fault: FaultKind) -> Int { state.withLock { $0.faults[fault] ?? 0 } }

    /// An error in a few words.
    static func word(_ error: any Error) -> String {
        switch error {
        case let refusal as HubRefusal: "\(refusal.code)"
        case let failure as TransportError: "\(failure.code)"
        case let failure as StorageError: "storage \(failure.code) \(failure.explanation.en)"
        default: "\(type(of: error))"
        }
    }

    // MARK: Mails

    /// A person hands a mail to a device.
    func submits(_ mail: MailSubmission, to device: Int) {
        tell("n\(device) is given \(mail.recipients.map(\.text).joined(separator: " "))")
        let now = scheduler.now
        state.withLock { state in
            for (number, recipient) in mail.recipients.enumerated() {
                let id = DeliveryID(message: mail.message, recipient: number)
                guard state.mails[recipient.text] == nil else { continue }
                state.recipients[id] = recipient.text
                state.mails[recipient.text] = Mail(
                    delivery: id, device: device, bytes: mail.rendered.bytes, time: now)
            }
        }
    }

    /// A device said that a mail is on stable storage.
    func accepted(_ mail: MailSubmission, by device: Int) {
        tell("n\(device) accepted \(mail.recipients.map(\.text).joined(separator: " "))")
        state.withLock { state in
            for recipient in mail.recipients { state.mails[recipient.text]?.isAccepted = true }
        }
    }

    /// An offer of a delivery is on its way to the hub.
    func offered(_ id: DeliveryID) {
        state.withLock { state in
            guard let recipient = state.recipients[id],
                state.mails[recipient]?.state == .queued
            else { return }
            state.mails[recipient]?.state = .offered
        }
    }

    /// A device learned that it may claim for an account.
    func granted(
        _ account: AccountID, _ fence: FencingToken, to device: Int, for length: Duration
    ) {
        tell("n\(device) holds \(account) \(fence.counter) for \(length.milliseconds)")
    }

    /// A device learned that it may make an attempt.
    func claimed(_ id: DeliveryID, attempt: Int, under lease: HeldLease, by device: Int) {
        tell("n\(device) claimed \(name(of: id)) \(attempt) under \(lease.fence.counter)")
        move(id, to: .claimed)
        state.withLock { state in
            guard let recipient = state.recipients[id] else { return }
            state.mails[recipient]?.wasClaimed = true
        }
    }

    /// The recipient of a delivery, for the trace.
    func name(of id: DeliveryID) -> String {
        state.withLock { $0.recipients[id] ?? "a stranger" }
    }

    /// The body of a mail is on its way.
    func handedOver(_ recipients: [String]) {
        tell("hands over \(recipients.joined(separator: " "))")
        state.withLock { state in
            for recipient in recipients {
                state.mails[recipient]?.handedOver += 1
                state.mails[recipient]?.state = .handedOver
            }
        }
    }

    /// The mail server took a copy.
    func took(_ recipient: String, _ bytes: [UInt8], from device: Int) {
        tell("server took \(recipient) from n\(device)")
        let violation: String? = state.withLock { state in
            guard var mail = state.mails[recipient] else {
                return nil
            }
            mail.copies += 1
            mail.state = .taken
            state.mails[recipient] = mail
            if mail.copies > 1 + mail.resent.count + mail.forgiven {
                return "promise 2: \(recipient) was sent \(mail.copies) times, and "
                    + "\(mail.resent.count) repetitions were decided"
            }
            guard bytes.suffix(mail.bytes.count).elementsEqual(mail.bytes) else {
                return "promise 1: \(recipient) was sent with another text"
            }
            return nil
        }
        if let violation { accuse(violation) }
    }

    /// The device that sent a mail has written down what the server said of it.
    func concluded(_ recipients: [String]) {
        state.withLock { state in
            for recipient in recipients { state.mails[recipient]?.state = .concluded }
        }
    }

    func refused(_ recipient: String) {
        note(.mailRefused, recipient)
        state.withLock { $0.mails[recipient]?.isRefused = true }
    }

    /// A person decided about a delivery.
    func decided(_ decision: OutboxDecision, about id: DeliveryID, doubt: String) {
        state.withLock { state in
            guard let recipient = state.recipients[id] else { return }
            switch decision {
            case .resolveResend: state.mails[recipient]?.resent.insert(doubt)
            case .resolveSent: state.mails[recipient]?.isDeclaredSent = true
            case .cancel: state.mails[recipient]?.isCancelled = true
            case .retry, .hold, .release, .recall: break
            }
        }
    }

    /// Every mail, by its recipient.
    var mails: [(recipient: String, mail: Mail)] {
        state.withLock { $0.mails.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// A mail got to another place.
    func move(_ id: DeliveryID, to place: ProtocolState) {
        state.withLock { state in
            guard let recipient = state.recipients[id] else { return }
            state.mails[recipient]?.state = place
        }
    }

    // MARK: Machines

    /// A process could not open its database: that may be only because the power went again.
    func cannotOpen(_ name: String, _ error: any Error, disk machine: Machine) {
        tell("\(name) cannot open: \(Oracle.word(error))")
        // Without room it is started again when there is some.
        guard !machine.withDisk({ $0.isDead || $0.capacity != nil }) else { return }
        accuse("promise 1: \(name) cannot open its database: \(error)")
    }

    // MARK: Secrets

    /// A device signed in at the mail server.
    func signedIn(with password: SecretBytes, from device: Int) {
        let isRight = password.withBytes { $0.elementsEqual(Self.password.utf8) }
        if !isRight { accuse("n\(device) signed in with another password") }
    }

    /// Bytes went over the network.
    func inspect(packet: [UInt8]) {
        let canary = Array(Self.password.utf8)
        let isSeen = packet.withUnsafeBytes { $0.contains(canary) }
        if isSeen { accuse("promise 6: a packet shows the password") }
    }

    /// A question to the hub begins (1) or ends (-1).
    func change(_ place: ProtocolState, by count: Int) {
        state.withLock { $0.inFlight[place, default: 0] += count }
    }
}
