/// What membership lets a device do beyond queueing, which every device may.
package enum Capability: UInt64, Sendable, CaseIterable, Comparable {
    /// Write configuration and membership.
    case admin = 1
    /// Open SMTP secrets and hold leases.
    case sender = 2
    /// Receive everyone's audit records.
    case auditor = 3

    package static func < (a: Capability, b: Capability) -> Bool { a.rawValue < b.rawValue }

    /// The word that people read and type.
    package var name: String {
        switch self {
        case .admin: "admin"
        case .sender: "sender"
        case .auditor: "auditor"
        }
    }

    /// Reads the word that ``name`` gives.
    package init?(name: String) {
        guard let capability = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = capability
    }

    /// Whether the capability waits for an administrator's approval after a device joined.
    package var needsApproval: Bool {
        switch self {
        case .admin, .sender: true
        case .auditor: false
        }
    }
}

extension Capability: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.unsigned(rawValue) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let capability = Capability(rawValue: try reader.unsigned()) else {
            throw CodingError(.value, in: "capability")
        }
        self = capability
    }
}
