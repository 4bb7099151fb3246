package import SyncCore

/// The name of an application of one device, such as `crm`.
package struct ApplicationName: ChosenIdentifier {
    package let text: String
    package init(validated text: String) { self.text = text }
}

/// A program that hands in mails with a password of its own, over SMTP or HTTP.
///
/// It stands in the configuration of the device it runs on, so every change is audited:
///
/// ```
/// device/DEVICE/app/NAME/user = juan      …/delegates = [maria]      …/secret = "1:salt:hash"
/// ```
package struct Application: Hashable, Sendable {
    package let name: ApplicationName
    /// In whose name it sends.
    package let user: UserID
    /// In whose names it may send besides, if From says so.
    package let delegates: [UserID]
    /// The form of its password that can be compared, and not be turned back.
    let secret: String

    /// Where a field stands.
    package static func path(
        _ name: ApplicationName, _ field: String, on device: DeviceID
    ) -> RegisterPath {
        RegisterPath("device", device.description, "app", name.text, field)
    }

    /// Decides in whose name a mail is sent.
    ///
    /// - Throws: ``SendRefusal``.
    package func grant(
        as requested: UserID?, in directory: Directory
    ) throws -> SendAuthority.Grant {
        let user = requested ?? self.user
        guard user == self.user || delegates.contains(user) else {
            throw SendRefusal(.notDelegated(user))
        }
        guard let state = try directory.user(user)?.state, state != .removed else {
            throw SendRefusal(.noSuchUser(user))
        }
        guard state == .active else { throw SendRefusal(.disabled(user)) }
        return SendAuthority.Grant(user: user, actor: "\(user) app:\(name)")
    }

    /// Whether this is the application's password.
    package func accepts(_ password: SecretBytes) -> Bool {
        ApplicationSecret.matches(password, secret)
    }
}

/// The passwords of applications: made here, at random, and never chosen by a person.
///
/// A password has 160 random bits, so a salted hash cannot be searched for it; stretching, which
/// protects words that people choose, would only cost each connection its time.
package enum ApplicationSecret {
    private static let byteCount = 20
    private static let saltByteCount = 16
    private static let form = "1"

    /// Makes a password, and the form in which it is kept.
    package static func make(using environment: Environment) -> (password: String, kept: String) {
        let password = Base32.encode(environment.randomBytes(byteCount))
        let salt = environment.randomBytes(saltByteCount)
        let hash = hash(SecretBytes(copying: password), salt)
        return (password, "\(form):\(salt.hexadecimal):\(hash.bytes.hexadecimal)")
    }

    static func matches(_ password: SecretBytes, _ kept: String) -> Bool {
        let parts = kept.split(separator: ":").map(String.init)
        guard parts.count == 3, parts[0] == form, let salt = [UInt8](hexadecimal: parts[1]),
            let wanted = [UInt8](hexadecimal: parts[2])
        else { return false }
        // Both are hashes, so how far they agree tells nothing about the password.
        return hash(password, salt).bytes == wanted
    }

    private static func hash(_ password: SecretBytes, _ salt: [UInt8]) -> Digest {
        Digest(of: Array("syncmail application 1".utf8) + salt, Digest(of: password).bytes)
    }
}

extension SecretBytes {
    fileprivate convenience init(copying text: String) {
        var bytes = Array(text.utf8)
        self.init(consuming: &bytes)
    }
}

extension Directory {
    /// An application of a device, if it is there.
    package func application(_ name: ApplicationName, on device: DeviceID) throws -> Application? {
        try applications(on: device).first { $0.name == name }
    }

    /// The applications of a device, in ascending order.
    package func applications(on device: DeviceID) throws -> [Application] {
        let registers = try registers(below: "device/\(device)/app")
        let fields = Dictionary(grouping: registers) { $0.path.parts[3] }
        return fields.sorted { $0.key < $1.key }.compactMap { name, registers in
            func value(_ field: String) -> RegisterValue {
                registers.first { $0.path.parts[4] == field }?.value ?? .none
            }
            guard let name = ApplicationName(name),
                let user = value("user").text.flatMap({ UserID($0) }),
                let secret = value("secret").text
            else { return nil }
            return Application(
                name: name, user: user,
                delegates: (value("delegates").list ?? []).compactMap { UserID($0) },
                secret: secret)
        }
    }
}

extension DirectoryEditor {
    /// Adds an application of this device, and returns its password, which is shown once.
    ///
    /// - Throws: ``DirectoryError`` if it is there already or a user is not; ``MembershipError``
    ///   if this device may not write configuration.
    package func addApplication(
        _ name: ApplicationName, user: UserID, delegates: [UserID]
    ) throws -> String {
        let device = transaction.identity.id
        guard try directory.application(name, on: device) == nil else {
            throw DirectoryError(.applicationExists(name))
        }
        for user in [user] + delegates {
            guard let found = try directory.user(user), found.state != .removed else {
                throw DirectoryError(.noSuchUser(user))
            }
        }
        let (password, kept) = ApplicationSecret.make(using: transaction.environment)
        try write([
            Application.path(name, "user", on: device): .text(user.text),
            Application.path(name, "delegates", on: device): .list(delegates.map(\.text)),
            Application.path(name, "secret", on: device): .text(kept),
        ])
        return password
    }

    /// Removes an application of this device: its password opens nothing from now on.
    package func removeApplication(_ name: ApplicationName) throws {
        let device = transaction.identity.id
        guard try directory.application(name, on: device) != nil else {
            throw DirectoryError(.noSuchApplication(name))
        }
        try write([
            Application.path(name, "user", on: device): .none,
            Application.path(name, "delegates", on: device): .none,
            Application.path(name, "secret", on: device): .none,
        ])
    }
}
