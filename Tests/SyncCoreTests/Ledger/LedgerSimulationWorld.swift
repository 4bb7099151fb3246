import SyncCore

/// A fleet, a hub and a relay in one thread and virtual time, all chance from one seed.
///
/// The election, the book and the ledger are the real ones. Until ``calmTime`` messages are
/// lost, late and repeated, devices crash, pause and lose their link, the hub restarts, and
/// the relay loses replies; then everything works, and all mail must drain.
struct LedgerWorld {
    static let calmTime = 60_000
    static let endTime = 240_000

    let sabotage: LedgerSabotage?
    var chance: Chance
    var queue = LedgerEventQueue()
    var now = 0
    var book: LeaseBook
    var records: [DeliveryRecord] = []
    var devices: [LedgerDevice] = []
    /// How often the relay took each delivery, and how often a person had allowed one more.
    var accepted: [Int]
    var allowed: [Int]
    /// Bodies under way that a sabotaged device did not write down; memory, not journal.
    var unwritten: Set<LedgerDevice.Job> = []
    var violations: [String] = []
    var counts = Counts()

    /// What was seen, to show that the faults were met.
    struct Counts {
        var accepts = 0
        var doubts = 0
        var handovers = 0
        var events = 0
    }

    init(seed: UInt64, sabotage: LedgerSabotage? = nil, deviceCount: Int = 3, mailCount: Int = 12) {
        self.sabotage = sabotage
        chance = Chance(seed: seed)
        var timing = LeaseBook.Timing()
        timing.length = .seconds(6)
        timing.drain = .seconds(1)
        book = LeaseBook(timing: timing)
        accepted = Array(repeating: 0, count: mailCount)
        allowed = accepted
        for index in 0..<mailCount {
            var record = DeliveryRecord(
                delivery: Fixture.delivery(UInt8(index)), byteCount: 8192,
                notBefore: Timestamp(milliseconds: Int64(chance.number(0...40_000))))
            record.insert(.custody(turn: 1))
            records.append(record)
        }
        for number in 0..<deviceCount {
            devices.append(
                LedgerDevice(
                    number: UInt8(number + 1), seed: chance.next(),
                    offset: chance.number(0...100_000), drift: chance.number(-200...200)))
            queue.add(.tick(device: number, life: 0), at: chance.number(0...1500))
        }
        queue.add(.misfortune, at: chance.number(500...5000))
        queue.add(.sweep, at: 1000)
    }

    /// Runs to the end and returns what went wrong.
    mutating func run() -> [String] {
        while let (time, event) = queue.next(), time <= Self.endTime {
            now = time
            counts.events += 1
            handle(event)
            if case .sweep = event, isCalm, isDrained { break }
        }
        checkQuiescence()
        return violations
    }

    var isCalm: Bool { now >= Self.calmTime }
    var wallTime: Timestamp { Timestamp(milliseconds: Int64(now)) }
    var uptime: Duration { .milliseconds(now) }

    private var isDrained: Bool {
        devices.allSatisfy { $0.isUp && $0.unreported.isEmpty && $0.work == nil }
            && records.allSatisfy {
                if case .inDoubt = $0.state { true } else { $0.state.isFinal }
            }
    }

    private mutating func handle(_ event: LedgerEvent) {
        switch event {
        case .tick(let device, let life): tick(device, life)
        case .toHub(let packet, let device):
            if !devices[device].isCutOff { receive(packet, from: device) }
        case .toDevice(let packet, let device, let life):
            guard life == devices[device].life, devices[device].isUp else { return }
            if now < devices[device].pausedUntil {
                queue.add(event, at: devices[device].pausedUntil + chance.number(1...50))
            } else if !devices[device].isCutOff {
                receive(packet, at: device)
            }
        case .verdict(let device, let life, let job, let outcome):
            guard life == devices[device].life else { return }
            if now < devices[device].pausedUntil {
                queue.add(event, at: devices[device].pausedUntil + 1)
            } else {
                conclude(device, job, outcome ?? .inDoubt)
            }
        case .misfortune: misfortune()
        case .heal(let device): devices[device].isCutOff = false
        case .sweep:
            sweep()
            queue.add(.sweep, at: now + 1000)
        }
    }

    private mutating func misfortune() {
        if isCalm {
            for device in devices.indices { devices[device].isCutOff = false }
            return
        }
        let device = chance.number(0...devices.count - 1)
        switch chance.number(0...9) {
        case 0...3:
            devices[device].crash()
            queue.add(
                .tick(device: device, life: devices[device].life),
                at: now + chance.number(200...6000))
        case 4...6: devices[device].pausedUntil = now + chance.number(500...9000)
        case 7...8:
            devices[device].isCutOff = true
            queue.add(.heal(device: device), at: now + chance.number(1000...12_000))
        default: book.restarted(at: uptime)
        }
        queue.add(.misfortune, at: now + chance.number(300...5000))
    }

    /// The hub lets time pass, and now and then a person decides about a doubt.
    private mutating func sweep() {
        let ledger = ledger
        for index in records.indices {
            ledger.expire(&records[index], at: wallTime)
            guard case .inDoubt(let id?) = records[index].state else { continue }
            if sabotage == .resendInDoubt {
                _ = ledger.resolve(&records[index], .resend(after: .attempt(id)))
            } else if chance.happens(20) {
                allowed[index] += 1
                _ = ledger.resolve(&records[index], .resend(after: .attempt(id)))
            }
        }
    }

    private mutating func checkQuiescence() {
        for index in records.indices {
            switch records[index].state {
            case .sent:
                if accepted[index] == 0 { violations.append("\(index) lost: shown as sent") }
            case .inDoubt: counts.doubts += 1
            case .failed: break
            case .queued, .reserved, .claimed, .expired, .cancelled, .held:
                violations.append("\(index) did not drain: \(records[index].state)")
            }
        }
    }
}
