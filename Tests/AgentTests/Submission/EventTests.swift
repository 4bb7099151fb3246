import HTTPService
import Outbox
import SyncCore
import Testing

@testable import Agent

/// A deal that moves becomes a mail of the seller who moved it.
struct EventTests {
    private static let moved =
        #"{"id":"trato-55-mov-3","event":"deal.moved","stage":"Cotización Enviada","#
        + #""actor":"juan","to":"ana@x.co","entity":"trato:55","contact":"cliente:7","#
        + #""attachments":[{"name":"oferta.pdf","content":"JVBERg=="}]}"#

    private func rules(_ home: CommandHome) async throws {
        let path = "event/deal.moved/cotizacion"
        for (field, text) in [
            ("type", "cotizacion"), ("stage", "Cotización Enviada"),
            ("subject", "Cotización {entity}"), ("text", "Adjunta va la de {actor}."),
        ] {
            let ending = await home.run(["config", "set", "\(path)/\(field)", "\"\(text)\""])
            #expect(ending.status == .done, "\(ending.error)")
        }
    }

    private func post(
        _ home: CommandHome, _ body: String, as uid: UInt32 = CommandHome.juan
    ) async -> (status: Int, text: String) {
        let response = await APIHandler(desk: SubmissionDesk(engine: home.engine)).respond(
            to: HTTPRequest(
                method: .post, path: "/v1/events",
                fields: [HTTPRequest.Field("content-type", "application/json")],
                body: Array(body.utf8), peer: uid))
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    @Test func `an event queues the mail of its rule from who did it, once`() async throws {
        try await CommandHome.with { home in
            try await rules(home)
            // The service may send in juan's name: it is the CRM.
            let first = await post(home, Self.moved, as: CommandHome.service)
            #expect(first.status == 202, "\(first.text)")
            #expect(first.text.contains(#""rule":"cotizacion""#))
            #expect(first.text.contains(#""duplicate":false"#))
            let again = await post(home, Self.moved, as: CommandHome.service)
            #expect(again.status == 202 && again.text.contains(#""duplicate":true"#))
            let mails = try await home.mails()
            #expect(mails.count == 1)
            let mail = try #require(mails.first)
            #expect(mail.mail.user.text == "juan" && mail.mail.type == "cotizacion")
            #expect(mail.subject == "Cotización trato:55")
            let log = await home.run(["log", "list", "--attempts", "--json"])
            #expect(log.output.contains(#""origen_tipo":"evento","origen_id":"juan uid:1002""#))
            // Another stage has no rule, and a rule without a stage fits all.
            let other = Self.moved.replacing("Cotización Enviada", with: "Ganado")
            let none = await post(home, other)
            #expect(none.status == 200 && none.text == "{\"messages\":[]}\n")
        }
    }

    @Test func `the command does the same`() async throws {
        try await CommandHome.with { home in
            try await rules(home)
            let words = [
                "event", "deal.moved", "--stage", "Cotización Enviada", "--actor", "juan", "--to",
                "ana@x.co", "--entity", "trato:55", "--attach", "q.pdf", "--id", "mov-3",
            ]
            let files: [TerminalInput: [UInt8]] = [.file("q.pdf"): Array("%PDF".utf8)]
            let first = await home.run(words, as: CommandHome.service, files: files)
            #expect(first.status == .done && first.output.contains("queued (cotizacion)"))
            let again = await home.run(
                words + ["--json"], as: CommandHome.service, files: files)
            #expect(again.output.contains(#""duplicate":true"#), "\(again.error)")
            let stranger = await home.run(words, as: CommandHome.stranger, files: files)
            #expect(stranger.status == .notPermitted)
            let none = await home.run(
                ["event", "otro", "--actor", "juan", "--to", "a@x.co"], as: CommandHome.juan)
            #expect(none.status == .done && none.output.contains("No rule"))
            let count = try await home.mails().count
            #expect(count == 1)
        }
    }

    /// What is changed in the event, and the status and word of the reply.
    private static let refused: [(String, String, Int, String)] = [
        (#""id":"trato-55-mov-3","#, "", 422, "badMember"),
        (#""id":"trato-55-mov-3""#, #""id":"a b""#, 422, "badMember"),
        (#""deal.moved""#, #""../deal""#, 422, "badMember"),
        (#""deal.moved""#, #""A""#, 422, "badMember"),
        (#""actor":"juan","#, "", 422, "badMember"),
        (#""actor":"juan""#, #""actor":"maria""#, 403, "notPermitted"),
        (#""to":"ana@x.co","#, "", 422, "noRecipients"),
        (#""to":"ana@x.co""#, #""to":"ana""#, 422, "badAddress"),
        (#""to":"ana@x.co""#, #""to":"ana@x.co","type":"x""#, 422, "unknownMember"),
        (#""to":"ana@x.co""#, #""to":"ana@x.co","key":"x""#, 422, "unknownMember"),
        (#""oferta.pdf""#, #""..""#, 422, "badAttachmentName"),
        (#""cliente:7""#, #""perro:7""#, 422, "badMember"),
        ("{", "[", 400, "badJSON"),
    ]

    @Test func `an event that is wrong is refused with its reason, and nothing is stored`()
        async throws
    {
        try await CommandHome.with { home in
            try await rules(home)
            for (wrong, by, status, word) in Self.refused {
                let body = Self.moved.replacing(wrong, with: by, maxReplacements: 1)
                let reply = await post(home, body)
                #expect(reply.status == status, "\(body): \(reply.text)")
                #expect(reply.text.contains("\"error\":\"\(word)\""), "\(body): \(reply.text)")
            }
            #expect(await post(home, Self.moved, as: CommandHome.stranger).status == 403)
            let count = try await home.mails().count
            #expect(count == 0)
        }
    }
}
