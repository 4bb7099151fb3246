import Glibc

/// The front's end of the socket.
struct FrontConnection: ~Copyable {
    let descriptor: Int32
    private var decoder = FrameDecoder<EngineFrame>()
    private var pending: [UInt8] = []

    /// Takes over a connected descriptor.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Whether frames wait for the engine to take them.
    var hasPending: Bool { !pending.isEmpty }

    /// Queues a frame and sends what fits; false when the connection is broken.
    mutating func send(_ frame: FrontFrame) -> Bool {
        pending += frame.encoded
        return flush()
    }

    /// Sends what fits; false when the connection is broken.
    ///
    /// An engine that stopped reading must not keep the front from seeing a signal, so this
    /// never blocks. Little waits here: no input is read while anything does.
    mutating func flush() -> Bool {
        while !pending.isEmpty {
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = Glibc.send(descriptor, pending, pending.count, flags)
            if count > 0 {
                pending.removeFirst(count)
            } else if errno == EAGAIN {
                return true
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Reads what arrived; false when the connection has ended or broke the protocol.
    mutating func receive(into frames: inout [EngineFrame]) -> Bool {
        let capacity = FrameLimits.chunkBytesMaximum
        let descriptor = descriptor
        var isOpen = true
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let received = recv(
                descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            count = max(received, 0)
            isOpen = received > 0 || (received < 0 && (errno == EAGAIN || errno == EINTR))
        }
        decoder.append(bytes)
        do {
            while let frame = try decoder.next() { frames.append(frame) }
            return isOpen
        } catch {
            return false
        }
    }
}
