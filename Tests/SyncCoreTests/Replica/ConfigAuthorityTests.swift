import SyncCore
import TestSupport
import Testing

/// Three devices: an administrator, and two that may only send.
struct ConfigAuthorityTests {
    private static let account = AccountID(validated: "ventas")

    @Test func `A sender seals a password for another sender, and it counts everywhere`()
        async throws
    {
        let organisation = try await senders()
        let path = SealedField.path(Self.account, for: organisation.replicas[2].identity.id)
        try await organisation.replicas[1].write {
            try $0.configure([path: .bytes([1, 2, 3])], actor: "agent")
        }
        try await organisation.copy(from: 1, to: 0)
        let value = try await organisation.replicas[0].read {
            try $0.config.register(path).value
        }
        #expect(value == .bytes([1, 2, 3]))
    }

    @Test func `Two senders that seal one password at a time are not in conflict`() async throws {
        let organisation = try await senders()
        let path = SealedField.path(Self.account, for: organisation.replicas[0].identity.id)
        for index in 1...2 {
            try await organisation.replicas[index].write {
                try $0.configure([path: .bytes([UInt8(index)])], actor: "agent")
            }
            try await organisation.copy(from: index, to: 0)
        }
        let register = try await organisation.replicas[0].read { try $0.config.register(path) }
        #expect(register.entries.count == 2)
        #expect(!register.isConflict)
    }

    @Test func `A sender writes down what it found, in its own field only`() async throws {
        let organisation = try await senders()
        let (admin, sender) = (organisation.replicas[0], organisation.replicas[1])
        let own = TestedField.path(Self.account, on: sender.identity.id)
        let others = TestedField.path(Self.account, on: organisation.replicas[2].identity.id)
        for word in ["working", "authentication"] {
            try await sender.write { try $0.configure([own: .list([word])], actor: "agent") }
        }
        for write in [[others: RegisterValue.list(["working"])], [own: .text("working")]] {
            await #expect(throws: MembershipError.self) {
                try await sender.write { try $0.configure(write, actor: "agent") }
            }
            try await forge(write, on: sender)
        }
        try await organisation.copy(from: 1, to: 0)
        let registers = try await admin.read { try $0.config.registers() }
        #expect(registers.map(\.path) == [own])
        #expect(registers.map(\.value) == [.list(["authentication"])])
    }

    @Test func `What another wrote into a sender's field is not the sender's to replace`()
        async throws
    {
        let organisation = try await senders()
        let (admin, sender) = (organisation.replicas[0], organisation.replicas[1])
        let own = TestedField.path(Self.account, on: sender.identity.id)
        try await admin.write { try $0.configure([own: .list(["x"])], actor: "admin") }
        try await organisation.copy(from: 0, to: 1)
        await #expect(throws: MembershipError.self) {
            try await sender.write { try $0.configure([own: .list(["y"])], actor: "agent") }
        }
        try await sender.write {
            try $0.configure([own: .list(["y"])], actor: "agent", seen: [own: []])
        }
        try await organisation.copy(from: 1, to: 0)
        let register = try await admin.read { try $0.config.register(own) }
        #expect(register.entries.count == 2)
        #expect(!register.isConflict)
    }

    @Test func `A sender writes nothing else, neither here nor elsewhere`() async throws {
        let organisation = try await senders()
        let (admin, sender) = (organisation.replicas[0], organisation.replicas[1])
        let other = SealedField.path(Self.account, for: organisation.replicas[2].identity.id)
        try await admin.write { try $0.configure([other: .bytes([9])], actor: "admin") }
        try await organisation.copy(from: 0, to: 1)
        let stranger = DeviceID(validated: [UInt8](repeating: 5, count: DeviceID.byteCount))
        let mine = SealedField.path(Self.account, for: sender.identity.id)
        let name = RegisterPath("user", "juan", "name")
        let writes: [[RegisterPath: RegisterValue]] = [
            [name: .text("Juan")],
            [mine: .bytes([1])],
            [SealedField.path(Self.account, for: stranger): .bytes([1])],
            // What is there already is replaced, or taken away.
            [other: .bytes([1])],
            [other: .none],
            // One write that is allowed carries no other with it.
            [SealedField.path(Self.account, for: admin.identity.id): .bytes([1]), name: .text("")],
        ]
        for write in writes {
            await #expect(throws: MembershipError.self) {
                try await sender.write { try $0.configure(write, actor: "agent") }
            }
            try await forge(write, on: sender)
        }
        try await organisation.copy(from: 1, to: 0)
        let registers = try await admin.read { try $0.config.registers() }
        #expect(registers.map(\.path) == [other])
        #expect(registers.map(\.value) == [.bytes([9])])
    }

    /// Writes a record as a device might that does not keep to the rules.
    private func forge(_ values: [RegisterPath: RegisterValue], on replica: Replica) async throws {
        _ = try await replica.write { transaction in
            let writes = try values.map { path, value in
                RegisterWrite(
                    path: path, value: value,
                    replaced: try transaction.config.register(path).entries.map(\.dot))
            }
            try transaction.append(
                ConfigWrite(writes), kind: ConfigWrite.recordKind, topic: .config,
                scope: .organisation, actor: "agent")
        }
    }

    private func senders() async throws -> TestOrganisation {
        let organisation = try await TestOrganisation(count: 3)
        let founder = organisation.replicas[0]
        for index in 1...2 {
            let id = organisation.replicas[index].identity.id
            let entry = try await founder.write { transaction in
                let entry = transaction.nextEntry(
                    .grant(device: id, capabilities: [.sender], keys: []))
                try transaction.admit(entry)
                return entry
            }
            for replica in organisation.replicas.dropFirst() {
                try await replica.write { try $0.admit(entry) }
            }
        }
        return organisation
    }
}
