import HTTPService
import Outbox
import SyncCore
import Testing

@testable import Agent

/// The HTTP way in, behind the guards of the server: whole requests only.
struct APIHandlerTests {
    private static let mail =
        #"{"to":["Ana <ana@x.co>"],"bcc":"b@x.co","subject":"Año","text":"Hola"}"#

    private func ask(
        _ home: CommandHome, _ method: HTTPMethod, _ path: String, _ body: String = "",
        query: String = "", as uid: UInt32? = CommandHome.juan,
        fields: [(String, String)] = [("content-type", "application/json")]
    ) async -> (status: Int, text: String, response: HTTPResponse) {
        let response = await APIHandler(desk: SubmissionDesk(engine: home.engine)).respond(
            to: HTTPRequest(
                method: method, path: path, query: query,
                fields: fields.map { HTTPRequest.Field($0.0, $0.1) }, body: Array(body.utf8),
                peer: uid))
        return (response.status, String(decoding: response.body, as: UTF8.self), response)
    }

    @Test func `202 means that the mail is stored, and its address shows it`() async throws {
        try await CommandHome.with { home in
            let file = #"{"name":"../../etc/passwd","content":"JVBERg==","type":"application/pdf"}"#
            let sent = await ask(
                home, .post, "/v1/messages",
                #"{"to":"ana@x.co","cc":["c@x.co"],"subject":"Año","text":"Hola","html":"<p>"#
                    + #"Hola</p>","reply_to":"r@x.co","type":"pedido","entity":"pedido:1","#
                    + #""attachments":[\#(file)]}"#)
            #expect(sent.status == 202)
            let mails = try await home.mails()
            #expect(mails.count == 1)
            let mail = try #require(mails.first)
            #expect(mail.mail.type == "pedido")
            #expect(mail.deliveries.map(\.address) == ["ana@x.co", "c@x.co"])
            let place = try #require(
                sent.response.fields.first { $0.name == "Location" }?.value)
            #expect(place == "/v1/messages/\(mail.mail.message)")
            let shown = await ask(home, .get, place)
            #expect(shown.status == 200)
            #expect(shown.text.contains(#""subject":"Año","user":"juan","type":"pedido""#))
            let bytes = try await home.engine.workspace().replica.read { transaction in
                let own = try transaction.outbox.ownMail(mail.mail.message)
                return try own.map { try transaction.outbox.content($0.content) } ?? []
            }
            let text = String(decoding: bytes, as: UTF8.self)
            // Of a path only the name is left.
            #expect(text.contains("filename=passwd") || text.contains("filename=\"passwd\""))
            #expect(!text.contains("etc"))
        }
    }

    @Test func `a key is one mail, in the header or in the body`() async throws {
        try await CommandHome.with { home in
            let keyed = [("content-type", "application/json"), ("idempotency-key", "k-1")]
            let first = await ask(home, .post, "/v1/messages", Self.mail, fields: keyed)
            let again = await ask(home, .post, "/v1/messages", Self.mail, fields: keyed)
            #expect(again.status == 202)
            #expect(first.text.contains(#""duplicate":false"#))
            #expect(again.text.contains(#""duplicate":true"#))
            #expect(first.text.prefix(35) == again.text.prefix(35))
            let count = try await home.mails().count
            #expect(count == 1)
        }
    }

