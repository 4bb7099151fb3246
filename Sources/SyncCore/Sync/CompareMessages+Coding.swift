/// The numbers of the questions, and of the answers to them.
private enum CompareKind: UInt64 {
    case ends = 1
    case records = 2
    case parts = 3
    case fields = 4
    case values = 5
    case batch = 6
}

extension CompareQuestion: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            switch self {
            case .ends(let digest):
                fields.field(1, CompareKind.ends.rawValue)
                fields.field(2, digest)
            case .records(let feed, let sequences):
                fields.field(1, CompareKind.records.rawValue)
                fields.field(2, feed)
                fields.field(3, list: sequences)
            case .parts: fields.field(1, CompareKind.parts.rawValue)
            case .fields(let part):
                fields.field(1, CompareKind.fields.rawValue)
                fields.field(2, UInt64(part))
            case .values(let paths):
                fields.field(1, CompareKind.values.rawValue)
                fields.field(2, list: paths)
            case .batch(let feed, let place):
                fields.field(1, CompareKind.batch.rawValue)
                fields.field(2, feed)
                fields.field(3, place)
            }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "question")
        guard let kind = CompareKind(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "question")
        }
        switch kind {
        case .ends: self = .ends(try fields.required(2))
        case .records:
            self = .records(
                try fields.required(2), try fields.list(3, maximum: Self.itemsMaximum))
        case .parts: self = .parts
        case .fields:
            self = .fields(
                part: UInt8(
                    try fields.required(2) { (reader) throws(CodingError) in
                        try reader.unsigned(maximum: UInt64(UInt8.max), in: "part")
                    }))
        case .values: self = .values(try fields.list(2, maximum: Self.itemsMaximum))
        case .batch:
            self = .batch(try fields.required(2), after: try fields.position(3, in: "place"))
        }
    }
}

extension CompareAnswer: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            switch self {
            case .ends(let ends):
                fields.field(1, CompareKind.ends.rawValue)
                fields.field(2, list: ends)
            case .records(let hashes):
                fields.field(1, CompareKind.records.rawValue)
                fields.field(2, list: hashes)
            case .parts(let hashes):
                fields.field(1, CompareKind.parts.rawValue)
                fields.field(2, list: hashes)
            case .fields(let digests):
                fields.field(1, CompareKind.fields.rawValue)
                fields.field(2, list: digests)
            case .values(let registers):
                fields.field(1, CompareKind.values.rawValue)
                fields.field(2, list: registers)
            case .batch(let batch):
                fields.field(1, CompareKind.batch.rawValue)
                fields.field(2, batch)
            }
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "answer")
        guard let kind = CompareKind(rawValue: try fields.required(1)) else {
            throw CodingError(.value, in: "answer")
        }
        switch kind {
        case .ends: self = .ends(try fields.list(2, maximum: VersionVector.feedsMaximum))
        case .records:
            self = .records(try fields.list(2, maximum: CompareQuestion.itemsMaximum))
        case .parts: self = .parts(try fields.list(2, maximum: ConfigStore.partsCount))
        case .fields: self = .fields(try fields.list(2, maximum: Limits.fieldsMaximum))
        case .values:
            self = .values(try fields.list(2, maximum: CompareQuestion.itemsMaximum))
        case .batch: self = .batch(try fields.optional(2))
        }
    }
}

extension FeedEnd: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(3)
        writer.value(feed)
        writer.unsigned(count)
        writer.value(hash)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 3) == 3 else { throw CodingError(.value, in: "end") }
        feed = try reader.value()
        count = try reader.position(in: "end")
        hash = try reader.value()
    }
}

extension FieldDigest: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.array(2)
        writer.value(path)
        writer.value(digest)
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        guard try reader.array(maximum: 2) == 2 else { throw CodingError(.value, in: "field") }
        path = try reader.value()
        digest = try reader.value()
    }
}

extension Register: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, path)
            fields.field(2, list: entries)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "register")
        self.init(
            path: try fields.required(1),
            entries: try fields.list(2, maximum: ConfigWrite.replacedMaximum))
    }
}

extension Register.Entry: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, dot)
            fields.field(2, value)
            fields.field(3, time)
            fields.field(4, actor)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "register entry")
        dot = try fields.required(1)
        value = try fields.required(2)
        time = try fields.required(3)
        actor = try fields.required(4) { (reader) throws(CodingError) in
            try reader.text(maximum: 64, in: "actor")
        }
    }
}
