import Outbox
import SyncCore
import TestSupport
import Testing

struct SecretVaultTests {
    @Test func `a sender opens the password that was sealed for it`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        for index in 0...1 {
            let identity = fixture.organisation.replicas[index].identity
            let secret = try SecretVault.open(account, by: identity)
            #expect(AccountFixture.text(secret.password) == AccountFixture.canary)
            #expect(secret.settings == account.settings)
        }
        #expect(account.sealedDevices == fixture.senders.map(\.id).sorted())
        #expect(account.completeness == .complete)
    }

    @Test func `a device that may not send cannot open it, nor with another's seal`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let stranger = fixture.stranger.identity
        #expect(throws: SecretError(.notForDevice, account: fixture.id)) {
            try SecretVault.open(account, by: stranger)
        }
        let seal = try #require(account.sealed[fixture.senders[0].id]?.first)
        let path = "sealed/\(stranger.id)"
        try await fixture.set(path, .bytes(seal.canonicalBytes))
        let moved = try #require(try await fixture.account())
        #expect(throws: SecretError(.damaged, account: fixture.id)) {
            try SecretVault.open(moved, by: stranger)
        }
    }

    @Test(arguments: [
        ("host", RegisterValue.text("evil.example")),
        ("login", .text("otro@inair.example")),
        ("ca", .text("-----BEGIN CERTIFICATE-----")),
        ("routes", .list(["465/implicit", "2525/starttls"])),
    ])
    func `a password is not used for changed settings`(
        field: String, value: RegisterValue
    ) async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        try await fixture.set(field, value)
        let account = try #require(try await fixture.account())
        #expect(throws: SecretError(.changed, account: fixture.id, field: field)) {
            try SecretVault.open(account, by: fixture.admin.identity)
        }
    }

    @Test func `routes may be reordered and left out`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        try await fixture.set("routes", .list(["587/starttls"]))
        let account = try #require(try await fixture.account())
        let secret = try SecretVault.open(account, by: fixture.admin.identity)
        #expect(secret.settings.routes == [AccountRoute(port: 587, security: .starttls)])
    }

    @Test func `another commitment is refused`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let sealed = try #require(account.sealed[fixture.senders[0].id]?.first)
        let forged = SecretStamp(
            version: sealed.stamp.version, commitment: Digest(of: [1, 2, 3]))
        try await fixture.set("secret", .bytes(forged.canonicalBytes))
        let renamed = try #require(try await fixture.account())
        #expect(throws: SecretError(.notForDevice, account: fixture.id)) {
            try SecretVault.open(renamed, by: fixture.admin.identity)
        }
        let claimed = SealedSecret(stamp: forged, bytes: sealed.bytes)
        try await fixture.set("sealed/\(fixture.senders[0].id)", .bytes(claimed.canonicalBytes))
        let both = try #require(try await fixture.account())
        #expect(throws: SecretError(.damaged, account: fixture.id)) {
            try SecretVault.open(both, by: fixture.admin.identity)
        }
    }

    @Test func `a sender seals it again for a new sender, and a stranger cannot`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let newcomer = fixture.stranger.identity
        let writes = try SecretVault.reseal(
            account, for: [newcomer.card], by: fixture.organisation.replicas[1].identity)
        try await fixture.admin.write { try $0.configure(writes, actor: "test") }
        let widened = try #require(try await fixture.account())
        let secret = try SecretVault.open(widened, by: newcomer)
        #expect(AccountFixture.text(secret.password) == AccountFixture.canary)
        #expect(secret.stamp == account.secret)
        #expect(try SecretVault.reseal(widened, for: [newcomer.card], by: newcomer).isEmpty)
        #expect(throws: SecretError(.notForDevice, account: fixture.id)) {
            try SecretVault.reseal(account, for: [newcomer.card], by: newcomer)
        }
    }

    @Test func `a new password takes the old one away from devices that lost the right`()
        async throws
    {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let settings = try #require(account.settings)
        let writes = try SecretVault.seal(
            AccountFixture.password, for: settings, replacing: account,
            senders: [fixture.senders[0]], using: fixture.admin.environment)
        try await fixture.admin.write { try $0.configure(writes, actor: "test") }
        let changed = try #require(try await fixture.account())
        #expect(changed.secret?.version == 2)
        #expect(changed.sealedDevices == [fixture.senders[0].id])
        #expect(throws: SecretError(.notForDevice, account: fixture.id)) {
            try SecretVault.open(changed, by: fixture.organisation.replicas[1].identity)
        }
    }

    @Test func `nothing that is stored, shown or sealed tells the password or its length`()
        async throws
    {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let canary = Array(AccountFixture.canary.utf8)
        let values = try await fixture.admin.read { try $0.config.registers() }
        for value in values.flatMap(\.entries) {
            #expect(!value.value.canonicalBytes.contains(canary))
        }
        let secret = try SecretVault.open(account, by: fixture.admin.identity)
        var shown = "\(secret) \(account)"
        dump(secret, to: &shown)
        #expect(!shown.contains(AccountFixture.canary))
        let settings = try #require(account.settings)
        var short: [UInt8] = [1]
        let other = try SecretVault.seal(
            SecretBytes(consuming: &short), for: settings, replacing: nil,
            senders: fixture.senders, using: fixture.admin.environment)
        let path = DirectoryAccount.sealedPath(fixture.id, for: fixture.senders[0].id)
        let one = try SealedSecret(canonicalBytes: try #require(other[path]?.bytes))
        #expect(one.bytes.count == account.sealed[fixture.senders[0].id]?.first?.bytes.count)
    }

    @Test(arguments: [0, SecretVault.passwordByteCountMaximum + 1])
    func `a password of no or too many bytes is refused`(count: Int) async throws {
        let fixture = try await AccountFixture()
        let settings = AccountSettings(
            account: fixture.id, host: "h.example", routes: [], login: "l", authority: nil)
        #expect(throws: SecretError.self) {
            try SecretVault.seal(
                SecretBytes(randomCount: count, from: fixture.admin.environment), for: settings,
                replacing: nil, senders: fixture.senders, using: fixture.admin.environment)
        }
    }
}
