/// A field about which people must decide, and why.
package struct ConfigConflict: Hashable, Sendable {
    /// How the values came to stand beside each other.
    package enum Reason: String, Hashable, Sendable {
        /// Nobody who wrote one of them had received the other.
        case concurrent
        /// Somebody who wrote one had received the other, but was shown an earlier value.
        case shownEarlier = "shown_earlier"
        /// Somebody undid the decision between them.
        case undone
        /// It was written while somebody else, who did not know, removed what it belongs to.
        case removed
    }

    /// What the author of a value knew of another one.
    package struct Knowledge: Hashable, Sendable {
        /// The other write.
        package let other: Dot
        /// How many records of the other's feed the author had received.
        package let received: UInt64

        /// Whether the author had received the other write.
        package var includesOther: Bool { received >= other.sequence }
    }

    package let register: Register
    package let reason: Reason
    /// What the author of each value knew of the next one; of the last one, of the first.
    package let knowledge: [Knowledge]
    /// The removal that the field was written beside, if that is the reason.
    package let removal: Register.Entry?

    package var path: RegisterPath { register.path }
}

/// Finds the fields about which people must decide.
package struct ConflictSearch {
    private let config: ConfigStore
    private let feeds: FeedStore

    package init(_ transaction: ReplicaTransaction) {
        config = transaction.config
        feeds = transaction.feeds
    }

    /// Every conflict, in ascending order of the fields.
    package func all() throws -> [ConfigConflict] {
        let conflicts = try config.conflicts().map(explain)
        let known = Set(conflicts.map(\.path))
        let removed = try besideRemovals().filter { !known.contains($0.path) }
        return (conflicts + removed).sorted { $0.path < $1.path }
    }

    /// The conflict about one field, if there is one.
    package func conflict(about path: RegisterPath) throws -> ConfigConflict? {
        let register = try config.register(path)
        if register.isConflict { return try explain(register) }
        return try besideRemovals().first { $0.path == path }
    }

    private func explain(_ register: Register) throws -> ConfigConflict {
        let entries = register.entries
        var knowledge: [ConfigConflict.Knowledge] = []
        for (index, entry) in entries.enumerated() {
            let other = entries[(index + 1) % entries.count]
            knowledge.append(try self.knowledge(of: entry.dot, about: other.dot))
        }
        let isKnown = knowledge.contains(where: \.includesOther)
        let reason: ConfigConflict.Reason =
            if !isKnown { .concurrent } else if try isUndone(register) { .undone } else {
                .shownEarlier
            }
        return ConfigConflict(
            register: register, reason: reason, knowledge: knowledge, removal: nil)
    }

    /// Whether all values replaced one and the same value: the decision that was undone.
    private func isUndone(_ register: Register) throws -> Bool {
        var common: Set<Dot>?
        for entry in register.entries {
            let replaced = Set(try feeds.write(entry.dot, to: register.path)?.replaced ?? [])
            common = common?.intersection(replaced) ?? replaced
        }
        let devices = Set(register.entries.map { $0.dot.device })
        return devices.count == 1 && !(common ?? []).isEmpty
    }

    /// The fields that were written while somebody else removed what they belong to.
    private func besideRemovals() throws -> [ConfigConflict] {
        var found: [ConfigConflict] = []
        for state in try config.states() {
            guard let removal = state.entries.first(where: { $0.value == .text("removed") }),
                let owner = state.path.text.split(separator: "/").dropLast().nonEmptyPath
            else { continue }
            for register in try config.registers(below: owner) where register.path != state.path {
                if let conflict = try besideRemoval(removal, register) { found.append(conflict) }
            }
        }
        return found
    }

    private func besideRemoval(
        _ removal: Register.Entry, _ register: Register
    ) throws -> ConfigConflict? {
        guard !register.path.isWrittenByDevices else { return nil }
        for entry in register.entries {
            let one = try knowledge(of: entry.dot, about: removal.dot)
            let other = try knowledge(of: removal.dot, about: entry.dot)
            guard !one.includesOther, !other.includesOther else { continue }
            return ConfigConflict(
                register: register, reason: .removed, knowledge: [one], removal: removal)
        }
        return nil
    }

    private func knowledge(of dot: Dot, about other: Dot) throws -> ConfigConflict.Knowledge {
        let (own, its) = (FeedID(of: dot), FeedID(of: other))
        let received =
            own == its ? dot.sequence - 1 : try feeds.clock(of: own, at: dot.sequence)[its]
        return ConfigConflict.Knowledge(other: other, received: received)
    }
}

extension FeedID {
    /// The feed of a write to the configuration.
    init(of dot: Dot) {
        self.init(
            device: dot.device, incarnation: dot.incarnation, topic: .config,
            scope: .organisation)
    }
}

extension Collection where Element == Substring {
    /// The parts joined again, unless there are none.
    fileprivate var nonEmptyPath: String? { isEmpty ? nil : joined(separator: "/") }
}
