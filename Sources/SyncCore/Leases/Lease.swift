/// One grant of one account's lease: who may make claims for it, and under which fence.
package struct LeaseGrant: Hashable, Comparable, Sendable {
    /// The account whose mail may be claimed.
    package let account: AccountID
    /// The device that holds the lease.
    package let device: DeviceID
    /// The name of this grant.
    package let fence: FencingToken

    package init(account: AccountID, device: DeviceID, fence: FencingToken) {
        self.account = account
        self.device = device
        self.fence = fence
    }

    package static func < (a: LeaseGrant, b: LeaseGrant) -> Bool {
        if a.fence != b.fence { return a.fence < b.fence }
        return (a.account, a.device) < (b.account, b.device)
    }
}

/// A grant and the moment it ends, as the hub stores it.
package struct Lease: Hashable, Sendable {
    /// Who may claim, and under which fence.
    package let grant: LeaseGrant
    /// The request this lease answered first; a repetition of it gets the same grant.
    package let ticket: UInt64
    /// The end, on the clock of the book that granted it. Another clock's end means nothing.
    package let end: Duration

    package init(grant: LeaseGrant, ticket: UInt64, end: Duration) {
        self.grant = grant
        self.ticket = ticket
        self.end = end
    }

    /// The account whose mail may be claimed.
    package var account: AccountID { grant.account }
    /// The device that holds the lease.
    package var device: DeviceID { grant.device }
    /// The name of this grant.
    package var fence: FencingToken { grant.fence }
}

/// A device's wish to hold, or to keep, the lease of an account.
///
/// The same bytes may arrive any number of times: they get the same grant.
package struct LeaseRequest: Hashable, Sendable {
    /// The account whose mail the device wants to claim.
    package let account: AccountID
    /// Names this request. It is random, so that a restarted device, which cannot know what
    /// its former life did under the old fence, is given another one.
    package let ticket: UInt64
    /// The fence the device holds and wants to keep.
    package let replacing: FencingToken?

    package init(account: AccountID, ticket: UInt64, replacing: FencingToken?) {
        self.account = account
        self.ticket = ticket
        self.replacing = replacing
    }
}

extension LeaseGrant: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(3)
        writer.value(account)
        writer.value(device)
        writer.value(fence)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 3) == 3 else { throw CodingError(.value, in: "grant") }
        account = try reader.value()
        device = try reader.value()
        fence = try reader.value()
    }
}

extension Lease: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(3)
        writer.value(grant)
        writer.unsigned(ticket)
        writer.signed(end.milliseconds)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 3) == 3 else { throw CodingError(.value, in: "lease") }
        grant = try reader.value()
        ticket = try reader.unsigned()
        end = .milliseconds(try reader.signed())
    }
}

extension LeaseRequest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields {
            $0.field(1, account)
            $0.field(2) { $0.unsigned(ticket) }
            $0.field(3, replacing)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "lease request")
        account = try fields.required(1)
        ticket = try fields.required(2)
        replacing = try fields.optional(3)
    }
}
