import Outbox
import SyncCore

/// A mail as a program describes it in JSON.
struct APIMessage: Sendable {
    var to: [Mailbox] = []
    var cc: [Mailbox] = []
    var bcc: [Mailbox] = []
    var replyTo: Mailbox?
    var subject = ""
    var text: String?
    var html: String?
    var attachments: [MailAttachment] = []
    var user: UserID?
    var type: String?
    var entity: String?
    var key: String?
    var contact: MailContact?
    /// By which way it came in.
    var way = MailSource.Way.http
    var wishes = SendingWishes()

    private static let members = Set(
        [
            "to", "cc", "bcc", "reply_to", "subject", "text", "html", "attachments", "as", "type",
            "entity", "key", "contact",
        ] + SendingWishes.Part.allCases.map(\.rawValue))
    private static let attachmentMembers: Set<String> = ["name", "type", "content"]

    /// Starts an empty mail.
    init() {}

    /// Reads what a program sent as JSON.
    ///
    /// - Throws: ``APIError``, or ``MessageError`` about an address or a file.
    init(_ body: [UInt8]) throws {
        try self.init(try Self.object(body))
    }

    /// Reads what a program sent as a form with files: the same members, and `attachments`.
    ///
    /// - Throws: ``APIError``, or ``MessageError`` about an address or a file.
    init(_ form: MultipartForm) throws {
        var lists: [String: [JSONValue]] = [:]
        var members: JSONValue.KeyValuePairs = [:]
        var files: [MultipartForm.Part] = []
        for part in form.parts {
            if part.name == "attachments" {
                files.append(part)
                continue
            }
            guard part.fileName == nil, let text = String(validating: part.bytes, as: UTF8.self)
            else { throw APIError(.badMember(part.name)) }
            if ["to", "cc", "bcc"].contains(part.name) {
                lists[part.name, default: []].append(.string(text))
            } else {
                guard !members.pairs.contains(where: { $0.key == part.name }) else {
                    throw APIError(.badMember(part.name))
                }
                members.append(part.name, .string(text))
            }
        }
        for key in lists.keys.sorted() { members.append(key, .array(lists[key] ?? [])) }
        try self.init(.object(members))
        attachments = try files.enumerated().map { index, part in
            guard let name = part.fileName else { throw APIError(.badMember("attachments")) }
            return try MailAttachment(
                name: name, mediaType: part.type, bytes: part.bytes, number: index + 1)
        }
    }

    /// Reads a body as one JSON value.
    static func object(_ body: [UInt8]) throws(APIError) -> JSONValue {
        do { return try JSONValue(reading: body) } catch { throw APIError(.badJSON(error)) }
    }

    /// Reads the members of a mail.
    init(_ value: JSONValue, needsText: Bool = true) throws {
        guard case .object(let members) = value else { throw APIError(.notAnObject) }
        for pair in members.pairs where !Self.members.contains(pair.key) {
            throw APIError(.unknownMember(pair.key))
        }
        to = try Self.mailboxes(value, "to", .to)
        cc = try Self.mailboxes(value, "cc", .cc)
        bcc = try Self.mailboxes(value, "bcc", .bcc)
        replyTo = try Self.text(value, "reply_to").map { try Mailbox($0, in: .replyTo) }
        subject = try Self.text(value, "subject") ?? ""
        text = try Self.text(value, "text")
        html = try Self.text(value, "html")
        type = try Self.text(value, "type")
        entity = try Self.text(value, "entity")
        key = try Self.text(value, "key")
        for part in SendingWishes.Part.allCases {
            guard let text = try Self.text(value, part.rawValue) else { continue }
            guard wishes.take(text, as: part) else { throw APIError(.badMember(part.rawValue)) }
        }
        if let typed = try Self.text(value, "contact") {
            guard let contact = MailContact(typed) else { throw APIError(.badMember("contact")) }
            self.contact = contact
        }
        if let name = try Self.text(value, "as") {
            guard let user = UserID(name) else { throw APIError(.badMember("as")) }
            self.user = user
        }
        guard !needsText || text != nil || html != nil else { throw APIError(.badMember("text")) }
        attachments = try Self.attachments(value)
    }

