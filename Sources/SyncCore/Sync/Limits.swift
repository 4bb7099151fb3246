/// The sizes beyond which nothing is sent, read or allocated.
///
/// Whoever builds a message keeps below them by sending fewer records; whoever receives one
/// compares before allocating.
package enum Limits {
    /// How many bytes a sealed request may have.
    package static let requestBytesMaximum = 8 << 20
    /// How many bytes a sealed reply may have.
    package static let replyBytesMaximum = 8 << 20
    /// How many bytes a request or reply may have before it is compressed.
    package static let messageBytesMaximum = 16 << 20
    /// How many leases may be asked for at once, one per account.
    package static let leasesMaximum = 1024
    /// How many membership entries a whole chain may have where it is sent at once.
    package static let membershipMaximum = 65_536
    /// How many numbered attempts a delivery may have.
    package static let attemptsMaximum = 65_535
    /// How many fields one part of the configuration may have.
    package static let fieldsMaximum = 65_536
    /// How many digests of topics and scopes a reply may carry.
    package static let digestsMaximum = 4096
    /// The largest number of a record, an entry or a position.
    ///
    /// It leaves room to count on, so that a hostile number cannot make the next one overflow.
    package static let positionMaximum: UInt64 = 1 << 53
}
