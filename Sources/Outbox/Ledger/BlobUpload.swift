import SyncCore

/// Decides how the bytes of one sealed mail reach the hub, part by part.
///
/// The hub answers each part with how much it has from the start, so an upload goes on where
/// another one stopped, and a lost answer costs one part.
///
/// ```
///   put(0) ──stored n──▶ put(n) ──▶ … ──stored all──▶ done
/// ```
package struct BlobUpload: Hashable, Sendable {
    /// What to do next.
    package enum Action: Hashable, Sendable {
        case put(offset: UInt64, count: Int)
        /// Every byte is at the hub.
        case done
        /// The hub does not take the bytes; try again later.
        case giveUp
    }

    /// How many answers may bring no progress before the upload is given up for now.
    package static let stallsMaximum = 3

    private let total: UInt64
    private let partByteCount: Int
    private var stored: UInt64 = 0
    private var stalls = 0

    package init(total: UInt64, partByteCount: Int = BlobPart.byteCountMaximum) {
        precondition(total > 0, "A sealed mail is never empty.")
        precondition(partByteCount > 0, "A part without bytes makes no progress.")
        self.total = total
        self.partByteCount = partByteCount
    }

    /// The first part to send.
    package var start: Action { next }

    /// Takes the hub's answer to a part.
    package mutating func handle(stored count: UInt64) -> Action {
        guard count <= total else { return .giveUp }
        stalls = count > stored ? 0 : stalls + 1
        // Also backwards: the hub may have lost what it had.
        stored = count
        return stalls >= Self.stallsMaximum ? .giveUp : next
    }

    private var next: Action {
        guard stored < total else { return .done }
        return .put(offset: stored, count: Int(min(UInt64(partByteCount), total - stored)))
    }
}
