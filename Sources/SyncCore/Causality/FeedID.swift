/// What a feed is about, which decides who receives it.
package enum Topic: UInt64, Sendable, CaseIterable, Comparable {
    /// Configuration: everybody receives it.
    case config = 1
    /// Custody of mail: the hub and the senders receive it.
    case mail = 2
    /// What happened: the hub, the auditors and the branch it concerns receive it.
    case audit = 3

    package static func < (a: Topic, b: Topic) -> Bool { a.rawValue < b.rawValue }

    /// What people call it.
    package var title: LocalizedText {
        switch self {
        case .config: LocalizedText(es: "configuración", en: "configuration")
        case .mail: LocalizedText(es: "correo", en: "mail")
        case .audit: LocalizedText(es: "auditoría", en: "audit")
        }
    }

    /// The word that programs read.
    package var name: String {
        switch self {
        case .config: "config"
        case .mail: "mail"
        case .audit: "audit"
        }
    }
}

/// The part of the company that a feed concerns.
package enum Scope: Hashable, Comparable, Sendable {
    case organisation
    case branch(BranchID)

    package static func < (a: Scope, b: Scope) -> Bool { a.text < b.text }

    /// The branch's name, or nothing for the whole organisation.
    package var text: String {
        switch self {
        case .organisation: ""
        case .branch(let branch): branch.text
        }
    }

    /// What a topic of this scope is called where programs and administrators read.
    package func name(of topic: Topic) -> String {
        self == .organisation ? topic.name : "\(topic.name)/\(text)"
    }

    /// Reads the form that ``text`` gives.
    package init?(_ text: String) {
        guard !text.isEmpty else {
            self = .organisation
            return
        }
        guard let branch = BranchID(text) else { return nil }
        self = .branch(branch)
    }
}

/// The append-only sequence of records that one life of one device writes on one topic for one
/// scope, replicated whole or not at all.
package struct FeedID: Hashable, Comparable, Sendable {
    package let device: DeviceID
    package let incarnation: Incarnation
    package let topic: Topic
    package let scope: Scope

    package init(device: DeviceID, incarnation: Incarnation, topic: Topic, scope: Scope) {
        self.device = device
        self.incarnation = incarnation
        self.topic = topic
        self.scope = scope
    }

    package static func < (a: FeedID, b: FeedID) -> Bool {
        (a.device, a.incarnation, a.topic, a.scope) < (b.device, b.incarnation, b.topic, b.scope)
    }

    /// Whether everybody who receives records of `record` also receives this feed.
    ///
    /// A clock may only name such feeds: others would grow it for nothing, and tell a branch
    /// what it may not know.
    package func mayBeNamed(by record: FeedID) -> Bool {
        switch topic {
        case .config: true
        case .mail: record.topic == .mail
        case .audit: record.topic == .audit && record.scope == scope
        }
    }
}

extension Topic: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.unsigned(rawValue) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let topic = Topic(rawValue: try reader.unsigned()) else {
            throw CodingError(.value, in: "topic")
        }
        self = topic
    }
}

extension Scope: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) { writer.text(text) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard let scope = Scope(try reader.text(maximum: BranchID.byteCountMaximum)) else {
            throw CodingError(.value, in: "scope")
        }
        self = scope
    }
}

extension FeedID: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(4)
        writer.value(device)
        writer.value(incarnation)
        writer.value(topic)
        writer.value(scope)
    }
    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 4) == 4 else { throw CodingError(.value, in: "feed") }
        device = try reader.value()
        incarnation = try reader.value()
        topic = try reader.value()
        scope = try reader.value()
    }
}
