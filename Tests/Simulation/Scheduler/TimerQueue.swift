/// What is to be called at which time, the earliest first, and the first made first of those.
struct TimerQueue {
    struct Entry: Sendable {
        let time: Duration
        /// The place among all timers ever made.
        let number: UInt64
        let lane: Int?
        let body: @Sendable () -> Void
    }

    // A binary heap of places; those that were removed are passed over when they come up.
    private var heap: [(time: Duration, number: UInt64)] = []
    private var entries: [UInt64: Entry] = [:]
    private var lastNumber: UInt64 = 0

    mutating func insert(
        at time: Duration, lane: Int?, _ body: @escaping @Sendable () -> Void
    ) -> UInt64 {
        lastNumber += 1
        entries[lastNumber] = Entry(time: time, number: lastNumber, lane: lane, body: body)
        heap.append((time, lastNumber))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
        return lastNumber
    }

    /// Removes a timer, and returns whether it was there.
    mutating func remove(_ number: UInt64) -> Bool {
        entries.removeValue(forKey: number) != nil
    }

    mutating func removeAll(of lane: Int) {
        entries = entries.filter { $0.value.lane != lane }
    }

    /// Takes the next timer that is due by a time.
    mutating func takeFirst(until end: Duration) -> Entry? {
        while let first = heap.first, first.time <= end {
            removeFirst()
            if let entry = entries.removeValue(forKey: first.number) { return entry }
        }
        return nil
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
