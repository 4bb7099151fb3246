/// Who may write what into the configuration.
///
/// An administrator writes every field. A device with `sender` may add the password of an
/// account, sealed for another device with `sender`; it replaces nothing by that. So a new
/// sender need not wait for an administrator. It may also write down what it found when it
/// signed in to an account, in a field of its own. A sender decides nothing else.
package struct ConfigAuthority {
    private let membership: Membership

    package init(_ membership: Membership) {
        self.membership = membership
    }

    /// Whether a device may make some writes.
    ///
    /// - Parameters:
    ///   - writes: What one record writes.
    ///   - author: The device.
    ///   - height: How much of membership it had seen.
    /// - Returns: The same at every replica, whenever it asks.
    package func allows(
        _ writes: [RegisterWrite], by author: DeviceID, at height: UInt64
    ) -> Bool {
        if membership.wasAdmin(author, at: height) { return true }
        guard membership.had(author, .sender, at: height) else { return false }
        return !writes.isEmpty
            && writes.allSatisfy { write in
                isHandover(write, by: author, at: height) || isFinding(write, by: author)
            }
    }

    private func isHandover(
        _ write: RegisterWrite, by author: DeviceID, at height: UInt64
    ) -> Bool {
        guard let target = SealedField.device(of: write.path), target != author,
            case .bytes = write.value
        else { return false }
        return write.replaced.isEmpty && membership.had(target, .sender, at: height)
    }

    private func isFinding(_ write: RegisterWrite, by author: DeviceID) -> Bool {
        guard TestedField.device(of: write.path) == author, case .list = write.value else {
            return false
        }
        return write.replaced.allSatisfy { $0.device == author }
    }
}

/// The fields that hold the password of an account, sealed for one device.
///
/// Every value of such a field is tried when the password is opened, so that two senders that
/// seal it at one time are not in conflict.
package enum SealedField {
    /// The field of an account and a device.
    package static func path(_ account: AccountID, for device: DeviceID) -> RegisterPath {
        RegisterPath("account", account.text, "sealed", device.description)
    }

    /// The device whose field this is; nothing for every other field.
    package static func device(of path: RegisterPath) -> DeviceID? {
        device(of: path, in: "sealed")
    }

    fileprivate static func device(of path: RegisterPath, in field: String) -> DeviceID? {
        let parts = path.parts
        guard parts.count == 4, parts[0] == "account", parts[2] == field else { return nil }
        return DeviceID(parts[3])
    }
}

/// The fields that hold what a device found when it tried an account.
///
/// Only the device itself and administrators write them. Nobody decides between two values: the
/// newest is what is known.
package enum TestedField {
    /// The field of an account and a device.
    package static func path(_ account: AccountID, on device: DeviceID) -> RegisterPath {
        RegisterPath("account", account.text, "tested", device.description)
    }

    /// The device whose field this is; nothing for every other field.
    package static func device(of path: RegisterPath) -> DeviceID? {
        SealedField.device(of: path, in: "tested")
    }
}

extension RegisterPath {
    /// Whether devices write the field by themselves, so that two values are no conflict.
    var isWrittenByDevices: Bool {
        SealedField.device(of: self) != nil || TestedField.device(of: self) != nil
    }
}
