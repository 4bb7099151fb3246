import SyncCore
import Testing

/// Makes the identifiers that tests of leases and ledgers speak about.
enum Fixture {
    static func device(_ number: UInt8) -> DeviceID {
        DeviceID(validated: [UInt8](repeating: number, count: DeviceID.byteCount))
    }

    static func account(_ name: String) -> AccountID { AccountID(validated: name) }

    static func grant(
        _ counter: UInt64, device number: UInt8 = 1, account name: String = "ventas"
    ) -> LeaseGrant {
        LeaseGrant(
            account: account(name), device: device(number),
            fence: FencingToken(counter: counter, nonce: counter &* 77))
    }

    static func delivery(_ number: UInt8 = 1) -> DeliveryID {
        DeliveryID(
            message: MessageID(validated: [UInt8](repeating: number, count: 16)), recipient: 0)
    }

    static func live(_ grants: LeaseGrant...) -> LiveLeases {
        LiveLeases(grants.map { .init(grant: $0, remaining: .seconds(20)) })
    }

    static func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }
}

/// A small generator with a seed (SplitMix64), so that a failing case can be run again.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// Whether something with a probability in thousandths happens.
    mutating func happens(_ thousandths: Int) -> Bool { next() % 1000 < UInt64(thousandths) }
}
