import HTTPService
import Outbox
import SyncCore

/// The agent's way in for programs that speak HTTP to this machine.
///
/// 202 means that the mail is on stable storage. A program is known by its login where the
/// kernel tells it (the Unix socket), else by the password of an application.
struct APIHandler: HTTPHandler {
    private static let messagesPath = "/v1/messages"
    private static let eventsPath = "/v1/events"
    private static let alertsPath = "/v1/alerts"
    private static let descriptionPath = "/v1/openapi.json"
    private static let listDefault = 50
    private static let listMaximum = 500
    private static let states: Set<String> = [
        "queued", "reserved", "sending", "in_doubt", "sent", "failed", "cancelled", "held",
    ]

    let desk: SubmissionDesk

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        do {
            return try await answer(request)
        } catch let error as any ExplainedError {
            return Self.response(error)
        } catch {
            return HTTPRefusal.internalError.response()
        }
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        switch (request.method, request.path) {
        case (.get, Self.descriptionPath):
            return Self.json(200, APIDescription.text)
        case (_, Self.descriptionPath): throw APIError(.badMethod(allowed: "GET"))
        case (.post, Self.messagesPath):
            return try await send(request, from: try await caller(of: request))
        case (.get, Self.messagesPath):
            return try await list(request, for: try await caller(of: request))
        case (.post, Self.eventsPath):
            return try await report(request, from: try await caller(of: request))
        case (_, Self.eventsPath): throw APIError(.badMethod(allowed: "POST"))
        case (.get, Self.alertsPath):
            guard request.query.isEmpty else { throw APIError(.badParameter) }
            let caller = try await caller(of: request)
            let alerts = try await desk.alerts(for: caller)
            let value: JSONValue = ["alerts": .array(alerts.map(AlertView.json))]
            return Self.json(200, value.text)
        case (_, Self.alertsPath): throw APIError(.badMethod(allowed: "GET"))
        case (.get, let path) where path.hasPrefix(Self.messagesPath + "/"):
            let name = path.dropFirst(Self.messagesPath.count + 1)
            return try await show(name, for: try await caller(of: request))
        case (_, let path) where path.hasPrefix(Self.messagesPath + "/"):
            throw APIError(.badMethod(allowed: "GET"))
        default: throw APIError(.notFound)
        }
    }

    /// Who asks.
    private func caller(of request: HTTPRequest) async throws -> MailCaller {
        if let uid = request.peer { return .login(uid) }
        guard let field = request.field("authorization"), let space = field.firstIndex(of: " ")
        else { throw APIError(.unauthorized) }
        let word = field[..<space].lowercased()
        let rest = Array(field[space...].dropFirst().utf8)
        // Basic is NAME:PASSWORD in base 64; Bearer is the same in the clear.
        guard var bytes = word == "basic" ? Base64.decode(rest) : word == "bearer" ? rest : nil,
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let name = String(validating: bytes[..<colon], as: UTF8.self)
        else { throw APIError(.unauthorized) }
        var password = Array(bytes[(colon + 1)...])
        for index in bytes.indices { bytes[index] = 0 }
        guard let caller = await desk.caller(named: name, SecretBytes(consuming: &password)) else {
            throw APIError(.unauthorized)
        }
        return caller
    }

    private func send(_ request: HTTPRequest, from caller: MailCaller) async throws -> HTTPResponse
    {
        guard request.query.isEmpty else { throw APIError(.badParameter) }
        let type = request.field("content-type")?.prefix { $0 != ";" && $0 != " " }.lowercased()
        var message: APIMessage
        switch type {
        case "application/json": message = try APIMessage(request.body)
        case "multipart/form-data":
            message = try APIMessage(
                MultipartForm(
                    request.body, contentType: request.field("content-type") ?? ""))
        default: throw APIError(.notJSON)
        }
        if let key = request.field("idempotency-key") { message.key = key }
        guard message.key != "" else { throw APIError(.badMember("key")) }
        let (receipt, header) = try await desk.take(message, from: caller)
        let id = receipt.message.description
        let value: JSONValue = [
            "id": .string(id), "message_id": .string("<\(header.text)>"), "state": "queued",
            "duplicate": .boolean(receipt.isRepetition),
        ]
        var response = Self.json(202, value.text)
        response.fields.append(.init("Location", "\(Self.messagesPath)/\(id)"))
        return response
    }

    /// 202 if mails were stored; 200 if the organisation has no rule for the event.
    private func report(
        _ request: HTTPRequest, from caller: MailCaller
    ) async throws -> HTTPResponse {
        guard request.query.isEmpty else { throw APIError(.badParameter) }
        let type = request.field("content-type")?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == "application/json" else { throw APIError(.notJSON) }
        let mails = try await desk.take(EventReport(request.body), from: caller)
        let value: JSONValue = ["messages": .array(mails.map(\.json))]
        return Self.json(mails.isEmpty ? 200 : 202, value.text)
    }

    private func show(_ name: Substring, for caller: MailCaller) async throws -> HTTPResponse {
        let users = try await desk.visibleUsers(to: caller)
        guard let id = MessageID(name) else { throw APIError(.notFound) }
        let found = try await desk.engine.workspace().replica.read { try $0.outbox.show(id) }
        guard let found, users?.contains(found.mail.user) ?? true else {
            throw APIError(.notFound)
        }
        return Self.json(200, OutboxView.whole(found).text)
    }

    private func list(_ request: HTTPRequest, for caller: MailCaller) async throws -> HTTPResponse {
        guard let parameters = request.parameters else { throw APIError(.badParameter) }
        let known: Set<String> = ["limit", "after", "state", "type", "entity"]
        let names = request.query.split(separator: "&").map {
            String($0.prefix { $0 != "=" })
        }
        guard names.allSatisfy(known.contains), Set(names).count == names.count else {
            throw APIError(.badParameter)
        }
        var filter = MailFilter()
        filter.users = try await desk.visibleUsers(to: caller) ?? []
        filter.type = parameters["type"]
        filter.entity = parameters["entity"]
        for (text, maximum) in [(filter.type, Self.typeMaximum), (filter.entity, Self.nameMaximum)]
        {
            guard text.map({ Self.isWord($0, maximum) }) ?? true else {
                throw APIError(.badParameter)
            }
        }
        if let state = parameters["state"] {
            guard Self.states.contains(state) else { throw APIError(.badParameter) }
            filter.states = [state]
        }
        let limit = parameters["limit"].map { Int($0) ?? 0 } ?? Self.listDefault
        guard (1...Self.listMaximum).contains(limit) else { throw APIError(.badParameter) }
        let after = try parameters["after"].map { text in
            guard let id = MessageID(text) else { throw APIError(.badParameter) }
            return id
        }
        let (users, wanted) = (filter.users, filter)
        let mails = try await desk.engine.workspace().replica.read { transaction in
            let outbox = transaction.outbox
            let last = try after.flatMap { try outbox.show($0) }
            if let last, !users.isEmpty, !users.contains(last.mail.user) {
                throw APIError(.badParameter)
            }
            return try outbox.list(wanted, before: last?.cursor, limit: limit)
        }
        let value: JSONValue = ["messages": .array(mails.map(OutboxView.whole))]
        return Self.json(200, value.text)
    }

    /// Whether a text may be a type or an entity, as the description says.
    private static func isWord(_ text: String, _ maximum: Int) -> Bool {
        (1...maximum).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private static let typeMaximum = 40
    private static let nameMaximum = 200

    private static func json(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status, type: "application/json; charset=utf-8", body: Array((text + "\n").utf8)
        )
    }

    /// The reply to a failure: `{"error": word, "es": …, "en": …}`.
    private static func response(_ error: any ExplainedError) -> HTTPResponse {
        let (status, word) = meaning(error)
        let text = error.explanation
        let value: JSONValue = [
            "error": .string(word), "es": .string(text.es), "en": .string(text.en),
        ]
        var response = json(status, value.text)
        if status == 401 {
            response.fields.append(.init("WWW-Authenticate", "Basic realm=\"syncmail\""))
        }
        if status == 503 { response.fields.append(.init("Retry-After", "5")) }
        if let error = error as? APIError, case .badMethod(let allowed) = error.code {
            response.fields.append(.init("Allow", allowed))
        }
        return response
    }

    private static func meaning(_ error: any ExplainedError) -> (status: Int, word: String) {
        switch error {
        case let error as APIError: return (error.status, error.word)
        case let error as MessageError:
            return (error.code == .tooLarge ? 413 : 422, error.code.rawValue)
        case let error as SubmissionError where error.exitStatus == .badData:
            return (error.code == .tooLarge ? 413 : 422, error.code.rawValue)
        case is SendRefusal: return (403, "notPermitted")
        default:
            return error.exitStatus == .badData ? (422, "badData") : (503, "tryLater")
        }
    }
}
