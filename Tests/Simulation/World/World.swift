import SyncCore
import Synchronization
import TestSupport

/// One organisation in a bad time: everything goes wrong for a while, then nothing more does.
///
/// Promises are checked while things go wrong. Then everything must come to rest: nothing is
/// under way, nothing is lost, and all know the same.
final class World {
    let seed: UInt64
    let hall: Hall
    let scheduler: Scheduler
    let oracle: Oracle
    let surroundings: Surroundings
    let hub: HubSlot
    let devices: [DeviceSlot]
    let swarm: Swarm
    var chance: SeededGenerator
    /// What is still to come, such as the end of a pause.
    private var agenda: [(time: Duration, body: (World) -> Void)] = []
    /// Machines whose power goes at an operation of the disk that was chosen.
    var plannedCuts: [Machine] = []
    /// What was put aside of each machine, the hub being 0.
    var backups: [Int: [Backup]] = [:]
    var snapshots: [Int: [Backup]] = [:]
    var mailsCount = 0
    var editsCount = 0
    /// Whether things go wrong at the moment.
    var isBad = true

    /// A saved state of a disk.
    struct Backup {
        let image: DiskImage
        let time: Duration
    }

    init(seed: UInt64, in hall: Hall, keepsTrace: Bool) {
        self.seed = seed
        self.hall = hall
        scheduler = Scheduler(seed: seed)
        chance = SeededGenerator(seed: seed ^ 0x3a6f)
        swarm = Swarm(&chance)
        oracle = Oracle(scheduler: scheduler, keepsTrace: keepsTrace)
        let (scheduler, count) = (scheduler, swarm.devicesCount)
        let machines = (0...count).map { number in
            Machine(
                Template.name(of: number), number: number, on: hall.sites[number],
                key: Template.key(of: number), scheduler: scheduler, seed: seed)
        }
        hub = HubSlot(machines[0])
        devices = (1...count).map { DeviceSlot($0, machines[$0]) }
        surroundings = Surroundings(
            hub: hall.template.hub, organisation: hall.template.organisation,
            network: Network(
                scheduler: scheduler, door: hub.door, oracle: oracle, seed: seed),
            post: Post(scheduler: scheduler, oracle: oracle, seed: seed), oracle: oracle)
        for (number, machine) in machines.enumerated() {
            machine.place(hall.template.images[number], seed: seed &+ UInt64(number))
            machine.withDisk { $0.canary = Array(Oracle.password.utf8) }
        }
    }

    /// Lives through it, and returns what was found.
    func run() -> Outcome {
        oracle.tell("seed \(seed): \(swarm.summary)")
        scheduler.shuffle(swarm.shuffles)
        hub.start(oracle)
        for device in devices { device.start(in: surroundings) }
        advance(by: .seconds(2))
        surroundings.network.set(swarm.network)
        surroundings.post.set(swarm.post)
        while scheduler.now < swarm.duration, oracle.isContent {
            let most = Int(swarm.pace.milliseconds) * 2
            advance(by: .milliseconds(1 + chance.number(below: most)))
            perform(swarm.act(&chance))
        }
        heal()
        if oracle.isContent { settle() }
        return end()
    }

    /// Lets time pass, and has what is due done.
    func advance(by time: Duration) {
        let end = scheduler.now + time
        while oracle.isContent {
            let next = agenda.indices.min { agenda[$0].time < agenda[$1].time }
            guard let next, agenda[next].time <= end else {
                run(until: end)
                return
            }
            run(until: agenda[next].time)
            let item = agenda.remove(at: next)
            item.body(self)
        }
    }

    /// Has something done later.
    func later(after wait: Duration, _ body: @escaping (World) -> Void) {
        agenda.append((scheduler.now + wait, body))
    }

    /// Forgets what is still to come.
    func clearAgenda() { agenda = [] }

    private func run(until end: Duration) {
        while oracle.isContent, scheduler.now < end {
            scheduler.run(until: end) {
                oracle.isContent && !plannedCuts.contains { $0.withDisk(\.isDead) }
            }
            for machine in plannedCuts where machine.withDisk(\.isDead) {
                plannedCuts.removeAll { $0 === machine }
                loseInWrite(machine)
            }
            if scheduler.isStuck { oracle.accuse("a task runs on and on while time stands still") }
        }
    }

    /// Runs a body in the process of a device, and returns its value, or nil if the process died.
    func ask<Value: Sendable>(
        _ lane: Lane, _ body: @escaping @Sendable () async throws -> Value
    ) -> Value? {
        let answer = Mutex<Value?>(nil)
        let isDone = Flag()
        let oracle = oracle
        lane.start {
            do {
                let value = try await body()
                answer.withLock { $0 = value }
            } catch {
                oracle.tell("no answer: \(Oracle.word(error))")
            }
            isDone.set()
        }
        let limit = scheduler.now + .seconds(5)
        while !isDone.isUp, scheduler.now < limit, oracle.isContent {
            scheduler.run(until: limit) { !isDone.isUp }
        }
        return answer.withLock(\.self)
    }

    private func end() -> Outcome {
        for device in devices where device.isRunning { device.end(cuttingPower: false) }
        if hub.isRunning { hub.end(cuttingPower: false) }
        for (number, machine) in ([hub.machine] + devices.map(\.machine)).enumerated() {
            for sighting in machine.withDisk(\.sightings) {
                oracle.accuse("promise 6: the password is on disk \(number): \(sighting)")
            }
        }
        return oracle.outcome(seed: seed, jobs: scheduler.jobsCount)
    }
}

/// What a simulation met.
package struct Outcome: Sendable {
    package let seed: UInt64
    /// One sentence for each promise that was broken.
    package let violations: [String]
    /// The same in two runs of the same seed.
    package let hash: UInt64
    package let coverage: Coverage
    package let faults: [FaultKind: Int]
    /// How many deliveries were accepted, and how many the mail server took.
    package let accepted: Int
    package let taken: Int
    /// How many deliveries ended in doubt.
    package let doubtful: Int
    package let jobs: Int
    package let lines: [String]
}

/// Carries out simulations.
package struct Simulator {
    private let hall: Hall

    /// - Throws: What founding an organisation throws.
    package init() throws {
        hall = try Hall()
    }

    /// Carries out the simulation of one seed.
    package func run(seed: UInt64, keepsTrace: Bool = false) -> Outcome {
        World(seed: seed, in: hall, keepsTrace: keepsTrace).run()
    }
}
