/// When a mail is sent, how urgent it is, and when it is given up, by its origin's clock.
package struct MailTerms: Hashable, Sendable {
    /// The longest time that a sender can give a mail.
    package static let lifetimeMaximum = Duration.seconds(365 * 86_400)

    /// Before this time nothing is sent; zero for at once.
    package var notBefore: Timestamp
    package var priority: MailPriority
    /// From this time on it is not tried again; nil for a mail without an end.
    package var expires: Timestamp?

    /// Takes what the sender chose; left out is at once, as usual, and without an end.
    package init(
        notBefore: Timestamp = Timestamp(milliseconds: 0), priority: MailPriority = .normal,
        expires: Timestamp? = nil
    ) {
        self.notBefore = notBefore
        self.priority = priority
        self.expires = expires
    }

    /// How much of its time is left; nil if it has no end.
    package func lifetime(at now: Timestamp) -> Duration? {
        expires.map { expires in
            let left = Duration.milliseconds(expires.milliseconds - now.milliseconds)
            return min(max(left, .zero), Self.lifetimeMaximum)
        }
    }
}
