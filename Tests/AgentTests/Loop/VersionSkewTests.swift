import Outbox
import SyncCore
import SyncServer
import TestThreads
import Testing

@testable import Agent

/// A device whose hub was updated beyond it, with a real engine.
@Suite(.realWorld)
struct VersionSkewTests {
    @Test func `mail waits, and status says which side must be updated, until it was`()
        async throws
    {
        try await LiveOrganisation.with(engines: 1) { organisation in
            try await organisation.update(hubTo: ProtocolVersions(3, through: 4))
            let later = Timestamp(milliseconds: 7_000_000_000_000)
            let message = try await organisation.queue(1, on: 0, notBefore: later)
            try await organisation.wait(for: "The device learns that it is too old.") {
                try organisation.engines[0].workspace().wakeSync()
                let status = try await organisation.run(["status"], on: 0)
                return status.contains("syncmail has to be updated on this device")
            }
            let status = try await organisation.run(["status"], on: 0)
            #expect(status.contains("Mail to leave: 1"))
            let shown = try await organisation.run(["status", "--json"], on: 0)
            #expect(shown.contains("has to be updated on this device"))
            let ending = try await organisation.ending(["sync"], on: 0)
            #expect(ending.status == .unavailable, "\(ending.error)")
            #expect(ending.error.contains("has to be updated on this device"))
            let feeds = try await organisation.replica(0).read { try $0.feeds.vector(of: .audit) }
            try await organisation.update(hubTo: .present)
            try await organisation.run(["sync"], on: 0)
            let stored = try await organisation.store.transaction { try $0.vector() }
            for feed in feeds.feeds { #expect(stored[feed] >= feeds[feed]) }
            #expect(
                try await organisation.replica(0).read {
                    try $0.outbox.show(message)?.deliveries[0].record.state.word
                } == "queued")
        }
    }
}
