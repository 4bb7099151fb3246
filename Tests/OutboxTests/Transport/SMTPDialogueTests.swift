import SyncCore
import Testing

@testable import Outbox

/// The dialogue without sockets: what is written, and what an answer or an interruption means.
struct SMTPDialogueTests {
    private func dialogue(_ offers: String...) -> SMTPDialogue {
        SMTPDialogue(
            capabilities: SMTPCapabilities(ehlo: SMTPReply(code: 250, lines: ["x"] + offers)))
    }

    private func envelope(_ id: Int, _ recipients: String...) throws -> SMTPEnvelope {
        SMTPEnvelope(
            id: id, sender: try MailAddress("a@x.mx", in: .from),
            recipients: try (recipients.isEmpty ? ["b@y.mx"] : recipients).map {
                try MailAddress($0, in: .to)
            }, byteCount: 100)
    }

    private func reply(_ code: Int, _ text: String = "x") -> SMTPDialogue.Event {
        .reply(SMTPReply(code: code, lines: [text]))
    }

    private func line(_ text: String) -> SMTPDialogue.Action {
        .write(Array((text + "\r\n").utf8))
    }

    @Test func `with pipelining the envelope leaves at once and DATA only when the journal has it`()
        throws
    {
        var dialogue = dialogue("PIPELINING", "SIZE 1000")
        #expect(
            try dialogue.handle(.begin(envelope(1)), at: .zero) == [
                line("MAIL FROM:<a@x.mx> SIZE=100\r\nRCPT TO:<b@y.mx>"), .dataBegin(1),
            ])
        #expect(dialogue.handle(reply(250), at: .zero) == [])
        #expect(dialogue.handle(reply(250), at: .zero) == [])
        #expect(dialogue.handle(.dataAllowed(1), at: .zero) == [line("DATA")])
        #expect(dialogue.handle(reply(354), at: .zero) == [.sendBody(1)])
        #expect(dialogue.handle(.bodyEnding(1), at: .zero) == [])
        #expect(dialogue.handle(.bodyWritten(1), at: .zero) == [.ready])
        let verdict = SMTPReply(code: 250, lines: ["x"])
        #expect(dialogue.handle(.reply(verdict), at: .zero) == [.finished(1, [.accepted(verdict)])])
    }

    @Test func `without pipelining every command waits for its answer`() throws {
        var dialogue = dialogue()
        #expect(
            try dialogue.handle(.begin(envelope(1, "b@y.mx", "c@y.mx")), at: .zero)
                == [line("MAIL FROM:<a@x.mx>")])
        #expect(dialogue.handle(reply(250), at: .zero) == [line("RCPT TO:<b@y.mx>")])
        #expect(dialogue.handle(reply(550), at: .zero) == [line("RCPT TO:<c@y.mx>")])
        #expect(dialogue.handle(reply(250), at: .zero) == [.dataBegin(1)])
        #expect(dialogue.handle(.dataAllowed(1), at: .zero) == [line("DATA")])
        #expect(dialogue.handle(reply(354), at: .zero) == [.sendBody(1)])
        _ = dialogue.handle(.bodyEnding(1), at: .zero)
        #expect(dialogue.handle(.bodyWritten(1), at: .zero) == [])
        let actions = dialogue.handle(reply(250), at: .zero)
        #expect(actions.count == 2)
        #expect(actions.last == .ready)
        guard case .finished(1, let outcomes) = actions.first else {
            Issue.record("The mail did not finish.")
            return
        }
        #expect(outcomes.map(\.word) == ["refused 550", "accepted 250"])
    }

    @Test func `no body is sent when every recipient was refused`() throws {
        var dialogue = dialogue("PIPELINING")
        _ = try dialogue.handle(.begin(envelope(1)), at: .zero)
        _ = dialogue.handle(reply(250), at: .zero)
        let refused = SMTPReply(code: 550, lines: ["no"])
        #expect(
            dialogue.handle(.reply(refused), at: .zero)
                == [.finished(1, [.refused(isPermanent: true, refused)]), line("RSET")])
        // The journal's answer comes too late, and changes nothing.
        #expect(dialogue.handle(.dataAllowed(1), at: .zero) == [])
        #expect(dialogue.handle(reply(250), at: .zero) == [.ready])
    }

    /// Follows one mail until some step, interrupts it, and tells what that meant.
    private func interrupted(after steps: Int) throws -> [String] {
        var dialogue = dialogue("PIPELINING")
        let events: [SMTPDialogue.Event] = [
            .begin(try envelope(1, "b@y.mx", "c@y.mx")), reply(250), reply(250), reply(550),
            .dataAllowed(1), reply(354), .bodyEnding(1), .bodyWritten(1),
        ]
        for event in events[..<steps] { _ = dialogue.handle(event, at: .zero) }
        let actions = dialogue.handle(.interrupted(.connectionLost), at: .zero)
        #expect(actions.last == .close)
        guard case .finished(1, let outcomes) = actions.first else { return [] }
        return outcomes.map(\.word)
    }

    @Test func `an interruption means in doubt only once the final dot may have left`() throws {
        let unsent = "not sent CONNECTION_LOST"
        let doubt = "in doubt CONNECTION_LOST"
        #expect(try interrupted(after: 0) == [])
        for steps in 1...3 { #expect(try interrupted(after: steps) == [unsent, unsent]) }
        for steps in 4...6 { #expect(try interrupted(after: steps) == [unsent, "refused 550"]) }
        for steps in 7...8 { #expect(try interrupted(after: steps) == [doubt, "refused 550"]) }
    }

    @Test func `the next envelope follows the final dot, and its fate is its own`() throws {
        var dialogue = dialogue("PIPELINING")
        _ = try dialogue.handle(.begin(envelope(1)), at: .zero)
        for event in [reply(250), reply(250), .dataAllowed(1), reply(354), .bodyEnding(1)] {
            _ = dialogue.handle(event, at: .zero)
        }
        #expect(!dialogue.isReady)
        #expect(dialogue.handle(.bodyWritten(1), at: .zero) == [.ready])
        #expect(
            try dialogue.handle(.begin(envelope(2)), at: .zero)
                == [line("MAIL FROM:<a@x.mx>\r\nRCPT TO:<b@y.mx>"), .dataBegin(2)])
        #expect(dialogue.handle(.dataAllowed(2), at: .zero) == [line("DATA")])
        // DATA of the second has been written, its body has not: certainly not sent.
        let actions = dialogue.handle(.interrupted(.connectionLost), at: .zero)
        #expect(
            actions == [
                .finished(1, [.inDoubt(.connectionLost)]),
                .finished(2, [.notSent(.connectionLost)]), .close,
            ])
    }

    @Test func `the verdict may take ten minutes and no longer`() throws {
        var dialogue = dialogue("PIPELINING")
        _ = try dialogue.handle(.begin(envelope(1)), at: .zero)
        for event in [reply(250), reply(250), .dataAllowed(1), reply(354), .bodyEnding(1)] {
            _ = dialogue.handle(event, at: .seconds(1))
        }
        _ = dialogue.handle(.bodyWritten(1), at: .seconds(2))
        #expect(dialogue.deadline == .seconds(602))
        #expect(dialogue.handle(.tick, at: .seconds(601)) == [])
        #expect(
            dialogue.handle(.tick, at: .seconds(602))
                == [.finished(1, [.inDoubt(.timedOut(.verdict))]), .close])
        #expect(dialogue.handle(reply(250), at: .seconds(603)) == [])
    }

    @Test(arguments: [200, 354, 199, 600])
    func `an answer out of place ends the connection`(code: Int) throws {
        var idle = dialogue("PIPELINING")
        #expect(idle.handle(reply(code), at: .zero) == [.close])
        var data = dialogue("PIPELINING")
        _ = try data.handle(.begin(envelope(1)), at: .zero)
        for event in [reply(250), reply(250), .dataAllowed(1)] {
            _ = data.handle(event, at: .zero)
        }
        if code != 354 { #expect(data.handle(reply(code), at: .zero).last == .close) }
    }

    @Test func `an address beyond ASCII asks for SMTPUTF8`() throws {
        var dialogue = dialogue("SMTPUTF8", "8BITMIME")
        #expect(
            try dialogue.handle(.begin(envelope(1, "ñ@y.mx")), at: .zero)
                == [line("MAIL FROM:<a@x.mx> BODY=8BITMIME SMTPUTF8")])
    }
}
