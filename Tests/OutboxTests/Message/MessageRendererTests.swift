import SyncCore
import Testing
import TestThreads

@testable import Outbox

@Suite(.realWorld)
struct MessageRendererTests {
    private let renderer = MessageRenderer()

    private static func draft(attachmentByteCount count: Int) throws -> MessageDraft {
        var draft = try MessageRendererTests().draft()
        draft.html = "<p>Hola</p>"
        let bytes = [UInt8](repeating: 7, count: count)
        draft.attachments = [try MailAttachment(name: "añó.pdf", bytes: bytes, number: 1)]
        return draft
    }

    private func draft() throws -> MessageDraft {
        let domain = try #require(MailDomain("empresa.com"))
        let id = MessageID(validated: Array(0..<16))
        var draft = MessageDraft(
            messageID: MessageIDHeader(id, at: domain),
            date: Timestamp(milliseconds: 1_700_000_000_000))
        draft.to = [try Mailbox("Ana Ñúñez <ana@cliente.mx>", in: .to)]
        draft.subject = "Factura N° 001 — año 2026"
        draft.text = "Estimada Ana:\nAdjunto su factura.\n"
        return draft
    }

    private func text(_ message: RenderedMessage) -> String {
        String(decoding: message.bytes, as: UTF8.self)
    }

