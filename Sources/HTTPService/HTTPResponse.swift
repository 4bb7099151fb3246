/// What the server sends back.
package struct HTTPResponse: Hashable, Sendable {
    package var status: Int
    /// Header fields besides `Content-Length`, `Date` and those every reply carries
    /// (`Cache-Control: no-store` and `X-Content-Type-Options: nosniff`, unless given here).
    package var fields: [HTTPRequest.Field]
    package var body: [UInt8]

    package init(status: Int, fields: [HTTPRequest.Field] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A reply with bytes of a media type.
    package init(status: Int = 200, type: String, body: [UInt8]) {
        self.init(status: status, fields: [.init("Content-Type", type)], body: body)
    }

    /// A sealed envelope.
    package static func envelope(_ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(type: "application/octet-stream", body: bytes)
    }

    /// A reply without a body.
    package static let noContent = HTTPResponse(status: 204)
}
