package import SyncCore

/// A password that a device could open which may no longer send, and that was not changed since.
///
/// Nobody can take back what a device once knew: until the password is another one at the
/// provider, whoever has the device can send in the account's name.
package struct SecretExposure: Hashable, Sendable {
    package let account: AccountID
    /// The server at which the password must be changed.
    package let host: String
    /// The login whose password it is.
    package let login: String
    /// The devices that knew it, in ascending order.
    package let devices: [DeviceID]
}

extension ReplicaTransaction {
    /// The passwords that must be changed, in the order of their accounts.
    ///
    /// Which they are follows from membership and configuration alone: the present password of an
    /// account was sealed for a device that may not send now. A new password is sealed for those
    /// who may send, and so ends it.
    package func exposedSecrets() throws -> [SecretExposure] {
        try directory.accounts().compactMap { account in
            guard account.state != .removed else { return nil }
            let devices = account.sealedDevices.filter { !membership.may($0, .sender) }
            guard !devices.isEmpty else { return nil }
            return SecretExposure(
                account: account.id, host: account.host ?? "", login: account.login ?? "",
                devices: devices)
        }
    }
}
