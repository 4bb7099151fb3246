import HTTPService
import Outbox
import SyncCore
import Testing

@testable import Agent

/// A mail as a form with files, which any HTTP library can send.
struct MultipartFormTests {
    private static let type = "multipart/form-data; boundary=xyz"

    private static func part(_ header: String, _ content: String) -> String {
        "--xyz\r\nContent-Disposition: form-data; \(header)\r\n\r\n\(content)\r\n"
    }

    private func post(
        _ home: CommandHome, _ body: [UInt8], type: String = type
    ) async -> (status: Int, text: String) {
        let response = await APIHandler(desk: SubmissionDesk(engine: home.engine)).respond(
            to: HTTPRequest(
                method: .post, path: "/v1/messages",
                fields: [HTTPRequest.Field("content-type", type)], body: body,
                peer: CommandHome.juan))
        return (response.status, String(decoding: response.body, as: UTF8.self))
    }

    @Test func `a form with files is the same mail as JSON, and a file's path is only its name`()
        async throws
    {
        try await CommandHome.with { home in
            let file =
                "--xyz\r\nContent-Disposition: form-data; name=\"attachments\"; "
                + "filename=\"..\\\\..\\\\etc/\\\"oferta\\\" 1.pdf\"\r\nContent-Type: "
                + "application/pdf\r\n\r\n"
            var body = Array(
                (Self.part("name=to", "ana@x.co") + Self.part("name=\"to\"", "Beto <b@x.co>")
                    + Self.part("name=\"subject\"", "Año") + Self.part("name=text", "Hola\r\n--xy")
                    + Self.part("name=contact", "cliente:7") + file).utf8)
            // A file may hold anything, line ends and NUL included.
            body += [0, 13, 10, 45, 45, 120] + Array("\r\n--xyz--\r\n".utf8)
            let sent = await post(home, body)
            #expect(sent.status == 202, "\(sent.text)")
            let mail = try #require(try await home.mails().first)
            #expect(mail.subject == "Año")
            #expect(mail.deliveries.map(\.address) == ["ana@x.co", "b@x.co"])
            let bytes = try await home.engine.workspace().replica.read { transaction in
                let own = try transaction.outbox.ownMail(mail.mail.message)
                return try own.map { try transaction.outbox.content($0.content) } ?? []
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("_oferta_ 1.pdf") && !text.contains("etc"), "\(text)")
            #expect(text.contains(Base64.encode([0, 13, 10, 45, 45, 120])), "\(text)")
        }
    }

    /// A body, its Content-Type, and the status and word of the reply.
    private static let refused: [(String, String, Int, String)] = [
        ("", type, 400, "badForm"), ("--xyz--\r\n", type, 422, "badMember"),
        (part("name=to", "a@x.co"), type, 400, "badForm"),
        ("x\r\n" + part("name=to", "a@x.co") + "--xyz--", type, 400, "badForm"),
        (part("name=to", "a@x.co") + "--xyz--", "multipart/form-data", 400, "badForm"),
        (
            part("name=to", "a@x.co") + "--xyz--",
            "multipart/form-data; boundary=\(String(repeating: "x", count: 71))", 400, "badForm"
        ),
        (
            "--xyz\r\nContent-Type: text/plain\r\n\r\nx\r\n--xyz--", type, 400, "badForm"
        ),
        (
            "--xyz\r\nContent-Disposition: form-data; name=text\r\n"
                + "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--xyz--", type, 400, "badForm"
        ),
        (
            "--xyz\r\nContent-Disposition: form-data; name=to\r\n"
                + "Content-Disposition: form-data; name=bcc\r\n\r\na@x.co\r\n--xyz--", type, 400,
            "badForm"
        ),
        (part("name=to; name=bcc", "a@x.co") + "--xyz--", type, 400, "badForm"),
        (part("name=to", "a@x.co") + "--xyz--", type, 422, "badMember"),
        (
            part("name=to", "a@x.co") + part("name=text", "x") + part("name=text", "y")
                + "--xyz--", type, 422, "badMember"
        ),
        (
            part("name=to", "a@x.co") + part("name=text", "x") + part("name=otro", "y")
                + "--xyz--", type, 422, "unknownMember"
        ),
        (
            part("name=to", "a@x.co") + part("name=text", "x")
                + part("name=attachments; filename=\"..\"", "y") + "--xyz--", type, 422,
            "badAttachmentName"
        ),
        (
            part("name=to", "a@x.co") + part("name=text", "x")
                + part("name=attachments; filename=a; filename*=UTF-8''b", "y") + "--xyz--", type,
            400, "badForm"
        ),
        (
            String(repeating: part("name=to", "a@x.co"), count: 257) + "--xyz--", type, 400,
            "badForm"
        ),
        (
            "--xyz\r\nX: \(String(repeating: "x", count: 5000))\r\n\r\nx\r\n--xyz--", type, 400,
            "badForm"
        ),
    ]

    @Test func `what is no form that everybody reads alike is refused, and nothing is stored`()
        async throws
    {
        try await CommandHome.with { home in
            for (body, type, status, word) in Self.refused {
                let reply = await post(home, Array(body.utf8), type: type)
                #expect(reply.status == status, "\(body.prefix(200)): \(reply.text)")
                #expect(reply.text.contains("\"error\":\"\(word)\""), "\(body.prefix(200))")
            }
            let count = try await home.mails().count
            #expect(count == 0)
        }
    }
}
