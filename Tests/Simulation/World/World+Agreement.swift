import Outbox
import SyncCore
import SyncServer

/// Whether all know the same, when everything was exchanged.
extension World {
    private static let exchangeMaximum = Duration.seconds(120)

    /// Compares digests, membership and configuration, and verifies every log.
    func compareEverybody() {
        let frozen = frozenDevices()
        let equals = devices.filter { !frozen.contains($0.number) }
        let limit = scheduler.now + Self.exchangeMaximum
        var difference: String?
        repeat {
            advance(by: .seconds(10))
            difference = firstDifference(among: equals)
        } while difference != nil && scheduler.now < limit && oracle.isContent
        if let difference { return oracle.accuse("promise 3: \(difference)") }
        for device in equals where oracle.isContent {
            compareConfiguration(of: device, except: frozen)
        }
        for device in devices where oracle.isContent { verifyLog(of: device) }
    }

    private func firstDifference(among equals: [DeviceSlot]) -> String? {
        guard let lane = hub.machine.lane, let store = hub.process?.store else {
            return "the hub does not run"
        }
        guard let theirs = ask(lane, { try await store.stateDigests() }),
            let chain = ask(lane, { try await store.replica.read { $0.membership.head } })
        else { return "the hub does not answer" }
        for device in equals {
            guard let process = device.process else { return "n\(device.number) does not run" }
            let replica = process.replica
            guard
                let ours = ask(process.lane, { try await replica.read { try $0.stateDigests() } }),
                let membership = ask(process.lane, { try await replica.read { $0.membership } })
            else { return "n\(device.number) does not answer" }
            if membership.head != chain {
                return "n\(device.number) has another membership than the hub"
            }
            let isExposed = exposesHub(process)
            let member = membership.device(hall.template.names[device.number - 1])
            for digest in ours where Self.receives(member, digest.topic, digest.scope) {
                if isExposed, digest.topic == .audit { continue }
                guard let other = theirs.first(where: { $0.name == digest.name }) else {
                    return "the hub has nothing of \(digest.name)"
                }
                if digest.vector != other.vector {
                    return "n\(device.number) has another vector of \(digest.name) than the hub: "
                        + Self.difference(digest.vector, other.vector)
                }
                if digest.digest != other.digest {
                    return "n\(device.number) has another digest of \(digest.name) than the hub"
                }
            }
        }
        return nil
    }

    /// The feeds in which two vectors differ, with both counts.
    private static func difference(_ ours: VersionVector, _ theirs: VersionVector) -> String {
        ours.union(theirs).feeds.filter { ours[$0] != theirs[$0] }
            .map { "\($0.device) \($0.incarnation) \(ours[$0]) ≠ \(theirs[$0])" }
            .joined(separator: ", ")
    }

    /// Whether a device holds another history of the hub than the hub itself, and says so: the hub
    /// was put back, and wrote on before anybody told it.
    private func exposesHub(_ process: DeviceProcess) -> Bool {
        guard oracle.count(of: .hubSetBack) > 0 else { return false }
        let hub = hall.template.hub.card.id.description
        return alarms(of: process).contains { $0.kind == .fork && $0.subject == hub }
    }

    private func alarms(of process: DeviceProcess) -> [Alarm] {
        ask(process.lane) {
            try await process.replica.read { try AlarmStore($0.connection).all() }
        } ?? []
    }

    /// Whether a device receives all feeds of a topic and scope (docs/ARCHITECTURE.md).
    private static func receives(
        _ device: Membership.Device?, _ topic: Topic, _ scope: Scope
    ) -> Bool {
        guard let device else { return false }
        return switch topic {
        case .config: true
        case .mail: device.capabilities.contains(.sender)
        case .audit:
            device.capabilities.contains(.auditor) || scope == .branch(device.branch)
        }
    }

    /// Compares the fields that people changed with what the oracle expects.
    private func compareConfiguration(of device: DeviceSlot, except frozen: Set<Int>) {
        guard let process = device.process else { return }
        for path in Self.fields {
            let answer = ask(process.lane) {
                try await process.replica.read { transaction in
                    let history = try transaction.config.history(of: path)
                    return (
                        known: history.compactMap(\.entry.value.text),
                        live: history.filter(\.isLive).compactMap(\.entry.value.text)
                    )
                }
            }
            guard let answer else { continue }
            for edit in oracle.certainEdits(of: path)
            where !answer.known.contains(edit.value) && !frozen.contains(edit.device) {
                oracle.accuse(
                    "promise 4: n\(device.number) does not know that \(path) was set to "
                        + edit.value)
            }
            for value in answer.known where value == "forged" {
                oracle.accuse("promise 7: n\(device.number) believes that \(path) is \(value)")
            }
            let expected = oracle.liveValues(of: path, known: Set(answer.known))
            if answer.live.sorted() != expected {
                oracle.accuse(
                    "promise 4: n\(device.number) shows \(answer.live.sorted()) in \(path), not "
                        + "\(expected)")
            }
        }
    }

    private func verifyLog(of device: DeviceSlot) {
        guard let process = device.process else { return }
        let replica = process.replica
        guard let report = ask(process.lane, { try await LogVerifier(replica).verify() }) else {
            return oracle.accuse("promise 5: the log of n\(device.number) cannot be verified")
        }
        if !report.isWhole {
            oracle.accuse("promise 5: the log of n\(device.number) is not whole")
        }
        for alarm in alarms(of: process) where alarm.kind == .digestMismatch {
            oracle.accuse("promise 3: n\(device.number) found different digests")
        }
    }
}
