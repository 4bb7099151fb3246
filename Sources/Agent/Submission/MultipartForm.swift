import Glibc

/// A body of multipart/form-data (RFC 7578), cut into its parts.
///
/// It is read strictly: what different readers would take for different parts is refused, and
/// nothing of a refused body is used.
struct MultipartForm: Sendable {
    /// One field or file.
    struct Part: Sendable {
        let name: String
        /// The name of the file, as it was sent; it may hold anything.
        let fileName: String?
        let type: String?
        let bytes: [UInt8]
    }

    static let partsMaximum = 256
    static let headerByteCountMaximum = 4096
    private static let boundaryByteCountMaximum = 70

    let parts: [Part]

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - contentType: The header field, with the boundary.
    /// - Throws: ``APIError`` with `badForm`.
    init(_ body: [UInt8], contentType: String) throws(APIError) {
        guard let boundary = Self.boundary(of: contentType) else { throw APIError(.badForm) }
        let mark = Array("\r\n--\(boundary)".utf8)
        // The first boundary has no line before it that it could end.
        guard body.starts(with: mark.dropFirst(2)) else { throw APIError(.badForm) }
        var place = mark.count - 2
        var parts: [Part] = []
        while true {
            let end = body[place...].prefix(2)
            if end.elementsEqual("--".utf8) { break }
            guard end.elementsEqual("\r\n".utf8), parts.count < Self.partsMaximum else {
                throw APIError(.badForm)
            }
            // Headers may be empty, so the line end before them is part of what is looked for.
            guard
                let blank = Self.find(Array("\r\n\r\n".utf8), in: body, from: place),
                blank - place <= Self.headerByteCountMaximum,
                let next = Self.find(mark, in: body, from: blank + 2), next >= blank + 2
            else { throw APIError(.badForm) }
            let start = blank + 4
            guard next + 2 >= start else { throw APIError(.badForm) }
            parts.append(
                try Self.part(
                    header: body[(place + 2)..<max(place + 2, blank)],
                    bytes: start <= next ? Array(body[start..<next]) : []))
            place = next + mark.count
        }
        self.parts = parts
    }

    private static func part(
        header: ArraySlice<UInt8>, bytes: [UInt8]
    ) throws(APIError) -> Part {
        guard let text = String(validating: header, as: UTF8.self) else { throw APIError(.badForm) }
        var fields: [String: String] = [:]
        for line in text.split(separator: "\r\n") {
            let halves = line.split(separator: ":", maxSplits: 1)
            guard halves.count == 2, !line.contains("\n"), !line.contains("\r") else {
                throw APIError(.badForm)
            }
            let name = halves[0].lowercased()
            guard fields[name] == nil else { throw APIError(.badForm) }
            fields[name] = String(halves[1].drop { $0 == " " })
        }
        let coding = fields["content-transfer-encoding"]?.lowercased() ?? "binary"
        guard ["binary", "7bit", "8bit"].contains(coding),
            let disposition = fields["content-disposition"],
            let parameters = Self.parameters(of: disposition, kind: "form-data"),
            let name = parameters["name"], !name.isEmpty
        else { throw APIError(.badForm) }
        return Part(
            name: name, fileName: parameters["filename"], type: fields["content-type"],
            bytes: bytes)
    }

    /// The boundary that a Content-Type names.
    private static func boundary(of contentType: String) -> String? {
        guard let parameters = parameters(of: contentType, kind: "multipart/form-data"),
            let boundary = parameters["boundary"],
            (1...boundaryByteCountMaximum).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return boundary
    }

    /// The parameters of a header field, each at most once; nothing if it is of another kind.
    private static func parameters(of field: String, kind: String) -> [String: String]? {
        var rest = Substring(field)
        let word = rest.prefix { $0 != ";" }
        guard word.lowercased().split(separator: " ").first.map(String.init) == kind else {
            return nil
        }
        rest = rest.dropFirst(word.count)
        var parameters: [String: String] = [:]
        while !rest.isEmpty {
            rest = rest.drop { $0 == ";" || $0 == " " }
            if rest.isEmpty { break }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = rest[..<equals].lowercased()
            rest = rest[equals...].dropFirst()
            guard let value = value(&rest), parameters[name] == nil else { return nil }
            // A name in two forms could be two names.
            guard name != "filename*" else { return nil }
            parameters[name] = value
        }
        return parameters
    }

    /// Takes a word or a quoted text off the beginning.
    private static func value(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let word = rest.prefix { $0 != ";" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        rest.removeFirst()
        var text = ""
        while let next = rest.popFirst() {
            if next == "\"" { return text }
            guard next == "\\", let escaped = rest.first, escaped == "\"" || escaped == "\\" else {
                text.append(next)
                continue
            }
            text.append(rest.removeFirst())
        }
        return nil
    }

    /// Where bytes stand next, at or behind a place.
    private static func find(_ wanted: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        body.withUnsafeBytes { bytes in
            var place = start
            while place + wanted.count <= bytes.count {
                guard let base = bytes.baseAddress,
                    let found = memchr(base + place, Int32(wanted[0]), bytes.count - place)
                else { return nil }
                place = found - UnsafeMutableRawPointer(mutating: base)
                guard place + wanted.count <= bytes.count else { return nil }
                if bytes[place..<(place + wanted.count)].elementsEqual(wanted) { return place }
                place += 1
            }
            return nil
        }
    }
}