    private static func text(_ value: JSONValue, _ key: String) throws(APIError) -> String? {
        switch value[key] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        default: throw APIError(.badMember(key))
        }
    }

    /// One address, or a list of them.
    private static func mailboxes(
        _ value: JSONValue, _ key: String, _ field: MessageError.Field
    ) throws -> [Mailbox] {
        switch value[key] {
        case nil, .null?: return []
        case .string(let text)?: return [try Mailbox(text, in: field)]
        case .array(let items)?:
            return try items.map { item in
                guard case .string(let text) = item else { throw APIError(.badMember(key)) }
                return try Mailbox(text, in: field)
            }
        default: throw APIError(.badMember(key))
        }
    }

    private static func attachments(_ value: JSONValue) throws -> [MailAttachment] {
        guard let list = value["attachments"], list != .null else { return [] }
        guard case .array(let items) = list else { throw APIError(.badMember("attachments")) }
        return try items.enumerated().map { index, item in
            guard case .object(let members) = item,
                members.pairs.allSatisfy({ attachmentMembers.contains($0.key) }),
                let name = try text(item, "name"), let content = try text(item, "content"),
                let bytes = Base64.decode(Array(content.utf8))
            else { throw APIError(.badMember("attachments")) }
            return try MailAttachment(
                name: name, mediaType: text(item, "type"), bytes: bytes, number: index + 1)
        }
    }
}

/// Why a request over HTTP was not carried out; nothing was stored.
struct APIError: ExplainedError, Hashable {
    /// The kinds of reason.
    enum Code: Hashable, Sendable {
        case badJSON(JSONError)
        case notAnObject
        case unknownMember(String)
        /// A member is missing or has another form than described.
        case badMember(String)
        case badParameter
        /// The body is not the form that its Content-Type announces.
        case badForm
        case notJSON
        case unauthorized
        case notFound
        case badMethod(allowed: String)
    }

    let code: Code

    init(_ code: Code) {
        self.code = code
    }

    var exitStatus: ExitStatus { .badData }

    /// The status of the reply.
    var status: Int {
        switch code {
        case .badJSON, .notAnObject, .badParameter, .badForm: 400
        case .unauthorized: 401
        case .notFound: 404
        case .badMethod: 405
        case .notJSON: 415
        case .unknownMember, .badMember: 422
        }
    }

    /// A word for programs.
    var word: String {
        switch code {
        case .badJSON: "badJSON"
        case .notAnObject: "notAnObject"
        case .unknownMember: "unknownMember"
        case .badMember: "badMember"
        case .badParameter: "badParameter"
        case .badForm: "badForm"
        case .notJSON: "notJSON"
        case .unauthorized: "unauthorized"
        case .notFound: "notFound"
        case .badMethod: "badMethod"
        }
    }

    var explanation: LocalizedText {
        switch code {
        case .badJSON(.duplicateKey):
            LocalizedText(
                es: "El JSON repite una clave. No se guardó nada.",
                en: "The JSON repeats a key. Nothing was stored.")
        case .badJSON:
            LocalizedText(
                es: "El cuerpo no es JSON válido. No se guardó nada.",
                en: "The body is not valid JSON. Nothing was stored.")
        case .notAnObject:
            LocalizedText(
                es: "El cuerpo debe ser un objeto JSON.", en: "The body must be a JSON object.")
        case .unknownMember(let name):
            LocalizedText(
                es: "No existe el dato «\(name.prefix(40))». /v1/openapi.json los describe.",
                en: "There is no member “\(name.prefix(40))”. /v1/openapi.json describes them.")
        case .badMember(let name):
            LocalizedText(
                es: "El dato «\(name)» falta o no tiene la forma que describe /v1/openapi.json.",
                en: "The member “\(name)” is missing or has another form than "
                    + "/v1/openapi.json describes.")
        case .badParameter:
            LocalizedText(
                es: "Un parámetro no existe o no sirve. /v1/openapi.json los describe.",
                en: "A parameter does not exist or does not fit. /v1/openapi.json describes them.")
        case .badForm:
            LocalizedText(
                es: "El cuerpo no es un formulario multipart/form-data válido. No se guardó nada.",
                en: "The body is not a valid multipart/form-data form. Nothing was stored.")
        case .notJSON:
            LocalizedText(
                es: "El cuerpo debe ser application/json (o multipart/form-data para un correo).",
                en: "The body must be application/json (or multipart/form-data for a mail).")
        case .unauthorized:
            LocalizedText(
                es: "Falta la contraseña de una aplicación («syncmail app add»), o no es esa.",
                en: "An application's password is missing (“syncmail app add”), or it is wrong.")
        case .notFound:
            LocalizedText(es: "No existe, o no es suyo.", en: "It does not exist, or is not yours.")
        case .badMethod:
            LocalizedText(
                es: "Esta dirección no admite ese método.",
                en: "This address does not take that method.")
        }
    }
}
