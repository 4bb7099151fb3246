package import SyncCore

/// Whether a user or an account may be used.
///
/// Every entry has one: it exists from the moment its state is written, and its name is never
/// used again for another.
package enum EntryState: String, Hashable, Sendable, CaseIterable {
    case active
    /// Not to be used until an administrator says otherwise.
    case disabled
    /// Gone; kept only so that the log can name it.
    case removed

    /// Reads a register; nothing if the entry was never made.
    ///
    /// A word that this version does not know restricts, as the words that it knows do.
    init?(_ value: RegisterValue) {
        guard value != .none else { return nil }
        self = value.text.flatMap(EntryState.init(rawValue:)) ?? .disabled
    }

    /// The field's value.
    package var value: RegisterValue { .text(rawValue) }
}

/// A login of the operating system on one device, such as uid 1000 on the PC at the counter.
package struct LocalLogin: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let device: DeviceID
    package let uid: UInt32

    package init(device: DeviceID, uid: UInt32) {
        self.device = device
        self.uid = uid
    }

    /// Reads the form that ``description`` shows.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let device = DeviceID(parts[0]), let uid = UInt32(parts[1])
        else { return nil }
        self.init(device: device, uid: uid)
    }

    /// The login as a part of a register's path.
    package var description: String { "\(device).\(uid)" }

    package static func < (a: LocalLogin, b: LocalLogin) -> Bool {
        (a.device, a.uid) < (b.device, b.uid)
    }

    /// The field that names the user whose login this is.
    package var bindingPath: RegisterPath {
        RegisterPath("device", device.description, "uid", String(uid))
    }
}
