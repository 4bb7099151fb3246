/// Which mails go first when several wait; among those of one priority the oldest does.
package enum MailPriority: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    case high
    case normal
    case low

    /// The word that people and programs write.
    package var word: String {
        switch self {
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    /// What people read.
    package var name: LocalizedText {
        switch self {
        case .high: LocalizedText(es: "alta", en: "high")
        case .normal: LocalizedText(es: "normal", en: "normal")
        case .low: LocalizedText(es: "baja", en: "low")
        }
    }

    /// Understands ``word``.
    package init?(_ word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }

    package static func < (a: MailPriority, b: MailPriority) -> Bool { a.rawValue < b.rawValue }
}

extension MailPriority: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.unsigned(UInt64(rawValue))
    }

    /// A priority that this version does not know is the usual one.
    package init(from reader: inout CBORReader) throws(CodingError) {
        let number = try reader.unsigned(maximum: UInt64(UInt8.max), in: "priority")
        self = UInt8(exactly: number).flatMap { MailPriority(rawValue: $0) } ?? .normal
    }
}
