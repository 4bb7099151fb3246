import Synchronization

/// Puts envelopes to the hub with HTTP POST, by libcurl.
///
/// Connections are kept and used again. Each request has a *lane* to itself, a connection with
/// a thread of its own while it is used, so that a long poll holds up nobody; at most
/// ``TransportSettings/lanesMaximum`` exist. Certificates are always verified, redirects are
/// not followed, and a reply counts only with status 200 and the media type of an envelope,
/// which no login page of a network has.
package final class CurlTransport: SyncTransport {
    private struct Pool {
        var idle: [CurlLane] = []
        var laneCount = 0
        var waiting: [(number: UInt64, turn: CheckedContinuation<CurlLane?, Never>)] = []
        var lastNumber: UInt64 = 0
    }

    private let settings: TransportSettings
    private let pool = Mutex(Pool())
    private let way: Mutex<(proxy: TransportSettings.Proxy, generation: Int)>

    package init(_ settings: TransportSettings) {
        self.settings = settings
        way = Mutex((settings.proxy, 0))
    }

    /// Takes another way from now on: the network is another one, or its proxy is known now.
    ///
    /// Connections that exist are not used again.
    package func take(_ proxy: TransportSettings.Proxy) {
        way.withLock { way in
            way.proxy = proxy
            way.generation += 1
        }
    }

    package func exchange(_ request: [UInt8], within wait: Duration) async throws -> [UInt8] {
        let lane = try await takeLane()
        defer { giveBack(lane) }
        let call = CurlCall()
        return try await withTaskCancellationHandler {
            let (proxy, generation) = way.withLock(\.self)
            return try await lane.exchange(
                request, within: wait, by: proxy, generation: generation, call: call)
        } onCancel: {
            call.cancel()
            lane.wake()
        }
    }

    private func takeLane() async throws -> CurlLane {
        try Task.checkCancellation()
        let number = pool.withLock { pool in
            pool.lastNumber += 1
            return pool.lastNumber
        }
        let lane = await withTaskCancellationHandler {
            await withCheckedContinuation { enter(number, $0) }
        } onCancel: {
            leave(number)
        }
        guard let lane else {
            try Task.checkCancellation()
            throw TransportError(.busy, hub: settings.hubURL)
        }
        return lane
    }

    /// Gives a lane at once, or a place in the queue, or nothing when the queue is full.
    private func enter(_ number: UInt64, _ turn: CheckedContinuation<CurlLane?, Never>) {
        enum Decision {
            case take(CurlLane?)
            case make
            case wait
        }
        let decision = pool.withLock { pool -> Decision in
            if let lane = pool.idle.popLast() { return .take(lane) }
            if pool.laneCount < settings.lanesMaximum {
                pool.laneCount += 1
                return .make
            }
            guard pool.waiting.count < settings.waitingMaximum, !Task.isCancelled else {
                return .take(nil)
            }
            pool.waiting.append((number, turn))
            return .wait
        }
        switch decision {
        case .take(let lane): turn.resume(returning: lane)
        case .make: turn.resume(returning: CurlLane(settings))
        case .wait: break
        }
    }

    /// Leaves the queue because the task was cancelled.
    private func leave(_ number: UInt64) {
        let turn = pool.withLock { pool -> CheckedContinuation<CurlLane?, Never>? in
            guard let place = pool.waiting.firstIndex(where: { $0.number == number }) else {
                return nil
            }
            return pool.waiting.remove(at: place).turn
        }
        turn?.resume(returning: nil)
    }

    private func giveBack(_ lane: CurlLane) {
        let next = pool.withLock { pool -> CheckedContinuation<CurlLane?, Never>? in
            guard pool.waiting.isEmpty else { return pool.waiting.removeFirst().turn }
            pool.idle.append(lane)
            return nil
        }
        next?.resume(returning: lane)
    }
}

/// One exchange, which another thread may ask to end.
final class CurlCall: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func cancel() { flag.store(true, ordering: .relaxed) }
}
