package import SyncCore

/// The passwords of accounts: sealed once for each device that may send, and opened only there.
///
/// A password is sealed together with the settings it was entered for, and the configuration
/// names the hash of the whole. So neither the hub nor somebody who may edit the configuration
/// can move a password to another server, port, login or certificate authority: it must then
/// be typed again. What is opened goes to the connection that signs in, and to no command.
package enum SecretVault {
    /// How many bytes a password may have.
    package static let passwordByteCountMaximum = 1024

    /// Seals a new password.
    ///
    /// - Parameters:
    ///   - password: The password.
    ///   - settings: Where it may be sent.
    ///   - account: The account as it is now, if it exists; its version grows by one, and what
    ///     was sealed for devices that may no longer send is taken away.
    ///   - senders: The devices that may send.
    ///   - environment: Chance.
    /// - Returns: The fields to write, together with those of the settings.
    /// - Throws: ``SecretError`` if the password or the settings are too long, or there is
    ///   no device that could open it.
    package static func seal(
        _ password: SecretBytes, for settings: AccountSettings,
        replacing account: DirectoryAccount?, senders: [DeviceCard], using environment: Environment
    ) throws(SecretError) -> [RegisterPath: RegisterValue] {
        guard password.count > 0 else { throw SecretError(.empty, account: settings.account) }
        guard password.count <= passwordByteCountMaximum, settings.canonicalBytes.count <= 2048
        else { throw SecretError(.tooLong, account: settings.account) }
        guard !senders.isEmpty else { throw SecretError(.noSender, account: settings.account) }
        let version = (account?.secret?.version ?? 0) + 1
        let content = SecretContent(
            version: version, settings: settings, password: password,
            salt: environment.randomBytes(SecretContent.saltByteCount))
        let stamp = SecretStamp(version: version, commitment: content.commitment)
        var writes: [RegisterPath: RegisterValue] = [:]
        for device in account?.sealed.keys.sorted() ?? [] {
            writes[DirectoryAccount.sealedPath(settings.account, for: device)] = RegisterValue.none
        }
        writes[DirectoryAccount.path(settings.account, "secret")] = .bytes(stamp.canonicalBytes)
        for sender in senders {
            writes[DirectoryAccount.sealedPath(settings.account, for: sender.id)] =
                sealed(content, as: stamp, for: sender)
        }
        return writes
    }

    /// Opens the present password of an account, on a device for which it was sealed.
    ///
    /// - Throws: ``SecretError`` if there is none for this device, or it was sealed for other
    ///   settings, or is not the one that the configuration names.
    package static func open(
        _ account: DirectoryAccount, by device: DeviceIdentity
    ) throws(SecretError) -> SMTPSecret {
        let (content, stamp) = try content(of: account, by: device)
        let (version, sealedSettings, password) = try parts(of: content, in: account)
        guard version == stamp.version else { throw SecretError(.damaged, account: account.id) }
        guard let settings = account.settings else {
            throw SecretError(.incomplete, account: account.id)
        }
        if let field = sealedSettings.fieldExceeded(by: settings) {
            throw SecretError(.changed, account: account.id, field: field)
        }
        return SMTPSecret(settings: settings, stamp: stamp, password: password)
    }

    /// Seals the present password again, for devices that were made senders since.
    ///
    /// - Returns: The fields to write; none if every device has it already.
    /// - Throws: ``SecretError`` if this device cannot open it.
    package static func reseal(
        _ account: DirectoryAccount, for senders: [DeviceCard], by device: DeviceIdentity
    ) throws(SecretError) -> [RegisterPath: RegisterValue] {
        let missing = senders.filter { !account.sealedDevices.contains($0.id) }
        guard !missing.isEmpty else { return [:] }
        let (content, stamp) = try content(of: account, by: device)
        var writes: [RegisterPath: RegisterValue] = [:]
        for sender in missing {
            writes[DirectoryAccount.sealedPath(account.id, for: sender.id)] =
                sealed(content, as: stamp, for: sender)
        }
        return writes
    }

    private static func sealed(
        _ content: SecretContent, as stamp: SecretStamp, for sender: DeviceCard
    ) -> RegisterValue {
        let bytes = sender.sealingTarget.seal(content.bytes)
        return .bytes(SealedSecret(stamp: stamp, bytes: bytes).canonicalBytes)
    }

    /// What was sealed for a device, once it proved to be what the configuration names.
    private static func content(
        of account: DirectoryAccount, by device: DeviceIdentity
    ) throws(SecretError) -> (SecretContent, SecretStamp) {
        guard let stamp = account.secret else {
            throw SecretError(.missing, account: account.id)
        }
        let candidates = (account.sealed[device.id] ?? []).filter { $0.stamp == stamp }
        guard !candidates.isEmpty else { throw SecretError(.notForDevice, account: account.id) }
        for candidate in candidates {
            guard let opened = device.sealingKey.open(candidate.bytes) else { continue }
            let content = SecretContent(opened: opened)
            if content.commitment == stamp.commitment { return (content, stamp) }
        }
        throw SecretError(.damaged, account: account.id)
    }

    private static func parts(
        of content: SecretContent, in account: DirectoryAccount
    ) throws(SecretError) -> (version: UInt64, settings: AccountSettings, password: SecretBytes) {
        do {
            return try content.parts()
        } catch {
            throw SecretError(.damaged, account: account.id)
        }
    }
}

/// An opened password and where it may be sent.
///
/// It is for the connection that signs in, and for nobody who prints.
package struct SMTPSecret: Sendable {
    /// The settings of now, none beyond those it was sealed with.
    package let settings: AccountSettings
    /// Which password it is.
    package let stamp: SecretStamp
    package let password: SecretBytes

    fileprivate init(settings: AccountSettings, stamp: SecretStamp, password: SecretBytes) {
        self.settings = settings
        self.stamp = stamp
        self.password = password
    }
}