    /// A request, its body, and the status and word of the reply.
    private static let refused: [(HTTPMethod, String, String, String, Int, String)] = [
        (.post, "/v1/messages", "", "", 400, "badJSON"),
        (.post, "/v1/messages", "", "[]", 400, "notAnObject"),
        (.post, "/v1/messages", "", "{", 400, "badJSON"),
        (.post, "/v1/messages", "", #"{"to":1,"text":"x"}"#, 422, "badMember"),
        (.post, "/v1/messages", "", #"{"to":"a@x.co"}"#, 422, "badMember"),
        (.post, "/v1/messages", "", #"{"text":"x"}"#, 422, "noRecipients"),
        (.post, "/v1/messages", "", #"{"to":"a@b@c","text":"x"}"#, 422, "badAddress"),
        (
            .post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","subject":"a\r\nBcc: b@x.co"}"#,
            422, "controlCharacter"
        ),
        (.post, "/v1/messages", "", #"{"to":"a@x.co","text":"x\u0000"}"#, 422, "controlCharacter"),
        (.post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","x":1}"#, 422, "unknownMember"),
        (.post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","key":""}"#, 422, "badMember"),
        (
            .post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","type":"a\nb"}"#, 422,
            "controlCharacter"
        ),
        (
            .post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","as":"maria"}"#, 403,
            "notPermitted"
        ),
        (.post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","as":"A B"}"#, 422, "badMember"),
        (
            .post, "/v1/messages", "",
            #"{"to":"a@x.co","text":"x","attachments":[{"name":"..","content":""}]}"#, 422,
            "badAttachmentName"
        ),
        (
            .post, "/v1/messages", "",
            #"{"to":"a@x.co","text":"x","attachments":[{"name":"a","content":"!"}]}"#, 422,
            "badMember"
        ),
        (
            .post, "/v1/messages", "",
            "{\"text\":\"x\",\"to\":["
                + (1...1001).map { "\"p\($0)@x.co\"" }.joined(separator: ",") + "]}", 422,
            "tooManyRecipients"
        ),
        (.post, "/v1/messages", "", #"{"to":"a@x.co","text":"x","contact":"x"}"#, 422, "badMember"),
        (.post, "/v1/messages", "a=1", mail, 400, "badParameter"),
        (.get, "/v1/messages", "limit=0", "", 400, "badParameter"),
        (.get, "/v1/messages", "limit=x", "", 400, "badParameter"),
        (.get, "/v1/messages", "state=x", "", 400, "badParameter"),
        (.get, "/v1/messages", "x=1", "", 400, "badParameter"),
        (.get, "/v1/messages", "type=", "", 400, "badParameter"),
        (.get, "/v1/messages", "entity=a%0Ab", "", 400, "badParameter"),
        (.get, "/v1/messages", "limit=1&limit=2", "", 400, "badParameter"),
        (.get, "/v1/messages/nada", "", "", 404, "notFound"),
        (.get, "/v1/nada", "", "", 404, "notFound"),
        (.post, "/v1/messages/nada", "", "", 405, "badMethod"),
        (.post, "/v1/openapi.json", "", "", 405, "badMethod"),
    ]

    @Test func `what is wrong is refused with its reason, and nothing is stored`() async throws {
        try await CommandHome.with { home in
            for (method, path, query, body, status, word) in Self.refused {
                let reply = await ask(home, method, path, body, query: query)
                #expect(reply.status == status, "\(path) \(body)")
                #expect(reply.text.hasPrefix(#"{"error":"\#(word)","es":""#), "\(path) \(body)")
            }
            let many = (1...1001).map { #""p\#($0)@x.co""# }.joined(separator: ",")
            let reply = await ask(home, .post, "/v1/messages", #"{"to":[\#(many)],"text":"x"}"#)
            #expect(reply.status == 422)
            let plain = await ask(home, .post, "/v1/messages", Self.mail, fields: [])
            #expect(plain.status == 415)
            let count = try await home.mails().count
            #expect(count == 0)
        }
    }

    @Test func `over TCP only an application's password lets anybody in`() async throws {
        try await CommandHome.with { home in
            let added = await home.run(["app", "add", "crm", "--user", "maria", "--json"])
            let password = String(
                try #require(added.output.split(separator: #""password":""#).last?.prefix(32)))
            func post(_ authorization: String?) async -> Int {
                await ask(
                    home, .post, "/v1/messages", Self.mail, as: nil,
                    fields: [("content-type", "application/json")]
                        + (authorization.map { [("authorization", $0)] } ?? [])
                ).status
            }
            let basic = Base64.encode(Array("crm:\(password)".utf8))
            #expect(await post(nil) == 401)
            #expect(await post("Basic !") == 401)
            #expect(await post("Basic \(Base64.encode(Array("crm:otra".utf8)))") == 401)
            #expect(await post("Bearer crm") == 401)
            #expect(await post("Basic \(basic)") == 202)
            #expect(await post("Bearer crm:\(password)") == 202)
            let mails = try await home.mails()
            #expect(mails.map(\.mail.user.text) == ["maria", "maria"])
        }
    }

    @Test func `nobody sees another's mails`() async throws {
        try await CommandHome.with { home in
            let sent = await ask(home, .post, "/v1/messages", Self.mail)
            let place = try #require(sent.response.fields.first { $0.name == "Location" }?.value)
            for (uid, status, count) in [
                (CommandHome.juan, 200, 1), (CommandHome.maria, 404, 0), (CommandHome.root, 200, 1),
            ] {
                #expect(await ask(home, .get, place, as: uid).status == status)
                let list = await ask(home, .get, "/v1/messages", query: "state=queued", as: uid)
                #expect(list.text.split(separator: #""deliveries""#).count - 1 == count)
            }
            #expect(await ask(home, .get, place, as: CommandHome.stranger).status == 403)
            #expect(await ask(home, .get, "/v1/messages", as: CommandHome.stranger).status == 403)
        }
    }

    @Test func `the description is JSON, and names every path`() throws {
        let value = try JSONValue(reading: Array(APIDescription.text.utf8))
        guard case .object(let paths)? = value["paths"] else {
            Issue.record("There are no paths.")
            return
        }
        #expect(
            paths.pairs.map(\.key) == [
                "/v1/messages", "/v1/messages/{id}", "/v1/events", "/v1/alerts",
            ])
    }
}
