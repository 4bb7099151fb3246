import SyncCore

// What the hub does.
extension LedgerWorld {
    static var ledgerTiming: LedgerTiming {
        var timing = LedgerTiming()
        // Longer than any dialogue with this relay takes.
        timing.afterLease = .seconds(25)
        return timing
    }

    var ledger: DeliveryLedger {
        DeliveryLedger(keeper: .hub, leases: book.live(at: uptime), timing: Self.ledgerTiming)
    }

    mutating func receive(_ packet: LedgerPacket, from device: Int) {
        switch packet {
        case .lease(let request, let number):
            let counter = book.lastCounter
            let reply = book.reply(
                to: request, from: devices[device].id, nonce: chance.next(), at: uptime)
            if book.lastCounter > counter { counts.handovers += 1 }
            send(.leaseReply(reply, number: number), to: device)
        case .reserve(let grant): reserve(under: grant, for: device)
        case .claim(let job):
            send(.claimReply(job, isGranted: claim(job)), to: device)
        case .report(let job, let evidence):
            _ = ledger.report(
                &records[job.index], evidence, about: job.id, by: devices[device].id)
            send(.reported(job, evidence), to: device)
        case .leaseReply, .reserved, .claimReply, .reported: break
        }
    }

    private mutating func reserve(under grant: LeaseGrant, for device: Int) {
        let ledger = ledger
        var batch: [LedgerDevice.Job] = []
        for index in records.indices where batch.count < 3 {
            if case .success(.reserved(let id)) = ledger.reserve(
                &records[index], under: grant, at: wallTime)
            {
                batch.append(.init(index: index, id: id))
            }
        }
        send(.reserved(batch), to: device)
    }

    private mutating func claim(_ job: LedgerDevice.Job) -> Bool {
        let (index, id) = (job.index, job.id)
        var ledger = ledger
        if sabotage == .skipFenceCheck {
            ledger = DeliveryLedger(
                keeper: .hub,
                leases: LiveLeases([.init(grant: id.grant, remaining: .seconds(5))]),
                timing: Self.ledgerTiming)
        }
        let before = records[index]
        guard
            case .success = ledger.claim(
                &records[index], attempt: id.number, under: id.grant, at: wallTime)
        else { return false }
        // Checked apart from the ledger's own rules: a new claim stands under the live fence.
        if records[index] != before, !book.live(at: uptime).contains(id.grant) {
            violations.append("\(index) claimed under a stale fence at \(now) ms")
        }
        return true
    }
}

// What a device does.
extension LedgerWorld {
    mutating func tick(_ device: Int, _ life: Int) {
        guard life == devices[device].life else { return }
        if now < devices[device].pausedUntil {
            queue.add(.tick(device: device, life: life), at: devices[device].pausedUntil + 1)
            return
        }
        if !devices[device].isUp { devices[device].restart(seed: chance.next(), at: now) }
        queue.add(.tick(device: device, life: life), at: now + chance.number(400...1500))
        let clock = devices[device].clock(now)
        tell(device, .tick)
        for (job, evidence) in devices[device].unreported.prefix(6) {
            send(.report(job, evidence), from: device)
        }
        if let work = devices[device].work, now > work.since + 5000,
            devices[device].journal[work.job]?.isBegun != true, !unwritten.contains(work.job)
        {
            // No answer to the claim: this attempt is over, whatever the answer will be.
            conclude(device, work.job, notSent)
        }
        guard devices[device].work == nil, let grant = devices[device].election.grant(at: clock)
        else { return }
        checkAlone(device)
        if let next = devices[device].reserved.popLast(), next.id.grant == grant {
            devices[device].work = (next, now)
            devices[device].journal[next] = .init()
            send(.claim(next), from: device)
        } else {
            send(.reserve(grant), from: device)
        }
    }

    mutating func receive(_ packet: LedgerPacket, at device: Int) {
        switch packet {
        case .leaseReply(let reply, let number):
            switch reply.outcome {
            case .granted(let fence, let length):
                let late = now - (devices[device].sentAt[number] ?? now)
                let counted = length + .milliseconds(sabotage == .countFromGrant ? late : 0)
                tell(device, .granted(fence, for: counted, request: number))
            case .refused(let wait): tell(device, .refused(retryAfter: wait, request: number))
            case .released: break
            }
        case .reserved(let batch):
            // An answer that comes twice must not lead to a second try of one attempt.
            let journal = devices[device].journal
            devices[device].reserved = batch.filter { journal[$0] == nil }
        case .claimReply(let job, let isGranted): answer(device, job, isGranted)
        case .reported(let job, let evidence): devices[device].confirm(job, evidence)
        case .lease, .reserve, .claim, .report: break
        }
    }

