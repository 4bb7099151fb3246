import SyncCore
import Testing
import TestThreads

@testable import Outbox

@Suite(.realWorld)
struct MessageIntakeTests {
    private static let id = MessageID(validated: Array(0..<16)).description
    private static let added =
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\nMessage-ID: <\(id)@inair.com.mx>\n"

    @Test func `a mail keeps its header and body, and loses what is rendered per attempt`() throws {
        let stored = try ArrivedMailFixture.stored(
            """
            Return-Path: <x@y.com>
            From: Juan <juan@inair.com.mx>
            Sender: otro@inair.com.mx
            Reply-To: ventas@inair.com.mx
            To: "Núñez, Ana" <ana@example.com>
            Bcc: secreto@example.com
            Date: Mon, 1 Jan 2024 10:00:00 -0500
            Message-ID: <pedido-7@crm.local>
            X-Mailer: CRM
             de la empresa
            Subject: =?utf-8?q?Cotizaci=C3=B3n?=
            Idempotency-Key: pedido-7
            X-Syncmail-Type: cotizacion

            Hola.
            .
            Fin
            """.replacing("Núñez", with: "Nunez"))
        #expect(
            stored == """
                To: "Nunez, Ana" <ana@example.com>
                Date: Mon, 1 Jan 2024 10:00:00 -0500
                Message-ID: <pedido-7@crm.local>
                X-Mailer: CRM
                 de la empresa
                Subject: =?utf-8?q?Cotizaci=C3=B3n?=

                Hola.
                .
                Fin

                """)
    }

    @Test func `what is missing is added`() throws {
        #expect(
            try ArrivedMailFixture.stored("Hola, esto no tiene cabecera\n")
                == Self.added + "To: undisclosed-recipients:;\n\nHola, esto no tiene cabecera\n")
        #expect(
            try ArrivedMailFixture.stored("Subject: x\nMessage-ID: no es uno\nTo: a@b.co\n\n")
                == Self.added + "To: a@b.co\nSubject: x\n\n")
        #expect(
            try ArrivedMailFixture.stored("")
                == Self.added + "To: undisclosed-recipients:;\n\n")
    }

    @Test func `a line with a dot ends the mail only where that was asked for`() throws {
        let text = "Subject: x\nTo: a@b.co\n\nuno\n.\ndos\n"
        #expect(try ArrivedMailFixture.stored(text, endsAtDot: true).hasSuffix("\n\nuno\n"))
        #expect(try ArrivedMailFixture.stored(text).hasSuffix("\n\nuno\n.\ndos\n"))
        #expect(try ArrivedMailFixture.stored("a\n.", endsAtDot: true).hasSuffix("\n\na\n"))
        #expect(try ArrivedMailFixture.stored("a\n..\n", endsAtDot: true).hasSuffix("\n\na\n..\n"))
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `every line end becomes CRLF`(end: String) throws {
        let text = "Subject: x\nTo: a@b.co\n\nuno\n\n.\ndos\n".replacing("\n", with: end)
        let bytes = try ArrivedMailFixture.take(text).rendered.bytes
        #expect(MessageRenderer.isFitForWire(bytes))
        #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("\r\n\r\nuno\r\n\r\n.\r\ndos\r\n"))
    }

    @Test func `the header names recipients where that was asked for, beside the arguments`() throws
    {
        let text = """
            To: Ana <ana@example.com>, "x, y" <b@example.com> (una nota), grupo: c@example.com;
            Cc: root
            To: d@example.com
            Bcc: oculta@example.com, ANA@example.com

            Hola
            """
        let arrived = try ArrivedMailFixture.take(
            text, to: ["e@example.com"], readsRecipients: true)
        #expect(
            arrived.recipients.map(\.text) == [
                "e@example.com", "ana@example.com", "b@example.com", "c@example.com",
                "d@example.com", "admin@inair.com.mx", "oculta@example.com", "ANA@example.com",
            ])
        let stored = String(decoding: arrived.rendered.bytes, as: UTF8.self)
        #expect(!stored.lowercased().contains("oculta"))
        #expect(stored.contains("Cc: admin@inair.com.mx\r\n"))
        // Two fields To are one, since servers refuse two.
        #expect(stored.split(separator: "\r\n").count { $0.hasPrefix("To:") } == 1)
        #expect(stored.contains("d@example.com"))
        let others = try ArrivedMailFixture.take(text, to: ["e@example.com"])
        #expect(others.recipients.map(\.text) == ["e@example.com"])
    }

    @Test func `letters in the header are encoded, and in the body too`() async throws {
        let text =
            "Subject: Cotización n.º 1\nTo: Ana Núñez <ana@example.com>\n\nMañana a las 5 €\n"
        let arrived = try ArrivedMailFixture.take(text)
        #expect(arrived.rendered.bytes.allSatisfy { $0 < 0x80 })
        let seen = try await PythonMail.read(arrived.rendered.bytes)
        #expect(seen.subject == "Cotización n.º 1")
        #expect(seen.to == ["Ana Núñez <ana@example.com>"])
        #expect(seen.parts.map(\.text) == ["Mañana a las 5 €\n"])
        #expect(seen.defects == 0)
    }

    @Test func `parts of a mail come through unchanged, whatever their encoding`() async throws {
        let file = [UInt8](0...255)
        let base64 = Base64.encode(file + file + file + file)
        let text = """
            Subject: x
            To: a@b.co
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="=_frontera"

            preámbulo
            --=_frontera
            Content-Type: text/html

            <p>Año</p>
            --=_frontera
            Content-Type: application/pdf; name="a.pdf"
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment; filename="a.pdf"

            \(base64)
            --=_frontera--

            """
        let arrived = try ArrivedMailFixture.take(text)
        #expect(MessageRenderer.isFitForWire(arrived.rendered.bytes))
        let seen = try await PythonMail.read(arrived.rendered.bytes)
        #expect(seen.parts.map(\.type) == ["text/html", "application/pdf"])
        #expect(seen.parts[0].text.trimmed == "<p>Año</p>")
        #expect(seen.parts[1].bytes == file + file + file + file)
        #expect(seen.parts[1].name == "a.pdf")
    }

    @Test func `a body that is ASCII in short lines is not touched by a byte`() throws {
        let body = "--=_x\nContent-Type: text/plain\n\n  a \t\n=C3=B1\n--=_x--\nepílogo\n"
            .replacing("í", with: "i")
        let text = "To: a@b.co\nContent-Type: multipart/mixed; boundary=\"=_x\"\n\n" + body
        #expect(try ArrivedMailFixture.stored(text).hasSuffix("\n\n" + body))
        #expect(try ArrivedMailFixture.stored(text).contains("MIME-Version: 1.0\n"))
    }

    @Test func `long lines of header and body are broken without changing what they say`()
        async throws
    {
        let people = (1...120).map { "persona\($0)@example.com" }
        let text =
            "To: \(people.joined(separator: ", "))\nSubject: x\n\n"
            + String(repeating: "palabra ", count: 400) + "\n"
        let arrived = try ArrivedMailFixture.take(text, readsRecipients: true)
        #expect(arrived.recipients.count == 121)
        #expect(MessageRenderer.isFitForWire(arrived.rendered.bytes))
        let seen = try await PythonMail.read(arrived.rendered.bytes)
        #expect(seen.to == people)
        #expect(
            seen.parts.map(\.text.trimmed) == [String(repeating: "palabra ", count: 400).trimmed])
    }

    @Test func `text in an old encoding is shown as it was meant`() async throws {
        let bytes = Array("To: a@b.co\n\nEspa".utf8) + [0xF1] + Array("a\n".utf8)
        let seen = try await PythonMail.read(try ArrivedMailFixture.take(bytes).rendered.bytes)
        #expect(seen.parts[0].bytes == Array("Espa".utf8) + [0xF1] + Array("a\n".utf8))
    }

    private static let signed: [String] = [
        "DKIM-Signature: v=1; a=rsa-sha256; d=inair.com.mx; b=abc\n",
        "Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=\"s\"\n",
        "Content-Type: application/pkcs7-mime; smime-type=signed-data\n",
    ]

    @Test(arguments: signed)
    func `a signed mail keeps every header but Bcc, and names its signer`(header: String) throws {
        let text =
            header + "From: Juan <juan@inair.com.mx>\nReply-To: x@y.co\nBcc: z@y.co\n"
            + "Date: Mon, 1 Jan 2024 10:00:00 -0500\nMessage-ID: <1@x>\nSubject: Año\n\ncuerpo ñ\n"
        let arrived = try ArrivedMailFixture.take(text)
        #expect(arrived.signedAs?.text == "juan@inair.com.mx")
        #expect(
            String(decoding: arrived.rendered.bytes, as: UTF8.self).replacing("\r\n", with: "\n")
                == text.replacing("Bcc: z@y.co\n", with: ""))
        #expect(arrived.rendered.needsSMTPUTF8)
    }

    @Test func `who wrote it and where answers go are read`() throws {
        func intake(_ header: String) throws -> MessageIntake {
            try MessageIntake(reading: Array((header + "\n\nx\n").utf8), for: ["a@b.co"])
        }
        let one = try intake("From: =?utf-8?q?Juan_P=C3=A9rez?= <juan@inair.com.mx>\nSubject: \ta")
        #expect(one.author?.description == "Juan Pérez <juan@inair.com.mx>")
        #expect(one.replyTo == nil)
        #expect(one.subject == "a")
        let two = try intake(
            "From: root (Cron Daemon)\nReply-To: <x@y.co>\nSubject: =?utf-8?b?w7E=?=")
        #expect(two.author == nil)
        #expect(two.replyTo?.address.text == "x@y.co")
        #expect(two.subject == "ñ")
        #expect(try intake("To: root, ana@x.co").localNames == ["root"])
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
