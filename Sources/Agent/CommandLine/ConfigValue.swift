import Outbox
import SyncCore

/// The values of configuration fields, as people type and read them.
enum ConfigValue {
    /// The option that stands in for a value.
    static let emptyHelp = OptionHelp.flag(
        "empty", es: "Dejar el dato sin valor.", en: "Leave the field without a value.")

    /// Understands what was typed: `true`, `false`, a whole number, a `"quoted"` text, or else
    /// a text; with `--list`, texts separated by commas.
    static func read(_ typed: String, isList: Bool) -> RegisterValue {
        if isList {
            return .list(
                typed.split(separator: ",").map { $0.drop { $0 == " " } }.map { item in
                    String(item.reversed().drop { $0 == " " }.reversed())
                })
        }
        switch typed {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: break
        }
        if typed.count >= 2, typed.first == "\"", typed.last == "\"" {
            return .text(String(typed.dropFirst().dropLast()))
        }
        let digits = typed.hasPrefix("-") ? typed.dropFirst() : typed[...]
        if !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(typed)
        {
            return .integer(number)
        }
        return .text(typed)
    }

    /// The value as people read it; of secrets and bytes only a fingerprint.
    static func text(_ value: RegisterValue, at path: RegisterPath) -> String {
        switch value {
        case .none: "—"
        case _ where ConfigSchema.isHidden(path): Fingerprint.text(of: value.canonicalBytes)
        case .text(let text): text
        case .integer(let number): String(number)
        case .boolean(let truth): truth ? "true" : "false"
        case .bytes(let bytes): Fingerprint.text(of: bytes)
        case .list(let items): items.joined(separator: ",")
        }
    }

    /// The value as programs read it.
    static func json(_ value: RegisterValue, at path: RegisterPath) -> JSONValue {
        if ConfigSchema.isHidden(path), value != .none {
            return ["fingerprint": .string(Fingerprint.text(of: value.canonicalBytes))]
        }
        switch value {
        case .none: return .null
        case .text(let text): return .string(text)
        case .integer(let number): return .integer(number)
        case .boolean(let truth): return .boolean(truth)
        case .bytes(let bytes): return ["fingerprint": .string(Fingerprint.text(of: bytes))]
        case .list(let items): return .array(items.map { .string($0) })
        }
    }
}

/// A field and its values as commands show them.
struct RegisterView: Sendable {
    let register: Register
    /// What people call the devices that wrote the values, in their order.
    let devices: [String]

    /// Whether a record that wrote a value says more than this version reads.
    let hasUnknownParts: Bool

    /// What a list says of a field beside which there is something unknown.
    static let unknownMark = LocalizedText(es: "parte desconocida", en: "unknown part")

    init(_ register: Register, in transaction: ReplicaTransaction) throws {
        try self.init(
            register, in: transaction.membership,
            hasUnknownParts: register.entries.contains { entry in
                let dot = entry.dot
                let feed = FeedID(
                    device: dot.device, incarnation: dot.incarnation, topic: .config,
                    scope: .organisation)
                return try transaction.hasUnknownParts(feed, dot.sequence)
            })
    }

    init(_ register: Register, in membership: Membership, hasUnknownParts: Bool = false) {
        self.register = register
        self.hasUnknownParts = hasUnknownParts
        devices = register.entries.map { membership.shownName(of: $0.dot.device).en }
    }

    var path: RegisterPath { register.path }
    var value: String { ConfigValue.text(register.value, at: path) }

    /// The proof of which values were shown, for `config set --seen`.
    var seenToken: String {
        TokenText.write(
            SeenValues(path: path, dots: register.entries.map(\.dot)), prefix: SeenValues.prefix)
    }

    var json: JSONValue {
        [
            "path": .string(path.text), "value": ConfigValue.json(register.value, at: path),
            "conflict": .boolean(register.isConflict), "seen": .string(seenToken),
            "unknown_parts": .boolean(hasUnknownParts),
            "values": .array(
                register.entries.indices.map { index in
                    Self.json(register.entries[index], at: path, device: devices[index])
                }),
        ]
    }

    static func json(
        _ entry: Register.Entry, at path: RegisterPath, device: String, isLive: Bool = true
    ) -> JSONValue {
        [
            "value": ConfigValue.json(entry.value, at: path), "actor": .string(entry.actor),
            "device": .string(device), "time": .string(entry.time.timestamp.description),
            "live": .boolean(isLive),
        ]
    }
}

/// Which values of a field somebody was shown.
struct SeenValues: CBOREncodable, CBORDecodable, Sendable {
    /// How the text of such a token begins.
    static let prefix = "smseen1"

    let path: RegisterPath
    let dots: [Dot]

    init(path: RegisterPath, dots: [Dot]) {
        self.path = path
        self.dots = dots
    }

    func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, path)
            fields.field(2, list: dots)
        }
    }

    init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "seen")
        path = try fields.required(1)
        dots = try fields.list(2, maximum: ConfigWrite.replacedMaximum)
    }
}

extension Arguments {
    /// Takes an operand that names a field of the configuration.
    mutating func path() throws(UsageError) -> RegisterPath {
        let text = try operand("PATH")
        guard let path = RegisterPath(text) else {
            throw error(
                es: "«\(text)» no es el nombre de un dato, como user/juan/name.",
                en: "“\(text)” is not the name of a field, such as user/juan/name.")
        }
        return path
    }
}
