import SyncCore
import Testing

@testable import Outbox

struct MessageIntakeBadInputTests {
    private static let mixed = "Content-Type: multipart/mixed; boundary=b\nTo: a@b.co\n\n"

    /// A mail, its recipients, and why it is refused.
    private static let refused: [(String, [String], IntakeError.Code)] = [
        ("To: a@b.co\n\nuno\u{0}dos\n", ["a@b.co"], .nul),
        ("To: a@b.co\nesto no\n\nx", ["a@b.co"], .badHeaderLine(2)),
        ("To: a@b.co\nX: a\u{7}b\n\nx", ["a@b.co"], .controlCharacter("X")),
        ("From: a@b.co\nFrom: c@d.co\n\nx", ["a@b.co"], .duplicate("From")),
        ("Subject: 1\nsubject: 2\n\nx", ["a@b.co"], .duplicate("Subject")),
        ("Message-ID: <1@x>\nMessage-ID: <2@x>\n\nx", ["a@b.co"], .duplicate("Message-ID")),
        ("From: <a@b.co\n\nx", ["a@b.co"], .badAddresses("From")),
        ("From: a b c\n\nx", ["a@b.co"], .badAddresses("From")),
        ("Reply-To: a@b.co, c@d.co\n\nx", ["a@b.co"], .severalReplyTo),
        ("Reply-To: a@b@c\n\nx", ["a@b.co"], .badAddress(shown: "a@b@c")),
        ("x", ["a@b@c"], .badAddress(shown: "a@b@c")),
        ("x", ["<a@b.co"], .badAddress(shown: "<a@b.co")),
        ("x", ["@x.co:a@b.co"], .badAddress(shown: "@x.co:a@b.co")),
        ("x", ["\"a b\"@c.co"], .badAddress(shown: "\"a b\"@c.co")),
        ("x", ["a@[127.0.0.1]"], .badAddress(shown: "a@[127.0.0.1]")),
        ("x", ["nadie"], .unknownLocalName(shown: "nadie")), ("x", [], .noRecipients),
        ("x", [","], .noRecipients), (mixed + "x", ["a@b.co"], .brokenMIME),
        (mixed + "--b\n\nx\n", ["a@b.co"], .brokenMIME),
        (mixed + "--b--\n", ["a@b.co"], .brokenMIME),
        ("Content-Type: multipart/mixed\n\nx", ["a@b.co"], .brokenMIME),
        (
            "Content-Disposition: attachment; filename=ñ\n\nñ", ["a@b.co"],
            .notASCII("Content-Disposition")
        ),
        ("X: \(String(repeating: "x", count: 2000))\n\nx", ["a@b.co"], .wordTooLong("X")),
        ("DKIM-Signature: x\n\nx", ["a@b.co"], .signedWithoutFrom),
        ("DKIM-Signature: x\nFrom: root\n\nx", ["a@b.co"], .signedWithoutFrom),
        (
            "DKIM-Signature: x\nFrom: a@b.co\n\n\(String(repeating: "x", count: 2000))\n",
            ["a@b.co"],
            .signedLineTooLong
        ),
        (
            "To: x\n\(String(repeating: "X: y\n", count: 1001))\nx", ["a@b.co"],
            .headerTooLarge(limit: 262_144)
        ),
        ("x", (1...1001).map { "p\($0)@b.co" }, .tooManyRecipients(limit: 1000)),
    ]

    @Test(arguments: refused)
    func `a mail that is wrong is refused with its reason, in two languages`(
        text: String, recipients: [String], code: IntakeError.Code
    ) throws {
        let error = #expect(throws: IntakeError.self) {
            try ArrivedMailFixture.take(text, to: recipients)
        }
        #expect(error?.code == code)
        #expect(error?.explanation.es.contains("No se guardó nada") == true)
        #expect(error?.explanation.en.contains("Nothing was stored") == true)
    }

    private static let refusedByHeader: [(String, IntakeError.Code)] = [
        ("To: a@b.co <c@d.co>, \"x\n\nx", .badAddresses("To")),
        ("To: a@b.co c@d.co\n\nx", .badAddresses("To")),
        ("Bcc: a@b.co;\n\nx", .badAddresses("Bcc")),
        ("To: grupo: a@b.co\n\nx", .badAddresses("To")), ("To: (a\n\nx", .badAddresses("To")),
        ("To: a@b.co\nX-Syncmail-Contact: perro:1\n\nx", .badContact),
        ("Resent-To: a@b.co\n\nx", .resent), ("Subject: x\n\nx", .noRecipients),
        ("To: undisclosed-recipients:;\n\nx", .noRecipients),
        ("To: a@b.co\n , c@@d\n\nx", .badAddress(shown: "c@@d")),
    ]

    // An address that is passed over would be a recipient who gets nothing.
    @Test(arguments: refusedByHeader)
    func `recipients of the header are all read, or the mail is refused`(
        text: String, code: IntakeError.Code
    ) throws {
        let error = #expect(throws: IntakeError.self) {
            try ArrivedMailFixture.take(text, to: [], readsRecipients: true)
        }
        #expect(error?.code == code)
    }

    @Test func `a mail or header in another encoding than UTF-8, or too large, is refused`() throws
    {
        let latin = #expect(throws: IntakeError.self) {
            try ArrivedMailFixture.take(Array("Subject: a".utf8) + [0xF1, 0x0A, 0x0A])
        }
        #expect(latin?.code == .notUTF8("Subject"))
        var rules = MessageIntake.Rules()
        rules.byteCountMaximum = 100
        let large = #expect(throws: IntakeError.self) {
            try MessageIntake(
                reading: [UInt8](repeating: 0x61, count: 101), for: ["a@b.co"], rules: rules)
        }
        #expect(large?.code == .tooLarge(limit: 100))
    }

    // Whatever a program writes, the queue gets what is fit for the wire, or nothing.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `mangled mails are refused, or stored fit for the wire`(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        var bytes = Array(
            """
            From: Juan <juan@inair.com.mx>
            To: Ana <ana@example.com>, b@example.com
            Subject: =?utf-8?q?Cotizaci=C3=B3n?= ñ
            Content-Type: multipart/mixed; boundary="=_x"

            --=_x
            Content-Type: text/plain; charset=utf-8

            Año
            --=_x--

            """.utf8)
        let spice: [UInt8] = [0x0A, 0x0D, 0x2E, 0x20, 0x3A, 0xFF, 0xC3, 0x3C, 0x22, 0x2D, 0x3D]
        for _ in 0..<(1 + next(6)) {
            let place = next(bytes.count)
            switch next(3) {
            case 0: bytes.insert(spice[next(spice.count)], at: place)
            case 1: bytes.remove(at: place)
            default: bytes[place] = spice[next(spice.count)]
            }
        }
        do {
            let arrived = try ArrivedMailFixture.take(bytes, readsRecipients: true)
            #expect(MessageRenderer.isFitForWire(arrived.rendered.bytes))
        } catch is IntakeError {}
    }
}
