import Outbox
import SyncCore
import TestSupport
import Testing

struct DirectoryTests {
    private let juan = UserID(validated: "juan")

    @Test func `what is written about a user is read back`() async throws {
        let fixture = try await AccountFixture()
        let login = LocalLogin(device: fixture.senders[0].id, uid: 1000)
        let service = LocalLogin(device: fixture.senders[1].id, uid: 33)
        var change = UserChange()
        change.name = "Juan Pérez"
        change.email = try MailAddress("juan@inair.example", in: .from)
        change.account = fixture.id
        change.role = "ventas"
        change.state = .active
        change.bindings = [login]
        change.delegates = [service]
        let (juan, writes) = (juan, change.writes(for: juan))
        try await fixture.admin.write { try $0.configure(writes, actor: "test") }
        try await fixture.admin.read { transaction in
            let directory = transaction.directory
            let user = try #require(try directory.user(juan))
            #expect(try directory.users() == [user])
            #expect(user.name == "Juan Pérez")
            #expect(user.email?.text == "juan@inair.example")
            #expect(user.account == fixture.id)
            #expect(user.role == "ventas")
            #expect(user.state == .active)
            #expect(user.delegates == [service])
            #expect(try directory.users(boundTo: login) == [juan])
            #expect(try directory.users(boundTo: service) == [])
            #expect(try directory.isDelegated(juan, to: service))
            #expect(try !directory.isDelegated(juan, to: login))
            let authority = try directory.authority(of: login, in: .system(owner: 990))
            #expect(try authority.grant().user == juan)
        }
    }

    @Test func `a login that two replicas bound differently has to name one`() async throws {
        let fixture = try await AccountFixture()
        let login = LocalLogin(device: fixture.senders[0].id, uid: 1000)
        for (index, name) in ["ana", "juan"].enumerated() {
            var change = UserChange()
            change.state = .active
            change.bindings = [login]
            let writes = change.writes(for: UserID(validated: name))
            try await fixture.organisation.replicas[index].write {
                try $0.configure(writes, actor: "test")
            }
        }
        try await fixture.organisation.copy(from: 1, to: 0)
        try await fixture.admin.read { transaction in
            let authority = try transaction.directory.authority(
                of: login, in: .system(owner: 990))
            #expect(authority.bound.map(\.user.text) == ["ana", "juan"])
            #expect(throws: SendRefusal.self) { try authority.grant() }
        }
    }

    @Test(arguments: [
        ("address", RegisterValue.text("no es un correo")), ("address", .integer(7)),
        ("address", .text("a@b.example\r\nBcc: x@y.example")), ("host", .boolean(true)),
        ("routes", .list(["25/plain", "70000/implicit", "465"])), ("routes", .text("465/implicit")),
        ("secret", .bytes([1, 2, 3])), ("secret", .text("secreto")),
    ])
    func `a malformed field makes an account incomplete and nothing worse`(
        field: String, value: RegisterValue
    ) async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        try await fixture.set(field, value)
        let account = try #require(try await fixture.account())
        #expect(account.completeness == .incomplete)
        #expect(account.sender.completeness == .incomplete)
    }

    @Test(arguments: [
        (RegisterValue.text("disabled"), EntryState.disabled), (.text("removed"), .removed),
        (.text("active"), .active), (.text("revoked"), .disabled), (.integer(1), .disabled),
    ])
    func `a state that is not known restricts`(
        value: RegisterValue, state: EntryState
    ) async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        try await fixture.set("state", value)
        #expect(try await fixture.account()?.state == state)
    }

    @Test func `a test counts until the settings or the password change`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        let account = try #require(try await fixture.account())
        let stamp = try #require(account.secret)
        let settings = try #require(account.settings)
        func record(_ outcome: AccountTest.Outcome, on device: DeviceID) async throws {
            let test = AccountTest(
                outcome: outcome, time: fixture.admin.environment.now(),
                mark: AccountMark(secret: stamp, settings: settings.digest))
            try await fixture.set("tested/\(device)", test.value)
        }
        #expect(account.sender.health == .untested)
        try await record(.authentication, on: fixture.senders[0].id)
        #expect(
            try await fixture.account()?.sender.health == .failing(.authentication))
        // Another device without a network does not make the refusal forgotten.
        try await record(.network, on: fixture.senders[1].id)
        #expect(
            try await fixture.account()?.sender.health == .failing(.authentication))
        #expect(try await fixture.account()?.lastTest?.outcome == .network)
        try await record(.working, on: fixture.senders[1].id)
        #expect(try await fixture.account()?.sender.health == .working)
        try await fixture.set("host", .text("otro.inair.example"))
        #expect(try await fixture.account()?.sender.health == .untested)
    }

    @Test func `the choice of a sender finds the own account and the fallbacks`() async throws {
        let fixture = try await AccountFixture()
        try await fixture.addAccount()
        var change = UserChange()
        change.name = "Juan Pérez"
        change.state = .active
        let (juan, writes) = (juan, change.writes(for: juan))
        try await fixture.admin.write { transaction in
            try transaction.configure(writes, actor: "test")
            try transaction.configure(
                [Directory.fallbackPath: .list(["ventas", "nadie", "ventas", "¡"])],
                actor: "test")
        }
        let choice = try await fixture.admin.read {
            try $0.directory.senderChoice(for: juan, of: "INAIR")
        }
        #expect(choice?.own == nil)
        #expect(choice?.account == fixture.id)
        #expect(choice?.fallbacks.count == 1)
        try await fixture.set("state", .text("disabled"))
        let none = try await fixture.admin.read {
            try $0.directory.senderChoice(for: juan, of: "INAIR")
        }
        #expect(none?.account == nil)
    }

    @Test(arguments: [
        "465/implicit", "587/starttls", "65535/implicit",
    ])
    func `a route reads as it is written`(text: String) {
        #expect(AccountRoute(text)?.description == text)
    }

    @Test(arguments: [
        "", "465", "465/", "/implicit", "0/implicit", "65536/implicit", "+465/implicit",
        "465/tls", "465/plain", "465/implicit/x", "-1/starttls", "465/STARTTLS",
    ])
    func `a route without TLS or of another form is refused`(text: String) {
        #expect(AccountRoute(text) == nil)
    }
}
