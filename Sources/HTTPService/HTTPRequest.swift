/// The methods the server knows.
package enum HTTPMethod: String, Sendable {
    /// Asks for something and changes nothing.
    case get = "GET"
    /// Puts something to the server.
    case post = "POST"
}

/// A request that arrived whole and passed every guard.
package struct HTTPRequest: Sendable {
    /// One header field.
    ///
    /// Names are in lower case.
    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package let method: HTTPMethod
    /// The path, decoded.
    ///
    /// It begins with `/` and has no `..`, backslash or control character.
    package let path: String
    /// What followed the `?`, as it was sent.
    ///
    /// ``parameters`` reads it.
    package let query: String
    /// The header fields in the order they were sent.
    package let fields: [Field]
    /// The body, at most ``HTTPLimits/bodyBytesMaximum``.
    package let body: [UInt8]
    /// The address at the other end of the connection, such as `10.1.2.3`.
    ///
    /// Behind a reverse proxy it is the proxy's.
    package let clientAddress: String
    /// The login at the other end, as the kernel says; only of a Unix socket.
    package let peer: UInt32?
    /// When the server answers in the handler's place, measured on the machine's uptime.
    package let deadline: Duration

    package init(
        method: HTTPMethod, path: String, query: String = "", fields: [Field] = [],
        body: [UInt8] = [], clientAddress: String = "127.0.0.1", peer: UInt32? = nil,
        deadline: Duration = .zero
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.clientAddress = clientAddress
        self.peer = peer
        self.deadline = deadline
    }

    /// The first value of a header field, whose name is given in lower case.
    package func field(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The parameters of the query, or nothing if they are malformed.
    package var parameters: HTTPParameters? { HTTPParameters(encoded: query) }

    /// The parameters of a form in the body, or nothing if it is malformed or not a form.
    package var form: HTTPParameters? {
        let type = field("content-type")?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == "application/x-www-form-urlencoded",
            let text = String(validating: body, as: UTF8.self)
        else { return nil }
        return HTTPParameters(encoded: text)
    }
}
