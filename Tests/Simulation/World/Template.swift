import Outbox
import Synchronization
import SyncCore
import SyncServer

/// The disks of an organisation on its first morning: a hub and five devices that know each other.
struct Template: Sendable {
    /// What each device may do, and where it stands.
    static let devices: [(branch: String, capabilities: [Capability])] = [
        ("matriz", [.admin, .sender, .auditor]), ("matriz", [.admin, .sender]),
        ("norte", [.sender]), ("norte", []), ("matriz", [.admin, .auditor]),
    ]
    /// The accounts of the organisation: the first is Juan's own.
    static let accounts = [AccountID(validated: "ventas"), AccountID(validated: "avisos")]
    /// The persons who send.
    static let users = [UserID(validated: "juan"), UserID(validated: "maria")]

    /// The disk of the hub, then those of the devices.
    let images: [DiskImage]
    let hub: HubCard
    let organisation: Digest
    let names: [DeviceID]

    /// The waits of the organisation: as in production where they concern safety, otherwise
    /// shorter.
    static var timings: Timings {
        var timings = Timings()
        timings.lease = .seconds(15)
        timings.doubt = .seconds(30)
        timings.connect = .seconds(5)
        timings.retry = .seconds(5)
        timings.probe = .seconds(20)
        timings.poll = .seconds(10)
        return timings
    }

    /// The key of a machine's disk.
    static func key(of machine: Int) -> SecretBytes {
        SecretBytes(count: 32) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index + machine) }
        }
    }

    static func name(of machine: Int) -> String { machine == 0 ? "hub" : "n\(machine)" }

    /// Founds the organisation.
    static func make(on sites: [DiskSite]) throws -> Template {
        let scheduler = Scheduler(seed: 0)
        let machines = (0...Hall.devicesMaximum).map { number in
            Machine(
                name(of: number), number: number, on: sites[number], key: key(of: number),
                scheduler: scheduler, seed: 0x7e_3b1a7e)
        }
        let result = Mutex<Result<Template, any Error>?>(nil)
        let lanes = machines.map { $0.start() }
        lanes[0].start {
            do {
                let template = try await Founding(machines: machines, lanes: lanes).run()
                result.withLock { $0 = .success(template) }
            } catch {
                result.withLock { $0 = .failure(error) }
            }
        }
        scheduler.run(until: .seconds(60))
        guard let result = result.withLock(\.self) else {
            throw SimulationFailure("founding the organisation never ends")
        }
        return try result.get()
    }
}

/// A simulation that could not be carried out.
package struct SimulationFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
