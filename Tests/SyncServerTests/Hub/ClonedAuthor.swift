import SyncCore

@testable import SyncServer

/// An administrator's device and its copy, which wrote the same for a while.
struct ClonedAuthor {
    static let common: UInt64 = 130

    let hub: TestHub
    let organisation: Digest
    let device: Replica
    let copy: Replica
    let reader: Replica

    init() async throws {
        hub = try await TestHub()
        let (founder, organisation) = try await hub.foundOrganisation()
        self.organisation = organisation
        let first = try await hub.join("n1", seed: 2, [.sender], founder, organisation)
        reader = try await hub.join("n2", seed: 3, [], founder, organisation)
        let id = first.identity.id
        try await hub.writer(founder, organisation).make { _ in
            .grant(device: id, capabilities: [.admin, .sender], keys: [])
        }
        for replica in [first, reader] { try await hub.synchronise(replica, organisation) }
        for number in 0..<Self.common { try await Self.write("\(number)", on: first) }
        try await first.close()
        try hub.copyReplica("n1", as: "copy")
        device = try await hub.replica("n1", seed: 2, habitat: .none)
        copy = try await hub.replica("copy", seed: 2, habitat: .none)
        for number in 0..<60 {
            try await Self.write("d\(number)", on: device)
            try await Self.write("c\(number)", on: copy)
        }
    }

    private static func write(_ text: String, on replica: Replica) async throws {
        let path = RegisterPath("user", "juan", "name")
        try await replica.write { try $0.configure([path: .text(text)], actor: "test") }
    }
}
