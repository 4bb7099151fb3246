/// The body of a `retention.cut` record: from when on contents are kept, topic by topic.
///
/// An administrator signs it into the configuration, so that everybody receives it. Salt and body
/// of older records are erased everywhere; their headers, and with them the chains and the
/// signatures, stay. It cannot be taken back, and an earlier cut beside a later one changes
/// nothing.
package struct RetentionCut: Hashable, Sendable {
    /// What is erased of one topic.
    package struct Part: Hashable, Sendable {
        package let topic: Topic
        /// Contents of records that were written before are erased.
        package let before: Timestamp

        package init(topic: Topic, before: Timestamp) {
            self.topic = topic
            self.before = before
        }
    }

    /// The kind of the record.
    package static let recordKind = "retention.cut"
    /// The topics whose contents may be erased; the configuration is kept for good.
    package static let topics: [Topic] = [.mail, .audit]
    /// How many days contents are kept at least: a cut that is later than that does not count.
    package static let daysMinimum = 30

    /// In ascending order of topic, each once.
    package let parts: [Part]

    package init(_ parts: [Part]) {
        self.parts = parts.sorted { $0.topic < $1.topic }
    }

    /// The latest time before which something may be erased at some moment.
    package static func latest(at now: Timestamp) -> Timestamp {
        now.advanced(by: .seconds(-86_400 * daysMinimum))
    }
}

extension RetentionCut.Part: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, topic)
            fields.field(2, before)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "retention part")
        topic = try fields.required(1)
        before = try fields.required(2)
        guard RetentionCut.topics.contains(topic) else {
            throw CodingError(.value, in: "retention topic")
        }
    }
}

extension RetentionCut: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { $0.field(1, list: parts) }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "retention cut")
        parts = try fields.list(1, maximum: Self.topics.count)
        guard zip(parts, parts.dropFirst()).allSatisfy({ $0.topic < $1.topic }) else {
            throw CodingError(.value, in: "retention cut")
        }
    }
}
