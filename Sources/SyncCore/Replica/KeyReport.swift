/// The body of a `device.keys` record: somebody changed what opens the replica of a device.
///
/// It is written after the change. A process that is killed in between leaves a change without a
/// record; the time that each slot carries still tells of it.
package struct KeyReport: Hashable, Sendable {
    /// What was done.
    package enum Change: UInt64, Sendable, CaseIterable {
        case addedPassphrase = 1
        case addedRecovery = 2
        case removed = 3
        case rotated = 4
        case recovered = 5
    }

    /// The kind of the record.
    package static let recordKind = "device.keys"

    package let change: Change
    /// The number of the slot, where it is about one.
    package let slot: UInt64?

    package init(_ change: Change, slot: UInt64? = nil) {
        self.change = change
        self.slot = slot
    }

    /// The sentence of a report in both languages, found by the Spanish one, which the log keeps.
    package static func sentence(_ spanish: String) -> LocalizedText? {
        let slot = UInt64(spanish.filter(\.isWholeNumber))
        return Change.allCases.map { KeyReport($0, slot: slot).text }.first { $0.es == spanish }
    }

    /// The sentence for the log.
    package var text: LocalizedText {
        let number = slot.map(String.init) ?? "?"
        return switch change {
        case .addedPassphrase:
            LocalizedText(
                es: "una frase abre ahora la réplica (ranura \(number))",
                en: "a passphrase now opens the replica (slot \(number))")
        case .addedRecovery:
            LocalizedText(
                es: "la clave de recuperación abre la réplica (ranura \(number))",
                en: "the recovery key opens the replica (slot \(number))")
        case .removed:
            LocalizedText(es: "se quitó la ranura \(number)", en: "slot \(number) was removed")
        case .rotated:
            LocalizedText(
                es: "la réplica tiene una clave nueva", en: "the replica has a new key")
        case .recovered:
            LocalizedText(
                es: "la réplica se abrió con la clave de recuperación o una frase, y la máquina "
                    + "tiene una ranura nueva",
                en: "the replica was opened with the recovery key or a passphrase, and the machine "
                    + "has a new slot")
        }
    }
}

extension KeyReport: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, change.rawValue)
            fields.field(2, slot)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "key report")
        guard let change = Change(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "change of keys")
        }
        self.change = change
        slot = try fields.optional(2)
    }
}
