extension SMTPDialogue {
    /// Interprets the next answer.
    mutating func receive(_ reply: SMTPReply) -> [Action] {
        guard let expectation = expected.first else {
            return fail(reply.isClosing ? .serviceClosing(reply) : .protocolViolation(.idle))
        }
        expected.removeFirst()
        guard let id = expectation.transaction else { return connectionReply(expectation, reply) }
        guard let open = transactions.first(where: { $0.envelope.id == id }) else {
            preconditionFailure("An answer is awaited for an open transaction only.")
        }
        if reply.isClosing { return closing(expectation, id, reply) }
        switch expectation.stage {
        case .mail: return mailReply(id, reply)
        case .recipient: return recipientReply(id, expectation.recipient, open, reply)
        case .data: return dataReply(id, open, reply)
        case .verdict: return verdict(id, reply)
        case .idle, .body, .reset, .quit:
            preconditionFailure("No command of a transaction has the stage \(expectation.stage).")
        }
    }

    /// An answer to RSET or QUIT.
    private mutating func connectionReply(
        _ expectation: Expectation, _ reply: SMTPReply
    ) -> [Action] {
        if expectation.stage == .quit { return close() }
        if reply.isClosing { return fail(.serviceClosing(reply)) }
        guard reply.kind == .done else { return fail(.protocolViolation(.reset)) }
        return isReady ? [.ready] : []
    }

    /// 421: the server closes.
    ///
    /// As the answer to the final dot it is a refusal of that mail.
    private mutating func closing(
        _ expectation: Expectation, _ id: Int, _ reply: SMTPReply
    ) -> [Action] {
        if expectation.stage == .verdict {
            update(id) { $0.settle(.refused(isPermanent: false, reply)) }
        }
        return fail(.serviceClosing(reply))
    }

    private mutating func mailReply(_ id: Int, _ reply: SMTPReply) -> [Action] {
        switch reply.kind {
        case .done:
            update(id) { $0.isMailAccepted = true }
            return capabilities.hasPipelining ? [] : nextRecipient(id)
        case .temporaryRefusal, .permanentRefusal:
            update(id) { $0.settle(.refused(isPermanent: reply.isPermanent, reply)) }
            return capabilities.hasPipelining ? afterEnvelope(id) : abandon(id)
        case .more, .unknown: return fail(.protocolViolation(.mail))
        }
    }

    private mutating func recipientReply(
        _ id: Int, _ index: Int, _ open: Transaction, _ reply: SMTPReply
    ) -> [Action] {
        switch reply.kind {
        case .done: break
        case .temporaryRefusal, .permanentRefusal:
            // After a refused MAIL every RCPT is out of sequence; the first refusal is the reason.
            update(id) {
                $0.verdicts[index] =
                    $0.verdicts[index] ?? .refused(isPermanent: reply.isPermanent, reply)
            }
        case .more, .unknown: return fail(.protocolViolation(.recipient))
        }
        update(id) { $0.answeredCount += 1 }
        return capabilities.hasPipelining ? afterEnvelope(id) : nextRecipient(id)
    }

    /// Without pipelining: the next RCPT, or the question whether DATA may be written.
    private mutating func nextRecipient(_ id: Int) -> [Action] {
        guard let open = transactions.first(where: { $0.envelope.id == id }) else { return [] }
        let next = open.answeredCount
        guard next == open.envelope.recipients.count else {
            return write(
                "RCPT TO:<\(open.envelope.recipients[next])>",
                expecting: [.init(stage: .recipient, transaction: id, recipient: next)])
        }
        guard isWorthSending(open) else { return abandon(id) }
        update(id) { $0.isDataAsked = true }
        return [.dataBegin(id)]
    }

    /// With pipelining: once the envelope is answered and DATA was not yet written, gives up a
    /// mail that nobody would receive.
    private mutating func afterEnvelope(_ id: Int) -> [Action] {
        guard let open = transactions.first(where: { $0.envelope.id == id }),
            isEnvelopeAnswered(open), !open.isDataWritten, !isWorthSending(open)
        else { return [] }
        return abandon(id)
    }

    private mutating func dataReply(
        _ id: Int, _ open: Transaction, _ reply: SMTPReply
    ) -> [Action] {
        switch reply.kind {
        case .more where isWorthSending(open):
            update(id) { $0.progress = .body }
            return [.sendBody(id)]
        case .more:
            // Every recipient was refused and the server wants a body all the same (RFC 2920
            // §3.1). Hanging up is the only answer that cannot send anything.
            return fail(.protocolViolation(.data))
        case .temporaryRefusal, .permanentRefusal:
            update(id) { $0.settle(.refused(isPermanent: reply.isPermanent, reply)) }
            return abandon(id)
        case .done, .unknown: return fail(.protocolViolation(.data))
        }
    }

    private mutating func verdict(_ id: Int, _ reply: SMTPReply) -> [Action] {
        switch reply.kind {
        case .done: update(id) { $0.settle(.accepted(reply)) }
        case .temporaryRefusal, .permanentRefusal:
            update(id) { $0.settle(.refused(isPermanent: reply.isPermanent, reply)) }
        case .more, .unknown: return fail(.protocolViolation(.verdict))
        }
        let wasReady = isReady
        let finished = finish(id)
        return finished + (isReady && !wasReady ? [.ready] : [])
    }
}

extension SMTPReply {
    /// Whether trying again is pointless.
    var isPermanent: Bool { kind == .permanentRefusal }
}
