/// A machine that holds a replica, named by the first 16 bytes of the hash of its signing key.
///
/// The name is therefore proof of the key: nobody else can answer for it.
package struct DeviceID: RandomIdentifier {
    package let bytes: [UInt8]
    package init(validated bytes: [UInt8]) { self.bytes = bytes }
}

/// A mail as its sender queued it, named at random when it is accepted.
package struct MessageID: RandomIdentifier {
    package let bytes: [UInt8]
    package init(validated bytes: [UInt8]) { self.bytes = bytes }
}

/// An invitation to join the organisation.
package struct InviteID: RandomIdentifier {
    package let bytes: [UInt8]
    package init(validated bytes: [UInt8]) { self.bytes = bytes }
}

/// A person of the company, such as `juan`.
package struct UserID: ChosenIdentifier {
    package let text: String
    package init(validated text: String) { self.text = text }
}

/// A branch of the company, such as `quito-norte`.
package struct BranchID: ChosenIdentifier {
    package let text: String
    package init(validated text: String) { self.text = text }
}

/// An identity that can send, such as `ventas`.
package struct AccountID: ChosenIdentifier {
    package let text: String
    package init(validated text: String) { self.text = text }
}

/// One life of a device's replica: a restored or cloned replica begins another.
package struct Incarnation: Hashable, Comparable, Sendable {
    /// A random number; it orders nothing but lists.
    package let number: UInt64

    package init(number: UInt64) {
        self.number = number
    }

    package static func < (a: Incarnation, b: Incarnation) -> Bool { a.number < b.number }
}

/// One recipient of one message: what is claimed, sent, and has a state.
package struct DeliveryID: Hashable, Comparable, Sendable {
    package let message: MessageID
    /// The recipient's place in the message's list, from 0.
    package let recipient: Int

    package init(message: MessageID, recipient: Int) {
        self.message = message
        self.recipient = recipient
    }

    package static func < (a: DeliveryID, b: DeliveryID) -> Bool {
        (a.message, a.recipient) < (b.message, b.recipient)
    }
}

/// The fence of a lease: names one grant, and no other grant for the same account.
///
/// The counter grows with every grant; the random half tells a grant of a hub that was
/// restored from a backup from the one it had given before.
package struct FencingToken: Hashable, Comparable, Sendable {
    package let counter: UInt64
    package let nonce: UInt64

    package init(counter: UInt64, nonce: UInt64) {
        self.counter = counter
        self.nonce = nonce
    }

    package static func < (a: FencingToken, b: FencingToken) -> Bool {
        (a.counter, a.nonce) < (b.counter, b.nonce)
    }
}

extension Incarnation: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.unsigned(number) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        number = try reader.unsigned()
    }
}

extension DeliveryID: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(2)
        writer.value(message)
        writer.unsigned(UInt64(recipient))
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2 else { throw CodingError(.value, in: "delivery") }
        message = try reader.value()
        recipient = Int(try reader.unsigned(maximum: UInt64(UInt16.max)))
    }
}

extension FencingToken: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(2)
        writer.unsigned(counter)
        writer.unsigned(nonce)
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2 else { throw CodingError(.value, in: "fence") }
        counter = try reader.unsigned()
        nonce = try reader.unsigned()
    }
}
