import SyncCore
import Testing

@testable import Outbox

struct SubmissionDialogueTests {
    private typealias Conversation = SubmissionConversation

    @Test func `a whole conversation in one piece stores one mail`() {
        var talk = Conversation()
        let replies = talk.say(
            "EHLO pc\r\nMAIL FROM:<juan@x.co> SIZE=9 BODY=8BITMIME\r\nRCPT TO:<ana@x.co>\r\n"
                + "RCPT TO: <b@x.co>\r\nDATA\r\nSubject: x\r\n\r\n..punto\r\n.\r\nQUIT\r\n")
        #expect(
            Conversation.codes(replies) == [
                "250", "250", "250", "250", "250", "250", "250", "250", "250", "250", "250", "354",
                "250", "221",
            ])
        #expect(replies.contains("250-CHUNKING"))
        #expect(replies.contains("250 AUTH PLAIN LOGIN"))
        #expect(
            talk.stored == [
                SubmittedMail(
                    sender: MailAddress(stored: "juan@x.co"), recipients: ["ana@x.co", "b@x.co"],
                    bytes: Array("Subject: x\r\n\r\n.punto\r\n".utf8))
            ])
        #expect(talk.isClosed)
    }

    // However TCP cuts the bytes, the conversation is the same.
    @Test func `a conversation byte by byte is the same`() {
        let text =
            "EHLO pc\r\nMAIL FROM:<>\r\nRCPT TO:<ana@x.co>\r\nDATA\r\nuno\r\n.dos\r\n\r\n.\r\n"
            + "MAIL FROM:<juan@x.co>\r\nRCPT TO:<ana@x.co>\r\nBDAT 5\r\na\r\n.\r"
            + "BDAT 4 LAST\r\n\nb\r\nQUIT\r\n"
        var whole = Conversation()
        let expected = whole.say(text)
        var pieces = Conversation()
        var replies: [String] = []
        for byte in text.utf8 { replies += pieces.say([byte]) }
        #expect(replies == expected)
        #expect(pieces.stored == whole.stored)
        #expect(whole.stored.count == 2)
        #expect(whole.stored[0].bytes == Array("uno\r\ndos\r\n\r\n".utf8))
        #expect(whole.stored[1].bytes == Array("a\r\n.\r\nb\r\n".utf8))
    }

    @Test func `the verdict comes only when the mail is stored, and what follows waits for it`() {
        var talk = Conversation()
        talk.storesAtOnce = false
        talk.envelope()
        #expect(
            Conversation.codes(talk.say("DATA\r\nx\r\n.\r\nMAIL FROM:<c@x.co>\r\n")) == ["354"])
        #expect(talk.stored.count == 1)
        #expect(talk.say("NOOP\r\n").isEmpty)
        #expect(talk.tell(.stored("M7"))[0] == "250 2.0.0 queued as M7")
        #expect(
            Conversation.codes(talk.say("RCPT TO:<d@x.co>\r\nDATA\r\ny\r\n.\r\n")) == [
                "250", "354",
            ])
        #expect(
            Conversation.codes(talk.tell(.refused(SubmissionReply(451, "4.3.0", "no")))) == ["451"])
    }

    /// What is said after `EHLO`, and the codes of the replies.
    private static let exchanges: [(String, [String])] = [
        ("RCPT TO:<a@x.co>\r\n", ["503"]), ("DATA\r\n", ["503"]), ("MAIL FROM:a@x.co\r\n", ["501"]),
        ("MAIL FROM:<a@x.co\r\n", ["501"]), ("MAIL FROM:<a@x.co>x\r\n", ["501"]),
        ("MAIL FROM:<a@x.co> SIZE=x\r\n", ["501"]), ("MAIL FROM:<a@x.co> RET=HDRS\r\n", ["555"]),
        ("MAIL FROM:<a@x.co> SIZE=99999999999\r\n", ["552"]),
        ("MAIL FROM:<a@x.co> BODY=BINARYMIME\r\n", ["555"]),
        ("MAIL FROM:<a@x.co>\r\nMAIL FROM:<a@x.co>\r\n", ["250", "503"]),
        ("MAIL FROM:<a@x.co>\r\nDATA\r\n", ["250", "554"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<a@b@c>\r\n", ["250", "553"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<>\r\n", ["250", "553"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<a@[10.0.0.1]>\r\n", ["250", "553"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<@x.co:a@x.co>\r\n", ["250", "553"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<\"a b\"@x.co>\r\n", ["250", "553"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<a@x.co> NOTIFY=NEVER\r\n", ["250", "501"]),
        ("MAIL FROM:<a@x.co>\r\nRCPT TO:<root>\r\nRSET\r\nDATA\r\n", ["250", "250", "250", "503"]),
        ("MAIL FROM:<www-data@web>\r\nRCPT TO:<ñandú@año.mx>\r\n", ["250", "250"]),
        ("STARTTLS\r\n", ["502"]), ("VRFY a\r\n", ["252"]), ("XYZ\r\n", ["500"]), ("\r\n", ["500"]),
        ("NOOP\r\nHELP\r\n", ["250", "214"]), ("AUTH CRAM-MD5\r\n", ["504"]),
        ("AUTH PLAIN !\r\n", ["501"]), ("AUTH LOGIN\r\n*\r\n", ["334", "501"]),
        ("BDAT 3 LAST\r\nabcNOOP\r\n", ["503", "250"]), ("BDAT x\r\n", ["501"]),
        (
            "MAIL FROM:<a@x.co>\r\nRCPT TO:<a@x.co>\r\nBDAT 1\r\nxDATA\r\n",
            ["250", "250", "250", "503"]
        ),
    ]

    @Test(arguments: exchanges)
    func `each exchange has its reply`(text: String, codes: [String]) {
        var talk = Conversation()
        _ = talk.say("EHLO pc\r\n")
        #expect(Conversation.codes(talk.say(text)) == codes)
        #expect(talk.stored.isEmpty)
    }

    // What a server and its neighbour could read as two mails is none here (SMTP smuggling).
    @Test(arguments: [
        "x\n.\nMAIL FROM:<evil@x.co>\r\n.\r\n", "x\r\n.\nMAIL FROM:<evil@x.co>\r\n.\r\n",
        "x\n.\r\nMAIL FROM:<evil@x.co>\r\n.\r\n", "x\r.\r\nMAIL FROM:<evil@x.co>\r\n.\r\n",
        "x\r\n.\rMAIL FROM:<evil@x.co>\r\n.\r\n", "x\r\r\n.\r\n", "x\r\n\r.\r\r\n.\r\n",
        "\n\r\n.\r\n",
        "x\r\0\n\r\n.\r\n",
    ])
    func `a lone CR or LF ends no mail, and such a mail is refused with its connection`(
        content: String
    ) {
        for isChunk in [false, true] {
            var talk = Conversation()
            talk.envelope()
            let text =
                isChunk
                ? "BDAT \(content.utf8.count - 3) LAST\r\n\(content.dropLast(2))"
                : "DATA\r\n\(content)"
            let replies = talk.say(text + "MAIL FROM:<evil@x.co>\r\nRCPT TO:<b@x.co>\r\n")
            #expect(Conversation.codes(replies.filter { !$0.hasPrefix("354") }) == ["554"])
            #expect(talk.isClosed && talk.stored.isEmpty)
        }
    }

    @Test(arguments: ["NOOP\n", "NO\rOP\r\n", "NO\u{0}OP\r\n", String(repeating: "x", count: 2048)])
    func `a command line that does not end with CRLF, or never, ends the connection`(text: String) {
        var talk = Conversation()
        #expect(Conversation.codes(talk.say(text)) == ["500"])
        #expect(talk.isClosed)
    }

    @Test func `a mail that is too large is refused when it ends, and the next one is taken`() {
        var limits = SubmissionDialogue.Limits()
        limits.mailByteCountMaximum = 10
        for text in ["DATA\r\n123456789\r\n.\r\n", "BDAT 11 LAST\r\n123456789\r\n"] {
            var talk = Conversation(limits: limits)
            talk.envelope()
            #expect(Conversation.codes(talk.say(text)).last == "552")
            talk.envelope()
            #expect(Conversation.codes(talk.say("DATA\r\n12345678\r\n.\r\n")) == ["354", "250"])
            #expect(talk.stored.map(\.bytes) == [Array("12345678\r\n".utf8)])
        }
    }

    @Test func `of a mail with more recipients than allowed nobody gets anything`() {
        var talk = Conversation()
        talk.envelope((1...1000).map { "p\($0)@x.co" })
        #expect(Conversation.codes(talk.say("RCPT TO:<p1001@x.co>\r\n")) == ["452"])
        #expect(Conversation.codes(talk.say("DATA\r\n")) == ["554"])
        #expect(talk.stored.isEmpty)
    }

    @Test func `a program that is not known must authenticate, and three errors end it`() {
        let login = Conversation.login
        let plain = Base64.encode(Array("\0\(login.name)\0\(login.password)".utf8))
        let words = [login.name, login.password].map { Base64.encode(Array($0.utf8)) }
        for text in [
            "AUTH PLAIN \(plain)\r\n", "AUTH PLAIN\r\n\(plain)\r\n",
            "AUTH LOGIN\r\n\(words[0])\r\n\(words[1])\r\n",
            "AUTH LOGIN \(words[0])\r\n\(words[1])\r\n",
        ] {
            var talk = Conversation(isIdentified: false)
            #expect(
                Conversation.codes(talk.say("EHLO pc\r\nMAIL FROM:<a@x.co>\r\n")).last == "530")
            #expect(Conversation.codes(talk.say(text)).last == "235")
            #expect(Conversation.codes(talk.say("MAIL FROM:<a@x.co>\r\n")) == ["250"])
        }
        var talk = Conversation(isIdentified: false)
        let wrong = "AUTH PLAIN \(Base64.encode(Array("\0crm\0otra".utf8)))\r\n"
        _ = talk.say("EHLO pc\r\n")
        #expect(Conversation.codes(talk.say(wrong + wrong + wrong)) == ["535", "535", "421"])
        #expect(talk.isClosed)
    }

    @Test func `a program that says nothing, or too slowly, is told so, and nothing is stored`() {
        var silent = Conversation()
        silent.now = .seconds(299)
        #expect(silent.tell(.tick).isEmpty)
        silent.now = .seconds(300)
        #expect(Conversation.codes(silent.tell(.tick)) == ["421"])
        var slow = Conversation()
        slow.envelope()
        _ = slow.say("DATA\r\n")
        for second in 1...602 {
            slow.now = .seconds(second)
            #expect(slow.tell(.tick).isEmpty == (second < 600) || slow.isClosed)
            if slow.isClosed { break }
            _ = slow.say("x")
        }
        #expect(slow.isClosed)
        #expect(slow.now == .seconds(600))
        #expect(slow.stored.isEmpty)
    }

    @Test func `a mail that was not ended is not stored, and one that was gets its verdict`() {
        var half = Conversation()
        half.envelope()
        _ = half.say("DATA\r\nx\r\n")
        #expect(half.tell(.inputEnded).isEmpty)
        #expect(half.isClosed && half.stored.isEmpty)
        var whole = Conversation()
        whole.storesAtOnce = false
        whole.envelope()
        _ = whole.say("DATA\r\nx\r\n.\r\n")
        #expect(whole.tell(.inputEnded).isEmpty)
        #expect(!whole.isClosed)
        #expect(whole.tell(.stopping).isEmpty)
        #expect(Conversation.codes(whole.tell(.stored("M1"))) == ["250"])
        #expect(whole.isClosed)
    }

    @Test func `too many errors end the conversation`() {
        var talk = Conversation()
        let replies = talk.say(String(repeating: "XYZ\r\n", count: 30))
        #expect(replies.count == 21)
        #expect(replies.last?.hasPrefix("421") == true)
    }

    @Test func `replies are ASCII in short lines`() {
        let reply = SubmissionReply(
            554, "5.6.0", "Línea “rara”\r\n250 ok " + String(repeating: "palabra ", count: 100))
        let lines = String(decoding: reply.bytes, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.utf8.count <= 510 && $0.hasPrefix("554") })
        #expect(reply.bytes.allSatisfy { $0 < 0x80 })
    }
}
