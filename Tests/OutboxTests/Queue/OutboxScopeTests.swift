import Outbox
import SyncCore
import TestSupport
import Testing

/// What a device knows of mails goes with the right to know it.
struct OutboxScopeTests {
    @Test func `an auditor that is one no more forgets the mails of other branches`()
        async throws
    {
        let organisation = try await TestOrganisation(
            count: 2, folds: [OutboxFold()], places: [.init("quito", [.auditor])])
        let (office, branch) = (organisation.replicas[0], organisation.replicas[1])
        let theirs = try QueueFixture.mail(1)
        let own = try QueueFixture.mail(2)
        for (mail, replica) in [(theirs, office), (own, branch)] {
            let submission = Submission(replica: replica)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await submission.run() }
                _ = try await submission.enqueue(mail)
                group.cancelAll()
            }
        }
        try await organisation.copy(from: 0, to: 1)
        let id = DeliveryID(message: theirs.message, recipient: 0)
        #expect(try await branch.read { try $0.outbox.delivery(id) } != nil)

        let entry = try await office.read {
            try $0.nextEntry(.grant(device: branch.identity.id, capabilities: [], keys: []))
        }
        try await branch.write { try $0.admit(entry) }
        var steps = 0
        while try await branch.write({ try $0.forgetOutOfScope() }) { steps += 1 }
        #expect(steps > 0)
        try await branch.read { transaction throws in
            let outbox = transaction.outbox
            #expect(try outbox.mail(theirs.message) == nil)
            #expect(try outbox.delivery(id) == nil)
            #expect(try outbox.lines(of: theirs.message).isEmpty)
            #expect(try outbox.mail(own.message) != nil)
            #expect(try outbox.lines(of: own.message).count == 1)
            #expect(
                try outbox.delivery(DeliveryID(message: own.message, recipient: 0)) != nil)
        }
    }
}
