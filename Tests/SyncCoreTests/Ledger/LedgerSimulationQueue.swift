import SyncCore

/// What may happen in the simulated fleet.
enum LedgerEvent {
    case tick(device: Int, life: Int)
    case toHub(LedgerPacket, from: Int)
    case toDevice(LedgerPacket, to: Int, life: Int)
    /// The relay's verdict reaches the device, or does not (`nil`).
    case verdict(device: Int, life: Int, LedgerDevice.Job, AttemptOutcome?)
    case misfortune
    case heal(device: Int)
    case sweep
}

/// What devices and the hub say to each other.
enum LedgerPacket {
    case lease(LeaseRequest, number: Int)
    case leaseReply(LeaseReply, number: Int)
    case reserve(LeaseGrant)
    case reserved([LedgerDevice.Job])
    case claim(LedgerDevice.Job)
    case claimReply(LedgerDevice.Job, isGranted: Bool)
    case report(LedgerDevice.Job, AttemptEvidence)
    case reported(LedgerDevice.Job, AttemptEvidence)
}

/// A rule that is broken on purpose, to show that the simulation notices.
enum LedgerSabotage: CaseIterable {
    /// The ledger grants claims under any fence.
    case skipFenceCheck
    /// The ledger sends again what is in doubt.
    case resendInDoubt
    /// The device counts its lease from the answer, not from the request.
    case countFromGrant
    /// The device does not write down that it hands over the body.
    case dropDataBegun
}

/// Events in the order of their time, then of their making.
struct LedgerEventQueue {
    private struct Item {
        let time: Int
        let sequence: Int
        let event: LedgerEvent

        func precedes(_ other: Item) -> Bool {
            time < other.time || (time == other.time && sequence < other.sequence)
        }
    }

    private var heap: [Item] = []
    private var sequence = 0

    mutating func add(_ event: LedgerEvent, at time: Int) {
        sequence += 1
        heap.append(Item(time: time, sequence: sequence, event: event))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Int, event: LedgerEvent)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.time, first.event) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].precedes(heap[least]) {
                least = child
            }
            guard least != parent else { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return (first.time, first.event)
    }
}
