import Testing

@testable import Outbox

struct AttachmentNameTests {
    @Test(arguments: [
        ("factura.pdf", "factura.pdf"),
        ("/srv/ventas/factura.pdf", "factura.pdf"),
        (#"C:\Facturas\año.pdf"#, "año.pdf"),
        ("../../etc/passwd", "passwd"),
        (".htaccess", "htaccess"),
        ("an\u{303}o.pdf", "año.pdf"),
        ("factura\u{202E}fdp.exe", "facturafdp.exe"),
        ("a<b>:c.pdf", "a_b__c.pdf"),
        ("con.pdf", "_con.pdf"), ("LPT1", "_LPT1"), ("console.pdf", "console.pdf"),
        ("factura.pdf. .", "factura.pdf"),
    ])
    func `a name keeps only what is harmless`(given: String, kept: String) throws {
        #expect(try AttachmentName(given, attachment: 1).text == kept)
    }

    @Test func `a long name keeps its extension`() throws {
        let name = try AttachmentName(String(repeating: "ñ", count: 300) + ".pdf", attachment: 1)
        #expect(name.text.count == AttachmentName.characterCountMaximum)
        #expect(name.text.hasSuffix("ñ.pdf"))
    }

    @Test(arguments: [
        ("", MessageError.Code.badAttachmentName), ("...", .badAttachmentName),
        ("/", .badAttachmentName), ("a\r\nX: y.pdf", .controlCharacter),
        ("a\0.pdf", .controlCharacter), ("\u{202E}", .badAttachmentName),
    ])
    func `an unusable name is refused`(given: String, code: MessageError.Code) {
        let error = #expect(throws: MessageError.self) { try AttachmentName(given, attachment: 3) }
        #expect(error?.code == code)
        #expect(error?.field == .attachment(3))
    }

    @Test(arguments: [
        ("factura.PDF", "application/pdf"), ("a.xml", "application/xml"), ("a.csv", "text/csv"),
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.jpeg", "image/jpeg"), ("a", "application/octet-stream"),
        ("a.eml", "application/octet-stream"),
    ])
    func `the extension suggests the type`(name: String, type: String) {
        #expect(MediaType(guessedFromName: name).description == type)
    }

    @Test(arguments: [
        "pdf", "a/b/c", "/pdf", "application/", "multipart/mixed", "message/rfc822", "a/b;c=d",
        "a/b\r\nX: y", "text/ñ",
    ])
    func `a media type that would break a header is refused`(type: String) {
        let error = #expect(throws: MessageError.self) {
            try MailAttachment(name: "a.pdf", mediaType: type, bytes: [], number: 1)
        }
        #expect(error?.code == .badMediaType)
    }
}
