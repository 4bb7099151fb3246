/// The body of a `log.snapshot` record: where the log of a branch may begin at a new replica.
///
/// An administrator signs how long each feed of the branch was at some moment and how it ended.
/// What comes later continues from there, and what came before stays at the hub and the auditors.
/// The record stands in the log of the same branch, so it names nothing that its readers may not
/// know.
package struct LogSnapshot: Hashable, Sendable {
    /// The kind of the record.
    package static let recordKind = "log.snapshot"
    /// How many feeds a snapshot may name.
    package static let endsMaximum = 4096

    /// Where the feeds end, in ascending order.
    package let ends: [FeedEnd]
    /// The digest of what is named, as a replica that holds it has it.
    package let digest: Digest

    package init(_ ends: [FeedEnd]) {
        self.ends = ends
        digest = Digest(of: ends)
    }

    /// Whether it names feeds of the log of one scope, each once, with the digest they have.
    func isOf(_ scope: Scope) -> Bool {
        digest == Digest(of: ends)
            && ends.allSatisfy { $0.feed.topic == .audit && $0.feed.scope == scope && $0.count > 0 }
            && zip(ends, ends.dropFirst()).allSatisfy { $0.feed < $1.feed }
    }
}

extension Digest {
    /// The digest of feeds that end so.
    fileprivate init(of ends: [FeedEnd]) {
        var writer = CBORWriter()
        for end in ends { writer.value(end) }
        self.init(of: writer.bytes)
    }
}

extension LogSnapshot: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, list: ends)
            fields.field(2, digest)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "snapshot")
        ends = try fields.list(1, maximum: Self.endsMaximum)
        digest = try fields.required(2)
    }
}
