import Outbox
import SyncCore
import TestSupport

/// The end of bad times: nothing goes wrong any more, and everything must come to rest.
extension World {
    /// How long it may take until nothing moves.
    private static let restMaximum = Duration.seconds(900)
    /// When, before the end, mails are taken back whose bytes nobody has any more.
    private static let recallLast = Duration.seconds(600)
    private static let slice = Duration.seconds(10)
    /// How often persons go through what is in doubt.
    private static let roundsMaximum = 6

    /// Ends everything that went wrong.
    func heal() {
        isBad = false
        oracle.tell("bad times end")
        clearAgenda()
        surroundings.network.set(Network.Weather())
        surroundings.post.set(Post.Weather())
        for machine in plannedCuts { machine.withDisk { $0.cancelFault() } }
        plannedCuts = []
        for machine in [hub.machine] + devices.map(\.machine) { makeRoom(on: machine) }
        for machine in [hub.machine] + devices.map(\.machine) {
            machine.clock.setRight()
            if let lane = machine.lane { scheduler.setPaused(false, lane) }
        }
        if !hub.isRunning { hub.start(oracle) }
        for device in devices {
            surroundings.network.set(Network.Cut(), of: device.number)
            surroundings.post.set(true, from: device.number)
            if !device.isRunning { device.start(in: surroundings) }
            device.process?.networkChanged()
        }
    }

    /// Waits for rest, lets persons decide what is in doubt, and compares everybody.
    func settle() {
        guard rest() else { return }
        for entry in census() { checkRest(entry) }
        for _ in 0..<Self.roundsMaximum where oracle.isContent {
            let open = census().filter { !($0.state?.isFinal ?? true) }
            if open.isEmpty { break }
            for entry in open { resolve(entry) }
            guard rest() else { return }
        }
        for entry in census() where oracle.isContent { checkEnd(entry) }
        if oracle.isContent { compareEverybody() }
    }

    /// Waits until nothing moves.
    private func rest() -> Bool {
        let limit = scheduler.now + Self.restMaximum
        while scheduler.now < limit, oracle.isContent {
            advance(by: Self.slice)
            let moving = census().filter(\.isMoving)
            if moving.isEmpty { return oracle.isContent }
            guard scheduler.now > limit - Self.recallLast else { continue }
            for entry in moving where isGone(entry) { decide(.recall, about: entry) }
        }
        for entry in census().filter(\.isMoving) {
            oracle.accuse("rest: \(entry.recipient) is still \(entry.words)")
        }
        return false
    }

    /// Whether a mail's bytes may be gone everywhere: its origin was put back to a state before it,
    /// and so was the hub.
    private func isGone(_ entry: CensusEntry) -> Bool {
        entry.isInHubsCustody && entry.mail.isAtRisk && oracle.count(of: .hubRestored) > 0
    }

    /// A person goes through one mail that needs him.
    private func resolve(_ entry: CensusEntry) {
        let decision: OutboxDecision? =
            switch entry.state {
            case .inDoubt where isGone(entry): .recall
            // Nothing is left of it that could be sent.
            case .inDoubt where entry.isForgotten: chance.isOne(in: 3) ? .resolveSent : .cancel
            case .inDoubt: chance.isOne(in: 3) ? .resolveSent : .resolveResend
            case .held: .release
            default: nil
            }
        if let decision { decide(decision, about: entry) }
    }

    private func decide(_ decision: OutboxDecision, about entry: CensusEntry) {
        // For a device that was expelled an administrator decides.
        let number = oracle.expelled.contains(entry.mail.device) ? 1 : entry.mail.device
        guard let device = devices.first(where: { $0.number == number })?.process else { return }
        carryOut(decision, about: entry.mail.delivery, by: device)
    }

    private func carryOut(
        _ decision: OutboxDecision, about id: DeliveryID, by process: DeviceProcess
    ) {
        let oracle = oracle
        _ = ask(process.lane) {
            try await process.replica.write { transaction in
                guard let record = try transaction.outbox.delivery(id) else { return }
                try transaction.carryOut(decision, about: record, on: process.device, oracle)
            }
            process.wake()
        }
    }
}
