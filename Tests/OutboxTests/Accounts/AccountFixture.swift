import Outbox
import SyncCore
import TestSupport

/// An organisation of three replicas with one account, for tests of directory and vault.
///
/// The first replica is an administrator's that may send, the second may send, and the third
/// may not.
struct AccountFixture {
    static let canary = "kanarienvogel-7731-contraseña"
    let organisation: TestOrganisation
    let id = AccountID(validated: "ventas")

    init(folds: [any RecordFold] = []) async throws {
        organisation = try await TestOrganisation(count: 3, folds: folds)
    }

    var admin: Replica { organisation.replicas[0] }
    var senders: [DeviceCard] { organisation.replicas.prefix(2).map(\.identity.card) }
    var stranger: Replica { organisation.replicas[2] }

    static var password: SecretBytes {
        var bytes = Array(canary.utf8)
        return SecretBytes(consuming: &bytes)
    }

    static func text(_ secret: SecretBytes) -> String {
        secret.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes the account and its password.
    func addAccount(
        host: String = "smtp.inair.example",
        routes: [AccountRoute] = [
            AccountRoute(port: 465, security: .implicit),
            AccountRoute(port: 587, security: .starttls),
        ]
    ) async throws {
        let (id, senders) = (id, senders)
        try await admin.write { transaction in
            var change = AccountChange()
            change.address = try MailAddress("ventas@inair.example", in: .from)
            change.host = host
            change.routes = routes
            change.login = "ventas@inair.example"
            change.state = .active
            try transaction.configure(change.writes(for: id), actor: "test")
            guard let account = try transaction.directory.account(id),
                let settings = account.settings
            else { return }
            let writes = try SecretVault.seal(
                Self.password, for: settings, replacing: account, senders: senders,
                using: transaction.environment)
            try transaction.configure(writes, actor: "test")
        }
    }

    func set(_ field: String, _ value: RegisterValue) async throws {
        let path = DirectoryAccount.path(id, field)
        try await admin.write { try $0.configure([path: value], actor: "test") }
    }

    func account() async throws -> DirectoryAccount? {
        let id = id
        return try await admin.read { try $0.directory.account(id) }
    }
}
