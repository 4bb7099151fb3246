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
    /// The end, on the clock of the book that granted it.
    ///
    /// Another clock's end means nothing.
    package let end: Duration

    package init(grant: LeaseGrant, end: Duration) {
        self.grant = grant
        self.end = end
    }

    /// The account whose mail may be claimed.
    package var account: AccountID { grant.account }
    /// The device that holds the lease.
    package var device: DeviceID { grant.device }
    /// The name of this grant.
    package var fence: FencingToken { grant.fence }
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
        writer.array(2)
        writer.value(grant)
        writer.signed(end.milliseconds)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2 else { throw CodingError(.value, in: "lease") }
        grant = try reader.value()
        end = .milliseconds(try reader.signed())
    }
}
