import SyncCore
import TestSupport
import Testing

@testable import SyncServer

/// Devices and hubs of earlier, present and later versions: each with each.
struct VersionSkewTests {
    /// A program as far as the protocol is concerned.
    enum Program: CaseIterable, Sendable {
        case before
        case present
        case next
        case afterNext

        var versions: ProtocolVersions {
            switch self {
            case .before: .unnamed
            case .present: .present
            case .next: ProtocolVersions(2, through: 3)
            case .afterNext: ProtocolVersions(3, through: 4)
            }
        }
    }

    /// What becomes of each pair: nothing where they work together.
    private static func refusal(hub: Program, device: Program) -> EnvelopeError.Code? {
        switch (hub, device) {
        case (.before, .next), (.before, .afterNext), (.present, .afterNext): .hubIsOlder
        case (.next, .before), (.afterNext, .before), (.afterNext, .present): .deviceIsOlder
        default: nil
        }
    }

    @Test(arguments: Program.allCases, Program.allCases)
    func `two versions work together, or say which side must be updated and lose nothing`(
        hubProgram: Program, device: Program
    ) async throws {
        let begun = try await TestHub()
        let (founder, organisation) = try await begun.foundOrganisation()
        try await founder.write {
            try $0.configure(
                [RegisterPath("user", "juan", "name"): .text("Juan")], actor: "test")
        }
        let feed = founder.identity.feed(.config, .organisation)
        let hub = try await begun.reopened(speaking: hubProgram.versions)
        let expected = Self.refusal(hub: hubProgram, device: device)
        do {
            try await hub.synchronise(founder, organisation, speaking: device.versions)
            #expect(expected == nil)
            #expect(hub.hub.refusals.all.isEmpty)
        } catch let error as EnvelopeError {
            #expect(error.code == expected)
            #expect(error.exitStatus == .unavailable)
            let text = error.explanation
            #expect(text.es.contains("actualizar") && text.en.contains("updated"))
            let side = expected == .hubIsOlder ? "syncmail-server" : "on this device"
            #expect(text.en.contains(side))
            #expect(hub.hub.refusals.all.map(\.name) == [error.code.rawValue])
            #expect(try await hub.store.transaction { try $0.vector()[feed] } == 0)
        }
        // Once the side that was named is updated, everything arrives.
        let updated = try await hub.reopened(
            speaking: expected == .hubIsOlder ? device.versions : hubProgram.versions)
        try await updated.synchronise(
            founder, organisation,
            speaking: expected == .deviceIsOlder ? hubProgram.versions : device.versions)
        #expect(try await updated.store.transaction { try $0.vector()[feed] } == 1)
        #expect(
            try await updated.store.stateDigests() == founder.read { try $0.stateDigests() })
    }

    @Test(arguments: [
        (1, 1, 1, 2, 1), (1, 2, 1, 2, 2), (2, 3, 1, 2, 2), (3, 9, 2, 7, 7),
    ])
    func `the highest version that both speak is used`(
        lowest: UInt64, highest: UInt64, otherLowest: UInt64, otherHighest: UInt64,
        common: UInt64
    ) {
        let one = ProtocolVersions(lowest, through: highest)
        let other = ProtocolVersions(otherLowest, through: otherHighest)
        #expect(one.agreement(with: other) == .common(common))
        #expect(other.agreement(with: one) == .common(common))
    }

    @Test(arguments: [[0x82, 2, 1], [0x82, 0, 1], [0x81, 1], [0x82, 1, 0x1a, 0, 1, 0, 0], [1]])
    func `versions that are none are refused`(bytes: [UInt8]) {
        #expect(throws: CodingError.self) { try ProtocolVersions(canonicalBytes: bytes) }
    }
}
