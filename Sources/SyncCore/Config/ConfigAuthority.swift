/// Who may write what into the configuration.
///
/// An administrator writes every field. A device with `sender` may add the password of an
/// account, sealed for another device with `sender`; it replaces nothing by that. So a new
/// sender need not wait for an administrator, and a sender decides nothing else.
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
                guard let target = SealedField.device(of: write.path), target != author,
                    case .bytes = write.value
                else { return false }
                return write.replaced.isEmpty && membership.had(target, .sender, at: height)
            }
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
        let parts = path.parts
        guard parts.count == 4, parts[0] == "account", parts[2] == "sealed" else { return nil }
        return DeviceID(parts[3])
    }
}
