import SyncCore
import Testing

@testable import Outbox

struct MailAddressTests {
    @Test(arguments: [
        ("ventas@empresa.com", "ventas@empresa.com"),
        ("Juan.Perez+iva@Empresa.COM.EC", "Juan.Perez+iva@empresa.com.ec"),
        ("o'brien@x.mx", "o'brien@x.mx"),
        ("ñandú@x.mx", "ñandú@x.mx"),
        ("n\u{303}andu\u{301}@x.mx", "ñandú@x.mx"),
        ("juan@año.mx", "juan@xn--ao-zja.mx"),
        ("juan@AÑO.mx", "juan@xn--ao-zja.mx"),
        ("root@localhost", "root@localhost"),
    ])
    func `an address is kept in the form of the envelope`(typed: String, text: String) throws {
        #expect(try MailAddress(typed, in: .to).text == text)
    }

    private static let refused: [(String, MessageError.Code)] = [
        ("", .badAddress), ("juan", .badAddress), ("@x.mx", .badAddress),
        ("juan@", .badDomain), ("juan@x", .badDomain), ("a@b@c.mx", .badAddress),
        ("juan perez@x.mx", .badAddress), ("\"juan\"@x.mx", .badAddress),
        (".juan@x.mx", .badAddress), ("juan.@x.mx", .badAddress), ("ju..an@x.mx", .badAddress),
        ("juan@-x.mx", .badDomain), ("juan@x..mx", .badDomain), ("juan@x.mx.", .badDomain),
        ("juan@[192.0.2.1]", .badDomain), ("juan@192.0.2.1", .badDomain),
        ("juan@x_y.mx", .badDomain), ("juan@x.mx> SIZE=1", .badDomain),
        ("<juan@x.mx>", .badAddress), ("juan@x.mx,ana@x.mx", .badAddress),
        ("juan\r\nRCPT TO:<evil@x.mx>@x.mx", .controlCharacter),
        ("juan@x.mx\n", .controlCharacter), ("juan\0@x.mx", .controlCharacter),
        ("juan\u{7F}@x.mx", .controlCharacter), ("juan\u{85}@x.mx", .controlCharacter),
        ("juan\u{2028}@x.mx", .controlCharacter), ("juan\t@x.mx", .controlCharacter),
        ("juan\u{202E}@x.mx", .badAddress), ("jua\u{200B}n@x.mx", .badAddress),
        ("juan@a\u{200B}b.mx", .badDomain), ("😀@x.mx", .badAddress),
        (String(repeating: "a", count: 65) + "@x.mx", .badAddress),
        ("a@" + String(repeating: "a", count: 64) + ".mx", .badDomain),
        ("a@" + String(repeating: "aaaaaaa.", count: 40) + "mx", .tooLong),
    ]

    @Test(arguments: refused)
    func `what is not an address is refused`(typed: String, code: MessageError.Code) {
        let error = #expect(throws: MessageError.self) { try MailAddress(typed, in: .cc) }
        #expect(error?.code == code)
        #expect(error?.field == .cc)
    }

    @Test func `the refusal shows what was typed without its invisible characters`() {
        let error = #expect(throws: MessageError.self) {
            try MailAddress("juan\u{202E}@x.mx", in: .to)
        }
        #expect(error?.explanation.es.contains("«juan‹202e›@x.mx»") == true)
        #expect(error?.explanation.en.contains("\"juan‹202e›@x.mx\"") == true)
    }

    @Test func `only a local part beyond ASCII needs SMTPUTF8`() throws {
        #expect(try MailAddress("ñ@x.mx", in: .to).needsSMTPUTF8)
        #expect(try !MailAddress("n@año.mx", in: .to).needsSMTPUTF8)
    }

    @Test(arguments: [
        ("juan@x.mx", nil, "juan@x.mx"),
        ("<juan@x.mx>", nil, "juan@x.mx"),
        ("Juan Pérez <juan@x.mx>", "Juan Pérez", "juan@x.mx"),
        ("  Juan Pérez   < juan@x.mx > ", "Juan Pérez", "juan@x.mx"),
        (#""Pérez, Juan" <juan@x.mx>"#, "Pérez, Juan", "juan@x.mx"),
        (#""a \"b\" \\ <c>" <juan@x.mx>"#, #"a "b" \ <c>"#, "juan@x.mx"),
        (#""" <juan@x.mx>"#, nil, "juan@x.mx"),
    ])
    func `a mailbox is a name and an address`(typed: String, name: String?, address: String) throws
    {
        let mailbox = try Mailbox(typed, in: .from)
        #expect(mailbox.name == name)
        #expect(mailbox.address.text == address)
    }

    @Test(arguments: [
        "Juan <juan@x.mx", "Juan <juan@x.mx> x", "Pérez, Juan <juan@x.mx>", #"" <juan@x.mx>"#,
        #""a"b" <juan@x.mx>"#, "a@y.mx <juan@x.mx>", "Juan <>", #""a\" <juan@x.mx>"#,
        "<a@x.mx> <b@x.mx>",
    ])
    func `an ambiguous mailbox is refused`(typed: String) {
        let error = #expect(throws: MessageError.self) { try Mailbox(typed, in: .from) }
        #expect(error?.code == .badAddress)
    }

    @Test func `a name cannot begin another header`() throws {
        let address = try MailAddress("a@x.mx", in: .from)
        let error = #expect(throws: MessageError.self) {
            try Mailbox(name: "Juan\r\nBcc: x@y.mx", address: address, in: .from)
        }
        #expect(error?.code == .controlCharacter)
    }

    @Test(arguments: MessageError.Code.allCases)
    func `every refusal is explained in both languages`(code: MessageError.Code) {
        let error = MessageError(code, in: .attachment(2), limit: 10, typed: "x")
        #expect(error.explanation.es.contains("adjunto 2"))
        #expect(error.explanation.en.contains("attachment 2"))
        #expect(error.explanation.es != error.explanation.en)
        #expect(error.exitStatus == (code == .notRenderable ? .software : .badData))
    }
}
