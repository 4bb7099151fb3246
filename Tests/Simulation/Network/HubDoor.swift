import Synchronization

/// Where requests arrive: at the process of the hub that runs at the moment, if one does.
final class HubDoor: Sendable {
    private struct Open {
        let handler: LyingHub
        let lane: Lane
    }

    private let open = Mutex<Open?>(nil)

    /// Opens the door of a process.
    func open(_ handler: LyingHub, in lane: Lane) {
        open.withLock { $0 = Open(handler: handler, lane: lane) }
    }

    /// Closes it: nobody listens.
    func close() {
        open.withLock { $0 = nil }
    }

    /// Has a request answered; nothing is answered if nobody listens, or the process ends.
    func receive(_ request: [UInt8], reply: @escaping @Sendable ([UInt8]?) -> Void) {
        guard let open = open.withLock(\.self) else { return reply(nil) }
        open.lane.start {
            do {
                reply(try await open.handler.answer(request))
            } catch {
                reply(nil)
            }
        }
    }
}
