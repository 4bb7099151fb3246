/// The body of an `account.tested` record: what a test of an account found on one device.
///
/// Nothing is decided on it; whether an account may be used stands in the configuration.
package struct AccountTestReport: Hashable, Sendable {
    /// The kind of the record.
    package static let recordKind = "account.tested"
    /// How many routes one record tells of.
    package static let routesMaximum = 32

    /// What one route came to.
    package struct Route: Hashable, Sendable {
        package let host: String
        package let port: Int
        /// `implicit` or `starttls`.
        package let security: String
        /// A code of the diagnosis; empty for a route that works.
        package let cause: String
        package let milliseconds: Int

        package init(host: String, port: Int, security: String, cause: String, milliseconds: Int) {
            self.host = host
            self.port = port
            self.security = security
            self.cause = cause
            self.milliseconds = milliseconds
        }
    }

    package let account: AccountID
    /// `working`, `authentication`, `configuration`, `sender` or `network`.
    package let outcome: String
    /// The one that decided comes first.
    package let routes: [Route]
    /// Who was sent a test mail, if one was sent.
    package var recipient: String?
    /// What the server said of the mail.
    package var reply: String?

    package init(account: AccountID, outcome: String, routes: [Route]) {
        self.account = account
        self.outcome = outcome
        self.routes = Array(routes.prefix(Self.routesMaximum))
    }

    /// The sentence for the log: `working; 465/implicit 31 ms; 587/starttls TCP_DROP`.
    package var text: String {
        ([outcome]
            + routes.map { route in
                let end = route.cause.isEmpty ? "\(route.milliseconds) ms" : route.cause
                return "\(route.port)/\(route.security) \(end)"
            } + (recipient.map { ["→ \($0)"] } ?? [])).joined(separator: "; ")
    }
}

extension AccountTestReport: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, account)
            fields.field(2, outcome)
            fields.field(3, list: routes)
            fields.field(4, recipient)
            fields.field(5, reply)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "account test")
        account = try fields.required(1)
        outcome = try fields.required(2)
        routes = try fields.list(3, of: Route.self, maximum: Self.routesMaximum)
        recipient = try fields.optional(4)
        reply = try fields.optional(5) { (reader) throws(CodingError) in
            try reader.text(maximum: AttemptDetail.replyByteCountMaximum, in: "reply")
        }
    }
}

extension AccountTestReport.Route: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, host)
            fields.field(2, port)
            fields.field(3, security)
            fields.field(4, cause)
            fields.field(5, milliseconds)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "tested route")
        host = try fields.required(1)
        port = try fields.required(2)
        security = try fields.required(3)
        cause = try fields.required(4)
        milliseconds = try fields.required(5)
    }
}
