/// The versions of the protocol between device and hub that a program speaks.
///
/// Both sides say so in every message; what is common is used. The versions are counted:
///
/// - 1: messages that name no versions
/// - 2: messages that name them (`docs/PROTOCOL.md`, "Versions")
package struct ProtocolVersions: Hashable, Sendable {
    package let lowest: UInt64
    package let highest: UInt64

    /// Those of this program: its own, and the one before.
    package static let present = ProtocolVersions(1, through: 2)
    /// Those of a program that names none.
    package static let unnamed = ProtocolVersions(1, through: 1)

    /// The first version whose messages name versions.
    private static let firstNamed: UInt64 = 2
    private static let highestMaximum: UInt64 = 65_535

    package init(_ lowest: UInt64, through highest: UInt64) {
        precondition(lowest >= 1 && lowest <= highest && highest <= Self.highestMaximum)
        self.lowest = lowest
        self.highest = highest
    }

    /// How two sides stand to one another.
    package enum Agreement: Hashable, Sendable {
        case common(UInt64)
        /// The other side is older than anything that this one speaks, and has to be updated.
        case otherIsOlder
        /// This side is older than anything that the other one speaks, and has to be updated.
        case thisIsOlder
    }

    /// What to speak with another side; the highest that both speak.
    package func agreement(with other: ProtocolVersions) -> Agreement {
        if other.highest < lowest { return .otherIsOlder }
        if highest < other.lowest { return .thisIsOlder }
        return .common(min(highest, other.highest))
    }

    /// The field of a message that names them; version 1 has none.
    var named: ProtocolVersions? { highest >= Self.firstNamed ? self : nil }
}

extension ProtocolVersions: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(2)
        writer.unsigned(lowest)
        writer.unsigned(highest)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2, in: "versions") == 2 else {
            throw CodingError(.value, in: "versions")
        }
        lowest = try reader.unsigned(maximum: Self.highestMaximum, in: "versions")
        highest = try reader.unsigned(maximum: Self.highestMaximum, in: "versions")
        guard lowest >= 1, lowest <= highest else { throw CodingError(.value, in: "versions") }
    }

    /// The field that requests and replies name versions in.
    static let field: UInt64 = 31

    /// Reads what a message names, without reading anything else of it.
    static func named(in message: [UInt8]) throws(CodingError) -> ProtocolVersions {
        var reader = CBORReader(message)
        return try reader.fields(in: "message").optional(field) ?? .unnamed
    }
}

extension ProtocolVersions {
    /// What to tell people where the hub is too old.
    static let hubIsOlderText = LocalizedText(
        es: "El servidor tiene una versión de syncmail más antigua, con la que este equipo ya no "
            + "habla. Hay que actualizar el servidor (syncmail-server). El correo sigue en cola y "
            + "no se pierde nada.",
        en: "The hub has an older version of syncmail, which this device no longer speaks with. "
            + "The hub (syncmail-server) has to be updated. Mail stays queued, and nothing is "
            + "lost.")

    /// What to tell people where the device is too old.
    static let deviceIsOlderText = LocalizedText(
        es: "Este equipo tiene una versión de syncmail más antigua, con la que el servidor ya no "
            + "habla. Hay que actualizar syncmail en este equipo. El correo sigue en cola y no se "
            + "pierde nada.",
        en: "This device has an older version of syncmail, which the hub no longer speaks with. "
            + "syncmail has to be updated on this device. Mail stays queued, and nothing is lost.")
}