    @Test func `a plain mail has exactly these bytes`() throws {
        let message = try renderer.render(draft())
        let id = MessageID(validated: Array(0..<16)).description
        #expect(
            text(message)
                == [
                    "Date: Tue, 14 Nov 2023 22:13:20 +0000",
                    "Message-ID: <\(id)@empresa.com>",
                    "To: =?utf-8?b?QW5hIMORw7rDsWV6?= <ana@cliente.mx>",
                    "Subject: =?utf-8?q?Factura_N=C2=B0_001_=E2=80=94_a=C3=B1o_2026?=",
                    "MIME-Version: 1.0",
                    "Content-Type: text/plain; charset=utf-8",
                    "Content-Transfer-Encoding: quoted-printable",
                    "",
                    "Estimada Ana:",
                    "Adjunto su factura.",
                    "",
                ].joined(separator: "\r\n"))
        #expect(message.sha256 == Digest(of: message.bytes))
        #expect(!message.needsSMTPUTF8)
    }

    @Test func `rendering twice gives the same bytes`() throws {
        var draft = try draft()
        draft.html = "<p>Estimada Ana</p>"
        draft.attachments = [try MailAttachment(name: "f.pdf", bytes: [1, 2, 3], number: 1)]
        #expect(try renderer.render(draft) == renderer.render(draft))
    }

    @Test func `the whole mail is read back by another program`() async throws {
        var draft = try draft()
        draft.cc = [try Mailbox("\"Pérez, Juan\" <juan@año.mx>", in: .cc)]
        draft.text = "Hola año\r\n.\r\n\n.\nFrom x  \rfin\t\n" + String(repeating: "ñ", count: 3000)
        draft.html = "<p>\u{1F600} Hola</p>"
        let csv = Array("a,b\r\nc\n\rd\u{0}".utf8)
        draft.attachments = [
            try MailAttachment(
                name: "factura año—2026 " + String(repeating: "larga ", count: 12) + ".csv",
                bytes: csv, number: 1),
            try MailAttachment(name: "vacío.pdf", bytes: [], number: 2),
        ]
        let read = try await PythonMail.read(renderer.render(draft).bytes)
        #expect(read.subject == draft.subject)
        #expect(read.to == ["Ana Ñúñez <ana@cliente.mx>"])
        #expect(read.cc == ["\"Pérez, Juan\" <juan@xn--ao-zja.mx>"])
        #expect(
            read.parts.map(\.type) == ["text/plain", "text/html", "text/csv", "application/pdf"])
        let long = String(repeating: "ñ", count: 3000)
        let lines = "Hola año\n.\n\n.\nFrom x  \nfin\t\n\(long)\n"
        #expect(read.parts.first?.text == lines)
        #expect(read.parts[1].text == "<p>\u{1F600} Hola</p>\n")
        #expect(read.parts[2].name == draft.attachments[0].name.text)
        #expect(read.parts[2].bytes == csv)
        #expect(read.parts[3].bytes == [])
        #expect(read.defects == 0)
    }

    @Test func `every line obeys SMTP and the body is ASCII, whatever is in the mail`() async throws
    {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            var draft = try draft()
            let scalars = (0..<Int.random(in: 1...250, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0x20...0x2FFF, using: &random))
            }.filter { !$0.isControl }
            draft.subject = String(String.UnicodeScalarView(scalars))
            draft.text = String(repeating: draft.subject, count: 20) + "\r\n.\r\n\r"
            let message = try renderer.render(draft)
            #expect(MessageRenderer.isFitForWire(message.bytes))
            #expect(message.bytes.allSatisfy { $0 < 0x80 })
            #expect(try await PythonMail.read(message.bytes).subject == draft.subject)
        }
    }

    @Test func `encoded words are short and split no character`() throws {
        var draft = try draft()
        draft.subject = String(repeating: "ñ€😀", count: 60)
        let words = text(try renderer.render(draft)).split { " \r\n".contains($0) }
            .filter { $0.hasPrefix("=?") }
        #expect(words.count > 10)
        #expect(words.allSatisfy { $0.utf8.count <= 75 })
    }

    @Test func `blind copies receive the mail and appear nowhere in it`() throws {
        var draft = try draft()
        draft.bcc = [try Mailbox("Oculto <oculto@x.mx>", in: .bcc)]
        #expect(draft.recipients.map(\.text) == ["ana@cliente.mx", "oculto@x.mx"])
        #expect(!text(try renderer.render(draft)).lowercased().contains("oculto"))
        draft.to = []
        let rendered = text(try renderer.render(draft))
        #expect(rendered.contains("\r\nTo: undisclosed-recipients:;\r\n"))
        #expect(!rendered.lowercased().contains("bcc"))
    }

    @Test func `somebody named twice receives one copy`() throws {
        var draft = try draft()
        draft.cc = draft.to
        #expect(draft.recipients.count == 1)
    }

    @Test func `an address beyond ASCII makes the mail need SMTPUTF8`() throws {
        var draft = try draft()
        draft.to = [try Mailbox("ñ@x.mx", in: .to)]
        #expect(try renderer.render(draft).needsSMTPUTF8)
    }

    @Test(arguments: ["\r\n", "\n", "\r", "\0", "\u{7F}", "\t", "\u{85}", "\u{2029}"])
    func `a subject cannot begin another header`(control: String) throws {
        var draft = try draft()
        draft.subject = "Hola\(control)Bcc: x@y.mx"
        let refused = draft
        let error = #expect(throws: MessageError.self) { try renderer.render(refused) }
        #expect(error?.code == .controlCharacter)
        #expect(error?.field == .subject)
        #expect(error?.explanation.es.contains("Hola") == false)
    }

    @Test func `limits are told with their field and figure`() throws {
        var limits = MessageLimits()
        limits.attachmentBytesMaximum = 10
        limits.recipientsMaximum = 1
        limits.attachmentsMaximum = 2
        let strict = MessageRenderer(limits: limits)
        let file = try MailAttachment(
            name: "f.pdf", bytes: Array(repeating: 0, count: 6), number: 1)
        let rows: [(MessageError, (inout MessageDraft) throws -> Void)] = [
            (MessageError(.noRecipients, in: .to), { $0.to = [] }),
            (
                MessageError(.tooManyRecipients, in: .to, limit: 1),
                { $0.cc = [try Mailbox("b@x.mx", in: .cc)] }
            ),
            (
                MessageError(.tooLarge, in: .attachment(2), limit: 10),
                { $0.attachments = [file, file] }
            ),
            (
                MessageError(.tooManyAttachments, in: .message, limit: 2),
                { $0.attachments = [file, file, file] }
            ),
            (
                MessageError(.tooLong, in: .subject, limit: 900),
                { $0.subject = String(repeating: "a", count: 901) }
            ),
            (MessageError(.controlCharacter, in: .html), { $0.html = "a\0b" }),
        ]
        for (expected, change) in rows {
            var draft = try draft()
            try change(&draft)
            let refused = draft
            let error = #expect(throws: MessageError.self) { try strict.render(refused) }
            #expect(error == expected)
        }
    }

    @Test func `twenty-five mebibytes pass and one byte more does not`() throws {
        var draft = try draft()
        let bytes = [UInt8](repeating: 0x2E, count: 25 * 1_048_576)
        draft.attachments = [try MailAttachment(name: "f.bin", bytes: bytes, number: 1)]
        #expect(try renderer.render(draft).bytes.count > bytes.count)
        draft.attachments.append(try MailAttachment(name: "g.bin", bytes: [0], number: 2))
        let refused = draft
        let error = #expect(throws: MessageError.self) { try renderer.render(refused) }
        #expect(error?.code == .tooLarge)
    }

    @Test func `two thousand mails leave no memory behind`() async {
        // In a process of its own, because other tests use memory meanwhile.
        await #expect(processExitsWith: .success) {
            let renderer = MessageRenderer()
            let draft = try Self.draft(attachmentByteCount: 20_000)
            for _ in 0..<200 { _ = try renderer.render(draft) }
            let before = try residentBytes()
            for _ in 0..<2000 { _ = try renderer.render(draft) }
            // Forgetting one reference leaves 40 KB per mail, 80 MB here.
            #expect(try residentBytes() - before < 8_000_000)
        }
    }

    @Test func `the sender's headers are whole lines of their own`() throws {
        let from = try Mailbox("Juan Pérez <juan@empresa.com>", in: .from)
        let reply = try Mailbox("María <maria@empresa.com>", in: .replyTo)
        #expect(
            String(
                decoding: SenderHeaders.render(from: from, sender: nil, replyTo: reply),
                as: UTF8.self)
                == "From: =?utf-8?q?Juan_P=C3=A9rez?= <juan@empresa.com>\r\n"
                + "Reply-To: =?utf-8?b?TWFyw61h?= <maria@empresa.com>\r\n")
        let quoted = try Mailbox(#""ACME, S.A. \"x\"" <a@empresa.com>"#, in: .from)
        #expect(
            String(
                decoding: SenderHeaders.render(from: quoted, sender: from, replyTo: nil),
                as: UTF8.self)
                == "From: \"ACME, S.A. \\\"x\\\"\" <a@empresa.com>\r\n"
                + "Sender: =?utf-8?q?Juan_P=C3=A9rez?= <juan@empresa.com>\r\n")
    }
}
