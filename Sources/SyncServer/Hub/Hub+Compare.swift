import SyncCore

extension Hub {
    /// Answers a device that looks for the place where its state differs.
    func compare(_ question: CompareQuestion, for device: DeviceID) async throws -> HubReply {
        try await store.transaction { transaction in
            guard let member = transaction.membership.device(device) else {
                throw HubRefusal(.notAMember)
            }
            func check(_ topic: Topic, _ scope: Scope, of author: DeviceID? = nil) throws {
                guard member.receives(topic, scope) || author == device else {
                    throw HubRefusal(.notPermitted)
                }
            }
            switch question {
            case .ends(let digest):
                try check(digest.topic, digest.scope)
                return .compared(
                    .ends(try transaction.feedEnds(of: digest.topic, digest.scope)))
            case .records(let feed, let sequences):
                try check(feed.topic, feed.scope, of: feed.device)
                return .compared(
                    .records(try sequences.map { try transaction.recordHash(of: feed, $0) }))
            case .parts: return .compared(.parts(try transaction.partDigests()))
            case .fields(let part):
                return .compared(.fields(try transaction.fieldDigests(in: part)))
            case .values(let paths):
                return .compared(.values(try paths.map { try transaction.register($0) }))
            case .batch(let feed, let place):
                try check(feed.topic, feed.scope)
                return .compared(.batch(try transaction.batch(of: feed, after: place)))
            }
        }
    }
}
