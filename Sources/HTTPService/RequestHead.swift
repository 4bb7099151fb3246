/// The first line and header fields of a request as they arrived, before any trust in them.
package struct RequestHead: Sendable {
    var method: String
    /// The target as it was sent: path, `?`, query.
    var target: [UInt8]
    var version: String
    var fields: [(name: [UInt8], value: [UInt8])]
    /// Whether the header was laid out in a way that programs read differently: a field
    /// continued on the next line, or a NUL in a field.
    var isAmbiguous = false

    package init(
        method: String, target: [UInt8], version: String,
        fields: [(name: [UInt8], value: [UInt8])], isAmbiguous: Bool = false
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
        self.isAmbiguous = isAmbiguous
    }

    /// What remains of a head after every guard agreed.
    package struct Accepted: Sendable {
        var method: HTTPMethod
        package var path: String
        var query: String
        package var fields: [HTTPRequest.Field]
        package var bodyBytes: Int
        /// Whether the client waits for leave to send the body.
        var expectsContinue: Bool
    }

    /// Applies every guard, in the order in which a violation would harm.
    ///
    /// - Throws: The first refusal.
    package func accepted(within limits: HTTPLimits) throws(HTTPRefusal) -> Accepted {
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw version.hasPrefix("HTTP/") ? .versionNotSupported : .malformed
        }
        guard let method = HTTPMethod(rawValue: method) else { throw .methodNotAllowed }
        let (path, query) = try splitTarget(within: limits)
        let fields = try checkedFields(within: limits)
        let bodyBytes = try declaredBodyBytes(of: fields, for: method)
        guard bodyBytes <= limits.bodyBytesMaximum else { throw .bodyTooLarge }
        let expectation = fields.first { $0.name == "expect" }
        return Accepted(
            method: method, path: path, query: query, fields: fields, bodyBytes: bodyBytes,
            expectsContinue: expectation != nil)
    }

    /// Whether the body of a refused request is short enough to read and forget.
    ///
    /// A client that asked for leave to send (`Expect`) is told at once, and so is one whose
    /// length is in doubt.
    func hasDiscardableBody(_ bytesMaximum: Int) -> Bool {
        func values(_ name: String) -> [[UInt8]] {
            fields.filter { String(decoding: $0.name, as: UTF8.self).lowercased() == name }
                .map(\.value)
        }
        let lengths = values("content-length")
        guard values("transfer-encoding").isEmpty, values("expect").isEmpty, lengths.count <= 1,
            let length = Int(String(decoding: lengths.first ?? [0x30], as: UTF8.self))
        else { return false }
        return (0...bytesMaximum).contains(length)
    }

    private func splitTarget(within limits: HTTPLimits) throws(HTTPRefusal) -> (String, String) {
        let halves = target.split(
            separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let rawPath = halves.first else { throw .malformed }
        guard rawPath.count <= limits.pathBytesMaximum else { throw .targetTooLong }
        let query = halves.count == 2 ? halves[1] : []
        guard query.count <= limits.queryBytesMaximum else { throw .targetTooLong }
        let hasOnlyVisible = target.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#")
        }
        guard hasOnlyVisible, rawPath.first == UInt8(ascii: "/"),
            let bytes = PercentEncoding.decode(rawPath),
            let queryBytes = PercentEncoding.decode(query),
            queryBytes.allSatisfy({ $0 != 0 }),
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }),
            let path = String(validating: bytes, as: UTF8.self),
            !path.split(separator: "/").contains(where: { $0 == ".." || $0 == "." })
        else { throw .malformed }
        return (path, String(decoding: query, as: UTF8.self))
    }

    private func checkedFields(
        within limits: HTTPLimits
    ) throws(HTTPRefusal) -> [HTTPRequest.Field] {
        guard fields.count <= limits.fieldsMaximum,
            fields.reduce(0, { $0 + $1.name.count + $1.value.count }) <= limits.fieldBytesMaximum
        else { throw .headerTooLarge }
        guard !isAmbiguous else { throw .malformed }
        var checked: [HTTPRequest.Field] = []
        for field in fields {
            guard !field.name.isEmpty, field.name.allSatisfy(Self.isToken),
                field.value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 }),
                let value = String(validating: field.value, as: UTF8.self)
            else { throw .malformed }
            let name = String(decoding: field.name, as: UTF8.self).lowercased()
            checked.append(HTTPRequest.Field(name, value.trimmingWhiteSpace()))
        }
        let hosts = checked.count { $0.name == "host" }
        guard hosts == 1 || (hosts == 0 && version == "HTTP/1.0") else { throw .malformed }
        return checked
    }

    /// How long the body will be.
    ///
    /// Only a single `Content-Length` of digits is believed.
    private func declaredBodyBytes(
        of fields: [HTTPRequest.Field], for method: HTTPMethod
    ) throws(HTTPRefusal) -> Int {
        let lengths = fields.filter { $0.name == "content-length" }
        guard lengths.count <= 1 else { throw .malformed }
        if fields.contains(where: { $0.name == "transfer-encoding" }) {
            throw lengths.isEmpty ? .lengthRequired : .malformed
        }
        guard let length = lengths.first else {
            guard method == .get else { throw .lengthRequired }
            return 0
        }
        guard length.value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !length.value.isEmpty
        else { throw .malformed }
        guard let count = Int(length.value) else { throw .bodyTooLarge }
        guard method == .post || count == 0 else { throw .malformed }
        return count
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension String {
    /// The text without the white space that HTTP allows around a value.
    fileprivate func trimmingWhiteSpace() -> String {
        func isWhite(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isWhite($0) }),
            let last = lastIndex(where: { !isWhite($0) })
        else { return "" }
        return String(self[first...last])
    }
}
