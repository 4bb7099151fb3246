package import SyncCore

/// What a sender may wish about the time of a mail, as it was typed or written in a header.
package struct SendingWishes: Hashable, Sendable {
    /// The longest time within which a mail can be taken back (`--undo`).
    package static let undoMaximum = Duration.seconds(86_400)
    /// How long a mail is tried when nobody says otherwise.
    package static let lifetimeDefault = Duration.seconds(5 * 86_400)

    /// Not before this time.
    package var time: TypedTime?
    /// So long it waits for a change of mind.
    package var undo: Duration?
    package var priority = MailPriority.normal
    /// So long it is tried, from the time when it may go.
    package var lifetime: Duration?

    package init() {}

    /// The parts that can be wished for, by the words in which programs write them.
    package enum Part: String, Sendable, CaseIterable {
        case at
        case undo
        case priority
        case expire

        /// How the wish is written.
        package var examples: String {
            switch self {
            case .at: "2026-11-21T09:30Z, 30m, 2h, 7d"
            case .undo: "20s, 5m"
            case .priority: MailPriority.allCases.map(\.word).joined(separator: ", ")
            case .expire: "12h, 5d"
            }
        }
    }

    /// Takes one wish.
    ///
    /// - Parameters:
    ///   - text: The wish as it was written.
    ///   - part: What it is about.
    /// - Returns: Whether it could be understood; nothing changes if not.
    package mutating func take(_ text: String, as part: Part) -> Bool {
        switch part {
        case .at:
            guard let time = TypedTime(text) else { return false }
            self.time = time
        case .undo:
            guard let undo = TypedDuration(text)?.duration, undo <= Self.undoMaximum else {
                return false
            }
            self.undo = undo
        case .priority:
            guard let priority = MailPriority(text) else { return false }
            self.priority = priority
        case .expire:
            guard let lifetime = TypedDuration(text)?.duration, lifetime > .zero,
                lifetime <= MailTerms.lifetimeMaximum
            else { return false }
            self.lifetime = lifetime
        }
        return true
    }

    /// What they mean for a mail that is queued now, with what the organisation set.
    package func terms(at now: Timestamp, _ defaults: SendingDefaults) -> MailTerms {
        var terms = MailTerms(priority: priority)
        let wait = undo ?? defaults.undo
        if wait > .zero { terms.notBefore = now.advanced(by: wait) }
        if let time = time?.coming(after: now), time > now {
            terms.notBefore = max(terms.notBefore, time)
        }
        terms.expires = max(now, terms.notBefore).advanced(by: lifetime ?? defaults.lifetime)
        return terms
    }
}

/// What holds for mails about whose time nothing was wished.
package struct SendingDefaults: Hashable, Sendable {
    /// `mail/undo`.
    package var undo = Duration.zero
    /// `mail/expire`.
    package var lifetime = SendingWishes.lifetimeDefault

    package init() {}
}
