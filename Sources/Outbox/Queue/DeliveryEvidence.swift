/// A report about a delivery from beyond the server that took it.
///
/// Evidence is a set keyed by its source and the source's own event: it may arrive in any
/// order and any number of times.
package struct DeliveryEvidence: Hashable, Sendable {
    /// What a report says.
    package enum Kind: Hashable, Sendable {
        /// A later server tries again.
        case deferred
        /// A provider took the mail.
        case sent
        /// The recipient's server took it.
        case delivered
        /// It was displayed: a hint, never a proof.
        case opened
        /// It came back.
        case bounced(Bounce)
        /// A provider dropped it.
        case failed
        /// The recipient complained.
        case complaint
        /// The address is on the list of those that are not written to.
        case suppressed
    }

    /// Why a mail came back.
    package enum Bounce: String, Hashable, Sendable, CaseIterable {
        /// The address does not exist.
        case hard
        /// The mailbox cannot take it now.
        case soft
        /// Our mail is not accepted: our fault, not the recipient's.
        case policy
    }

    /// Who reports, such as `dsn` or `sendgrid`.
    package let source: String
    /// The source's own name of the event.
    package let event: String
    package let kind: Kind

    package init(source: String, event: String, kind: Kind) {
        self.source = source
        self.event = event
        self.kind = kind
    }
}
