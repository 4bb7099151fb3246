import Front
import SyncCore

/// What a front still has to answer, and what it has answered that the command has not taken.
///
/// Pure: the session carries the answers to whoever waits.
struct SessionInput: Sendable {
    /// What the command gets next.
    enum Piece: Equatable, Sendable {
        case bytes([UInt8])
        case end
        case failure(Int32)
    }

    // Streams are numbered from 1; zero means that nothing is being read.
    private var newest = StreamNumber(number: 0)
    private(set) var isReading = false
    private var isSecret = false
    private var pieces: ArraySlice<Piece> = []
    // Invariant: how many bytes the front may still send; never negative.
    private var credit = 0

    /// Opens the next stream.
    mutating func begin(credit: Int, isSecret: Bool = false) -> StreamNumber {
        precondition(!isReading, "One stream is read at a time.")
        newest = newest.next
        isReading = true
        self.isSecret = isSecret
        self.credit = credit
        pieces = []
        return newest
    }

    /// Closes the stream; what still arrives for it is ignored.
    mutating func end() {
        isReading = false
        pieces = []
    }

    /// Allows the front to send more.
    mutating func grant(_ count: Int) { credit += count }

    /// Takes what arrived, or nil if nothing did.
    mutating func next() -> Piece? { pieces.popFirst() }

    /// Takes a frame that belongs to a stream.
    ///
    /// - Throws: ``FrameError`` if the front answers what it was not asked, or sends too much.
    mutating func receive(_ frame: FrontFrame) throws(FrameError) {
        switch frame {
        case .data(let stream, let bytes):
            guard try isCurrent(stream) else { return }
            guard !isSecret, bytes.count <= credit, !bytes.isEmpty else { throw .value }
            credit -= bytes.count
            pieces.append(.bytes(bytes))
        case .endOfData(let stream):
            guard try isCurrent(stream) else { return }
            guard !isSecret else { throw .value }
            pieces.append(.end)
        case .failure(let stream, let code):
            guard try isCurrent(stream) else { return }
            pieces.append(.failure(code))
        case .secret(let stream, let bytes):
            guard try isCurrent(stream) else { return }
            guard isSecret, bytes.count <= credit else { throw .value }
            credit = 0
            pieces.append(.bytes(bytes))
        case .hello, .signal:
            preconditionFailure("The session handles these itself.")
        }
    }

    private func isCurrent(_ stream: StreamNumber) throws(FrameError) -> Bool {
        guard stream <= newest, stream.number > 0 else { throw .value }
        return stream == newest && isReading
    }
}