    private mutating func answer(_ device: Int, _ job: LedgerDevice.Job, _ isGranted: Bool) {
        guard let work = devices[device].work, work.job == job,
            let entry = devices[device].journal[job], entry.outcome == nil, !entry.isBegun,
            !unwritten.contains(job)
        else { return }
        guard isGranted,
            devices[device].election.grant(at: devices[device].clock(now)) == job.id.grant
        else { return conclude(device, job, notSent) }
        if sabotage == .dropDataBegun {
            unwritten.insert(job)
        } else {
            devices[device].journal[job]?.isBegun = true
        }
        handOver(device, job)
    }

    /// The relay takes or refuses the body, and its reply may be lost.
    private mutating func handOver(_ device: Int, _ job: LedgerDevice.Job) {
        let index = job.index
        let dice = chance.number(0...99)
        let until = wallTime.advanced(by: .milliseconds(chance.number(500...5000)))
        let isTaken = isCalm ? dice < 90 : dice < 80
        if isTaken {
            counts.accepts += 1
            accepted[index] += 1
            if accepted[index] > 1 + allowed[index] {
                violations.append("\(index) accepted \(accepted[index]) times at \(now) ms")
            }
        }
        let isLost = !isCalm && chance.happens(150)
        let verdict: AttemptOutcome =
            isTaken
            ? .accepted : dice < 97 ? .refusedTemporarily(until: until) : .refusedPermanently
        queue.add(
            .verdict(
                device: device, life: devices[device].life, job, isLost ? nil : verdict),
            at: now + chance.number(50...(chance.happens(100) ? 8000 : 900)))
    }

    mutating func conclude(_ device: Int, _ job: LedgerDevice.Job, _ end: AttemptOutcome) {
        devices[device].journal[job, default: .init()].outcome = end
        unwritten.remove(job)
        if devices[device].work?.job == job { devices[device].work = nil }
        send(.report(job, .concluded(end)), from: device)
    }

    private mutating func tell(_ device: Int, _ event: LeaseElection.Event) {
        let clock = devices[device].clock(now)
        for action in devices[device].election.handle(event, at: clock) {
            switch action {
            case .request(let request, let number):
                devices[device].sentAt[number] = now
                send(.lease(request, number: number), from: device)
            case .giveUp(let request, _): send(.lease(request, number: 0), from: device)
            case .probe: tell(device, .probed(isReachable: true))
            case .startClaiming: break
            case .stopClaiming: devices[device].reserved = []
            }
        }
    }

    /// Checked apart from the election's own rules: nobody else may make claims now.
    private mutating func checkAlone(_ device: Int) {
        for other in devices.indices where other != device && devices[other].isUp {
            if devices[other].election.grant(at: devices[other].clock(now)) != nil {
                violations.append("devices \(device) and \(other) both hold the lease at \(now) ms")
            }
        }
    }

    private var notSent: AttemptOutcome { .notSent(until: Timestamp(milliseconds: 0)) }
}

// The network.
extension LedgerWorld {
    mutating func send(_ packet: LedgerPacket, from device: Int) {
        guard let delay = delay(for: device) else { return }
        queue.add(.toHub(packet, from: device), at: now + delay)
        if !isCalm, chance.happens(20) {
            queue.add(.toHub(packet, from: device), at: now + chance.number(5...9000))
        }
    }

    mutating func send(_ packet: LedgerPacket, to device: Int) {
        guard let delay = delay(for: device) else { return }
        let life = devices[device].life
        queue.add(.toDevice(packet, to: device, life: life), at: now + delay)
        if !isCalm, chance.happens(20) {
            queue.add(
                .toDevice(packet, to: device, life: life), at: now + chance.number(5...9000))
        }
    }

    private mutating func delay(for device: Int) -> Int? {
        if devices[device].isCutOff || (!isCalm && chance.happens(40)) { return nil }
        return chance.number(5...(!isCalm && chance.happens(120) ? 4000 : 150))
    }
}
