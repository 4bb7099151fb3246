/// A kind of record that a version of the program reads.
///
/// Records of other kinds are kept, verified and passed on like all others, and shown as unknown.
/// A later version that reads them folds them when it first opens the replica.
package struct RecordKind: Sendable {
    package let topic: Topic
    package let name: String
    /// Raised by a version that reads more of the body, so that its records are folded again.
    package let form: UInt64
    private let readsAll: @Sendable ([UInt8]) -> Bool

    /// Names a kind and the type of its bodies.
    package init<Body: CBOREncodable & CBORDecodable & SendableMetatype>(
        _ topic: Topic, _ name: String, _ body: Body.Type, form: UInt64 = 1
    ) {
        self.topic = topic
        self.name = name
        self.form = form
        readsAll = { bytes in
            do throws(CodingError) {
                return try Body(canonicalBytes: bytes).canonicalBytes == bytes
            } catch {
                return false
            }
        }
    }

    /// Every kind that this version writes.
    ///
    /// A kind that is not among them is folded by nobody.
    package static let all = [
        RecordKind(.config, ConfigWrite.recordKind, ConfigWrite.self),
        RecordKind(.config, RetentionCut.recordKind, RetentionCut.self),
        RecordKind(.mail, MailOffer.recordKind, MailOffer.self),
        RecordKind(.audit, QueuedReport.recordKind, QueuedReport.self),
        RecordKind(.audit, DeliveryReport.recordKind, DeliveryReport.self),
        RecordKind(.audit, LifeReport.recordKind, LifeReport.self),
        RecordKind(.audit, KeyReport.recordKind, KeyReport.self),
        RecordKind(.audit, RouteReport.failedKind, RouteReport.self),
        RecordKind(.audit, RouteReport.reachedKind, RouteReport.self),
        RecordKind(.audit, AccountTestReport.recordKind, AccountTestReport.self),
        RecordKind(.audit, LogSnapshot.recordKind, LogSnapshot.self),
    ]

    /// Whether a body says nothing but what this version knows: what is read is written back
    /// as the same bytes.
    package func readsAll(of body: [UInt8]) -> Bool { readsAll(body) }
}

/// The kinds of records that the program which has a replica open reads.
struct KnownKinds: Sendable {
    private let kinds: [RecordKind]
    private let places: [Topic: [String: Int]]

    init(_ kinds: [RecordKind]) {
        self.kinds = kinds
        var places: [Topic: [String: Int]] = [:]
        for (place, kind) in kinds.enumerated() {
            places[kind.topic, default: [:]][kind.name] = place
        }
        self.places = places
    }

    /// What is known of the kind of a record.
    subscript(header: RecordHeader) -> RecordKind? {
        places[header.feed.topic]?[header.kind].map { kinds[$0] }
    }

    /// The names under which a replica remembers which kinds were folded, in ascending order.
    var names: [String] { kinds.map(Self.name).sorted() }

    /// The kinds that are not among those which were folded.
    func missing(from folded: [String]) -> KnownKinds {
        let folded = Set(folded)
        return KnownKinds(kinds.filter { !folded.contains(Self.name(of: $0)) })
    }

    /// The topics in which there are kinds, in ascending order.
    var topics: [Topic] { Topic.allCases.filter { places[$0] != nil } }

    private static func name(of kind: RecordKind) -> String {
        "\(kind.topic.rawValue)/\(kind.name)/\(kind.form)"
    }
}
