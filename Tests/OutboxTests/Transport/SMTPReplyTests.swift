import SyncCore
import Testing

@testable import Outbox

struct SMTPReplyTests {
    private func parse(_ text: String) throws -> [SMTPReply] {
        var parser = SMTPReplyParser()
        return try parser.consume(Array(text.utf8))
    }

    @Test func `answers are found wherever the stream is cut`() throws {
        let text = "250-a\r\n250 b\r\n550 5.1.1 no such user\r\n354\r\n421 bye\n"
        let whole = try parse(text)
        #expect(
            whole == [
                SMTPReply(code: 250, lines: ["a", "b"]),
                SMTPReply(code: 550, enhanced: "5.1.1", lines: ["no such user"]),
                SMTPReply(code: 354, lines: [""]), SMTPReply(code: 421, lines: ["bye"]),
            ])
        for cut in 0...text.utf8.count {
            var parser = SMTPReplyParser()
            let bytes = Array(text.utf8)
            let found = try parser.consume(bytes[..<cut]) + parser.consume(bytes[cut...])
            #expect(found == whole)
        }
    }

    @Test(arguments: [
        ("hello\r\n", SMTPReplyParser.Violation.notAReply), ("25\r\n", .notAReply),
        ("650 x\r\n", .notAReply), ("250x\r\n", .notAReply), ("250-a\r\n251 b\r\n", .notAReply),
        (String(repeating: "2", count: 2049), .lineTooLong),
        (String(repeating: "250-a\r\n", count: 101), .tooManyLines),
    ])
    func `what is not an answer is refused`(text: String, violation: SMTPReplyParser.Violation) {
        let error = #expect(throws: SMTPReplyParser.Violation.self) { try parse(text) }
        #expect(error == violation)
    }

    @Test func `a text fit for a log is all that is kept`() throws {
        let reply = try parse("550 a\u{1B}[31m\u{202E}b\rc\r\n")[0]
        #expect(reply.lines == ["a·[31m·b·c"])
    }

    @Test func `capabilities are read whatever their case`() throws {
        let text =
            "250-x\r\n250-pipelining\r\n250-SIZE 100\r\n250-AUTH=PLAIN\r\n250 AUTH login PLAIN\r\n"
        let offered = SMTPCapabilities(ehlo: try parse(text)[0])
        #expect(offered.hasPipelining && offered.hasSize && !offered.hasStartTLS)
        #expect(offered.sizeMaximum == 100)
        #expect(offered.authentications == ["PLAIN", "LOGIN"])
    }

    @Test func `a mail is stuffed the same wherever it is cut`() {
        let text = ".a\r\n..b\n.\r\r.\n\nc\r\n.\r\nd"
        let bytes = Array(text.utf8)
        let stuffed = "..a\r\n...b\r\n..\r\n\r\n..\r\n\r\nc\r\n..\r\nd\r\n.\r\n"
        for cut in 0...bytes.count {
            var stuffer = DotStuffer()
            var output: [UInt8] = []
            stuffer.append(bytes[..<cut], to: &output)
            stuffer.append(bytes[cut...], to: &output)
            stuffer.finish(to: &output)
            #expect(String(decoding: output, as: UTF8.self) == stuffed)
        }
    }

    @Test(arguments: TransportFailure.Cause.allCases)
    func `every cause is explained in both languages`(cause: TransportFailure.Cause) {
        let failure = TransportFailure(
            cause, host: "smtp.x.mx", port: 587, elapsed: .milliseconds(12), issuer: "Avast")
        #expect(failure.explanation.es.contains("smtp.x.mx:587"))
        #expect(failure.explanation.en.contains("\(cause.rawValue), 12 ms"))
        #expect(failure.explanation.es != failure.explanation.en)
    }
}
