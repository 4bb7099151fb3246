extension SMTPDialogue {
    /// One mail on its way.
    struct Transaction: Sendable {
        /// How far the mail has come.
        enum Progress: Sendable {
            case envelope, body, ending, verdict
        }

        let envelope: SMTPEnvelope
        var progress = Progress.envelope
        /// The verdict about each recipient, as far as it is known.
        var verdicts: [SMTPOutcome?]
        /// Whether the server takes the sender.
        var isMailAccepted = false
        /// How many recipients have been answered.
        var answeredCount = 0
        var isDataAllowed = false
        var isDataAsked = false
        var isDataWritten = false

        init(_ envelope: SMTPEnvelope) {
            self.envelope = envelope
            verdicts = envelope.recipients.map { _ in nil }
        }

        /// Whether some recipient is not refused.
        var hasRecipients: Bool { verdicts.contains { $0 == nil } }

        /// Gives every recipient without a verdict this one.
        mutating func settle(_ outcome: SMTPOutcome) {
            verdicts = verdicts.map { $0 ?? outcome }
        }

        /// What is known of each recipient when the connection ends now.
        func outcomes(_ cause: SMTPInterruption) -> [SMTPOutcome] {
            let unknown: SMTPOutcome
            switch progress {
            case .envelope, .body: unknown = .notSent(cause)
            case .ending, .verdict: unknown = .inDoubt(cause)
            }
            return verdicts.map { $0 ?? unknown }
        }
    }

    /// Why a mail cannot be offered to this server at all.
    private func obstacle(_ envelope: SMTPEnvelope) -> SMTPInterruption? {
        if let limit = capabilities.sizeMaximum, envelope.byteCount > limit {
            return .tooBig(limit: limit)
        }
        if envelope.needsSMTPUTF8, !capabilities.hasSMTPUTF8 { return .internationalNotOffered }
        if envelope.isEightBit, !capabilities.hasEightBitMIME { return .eightBitNotOffered }
        return nil
    }

    mutating func begin(_ envelope: SMTPEnvelope) -> [Action] {
        if let obstacle = obstacle(envelope) {
            return [.finished(envelope.id, envelope.recipients.map { _ in .notSent(obstacle) })]
                + [.ready]
        }
        transactions.append(Transaction(envelope))
        let id = envelope.id
        guard capabilities.hasPipelining else {
            return write(mailCommand(envelope), expecting: [.init(stage: .mail, transaction: id)])
        }
        var lines = [mailCommand(envelope)]
        expected.append(.init(stage: .mail, transaction: id))
        for (index, recipient) in envelope.recipients.enumerated() {
            lines.append("RCPT TO:<\(recipient)>")
            expected.append(.init(stage: .recipient, transaction: id, recipient: index))
        }
        // The journal commits while the answers to the envelope travel.
        update(id) { $0.isDataAsked = true }
        return [.write(Array((lines.joined(separator: "\r\n") + "\r\n").utf8)), .dataBegin(id)]
    }

    private func mailCommand(_ envelope: SMTPEnvelope) -> String {
        var command = "MAIL FROM:<\(envelope.sender)>"
        if capabilities.hasSize { command += " SIZE=\(envelope.byteCount)" }
        if envelope.isEightBit || envelope.needsSMTPUTF8, capabilities.hasEightBitMIME {
            command += " BODY=8BITMIME"
        }
        if envelope.needsSMTPUTF8 { command += " SMTPUTF8" }
        return command
    }

    mutating func allowData(_ id: Int) -> [Action] {
        // The mail may have ended while the journal was committing: then nothing is to be done.
        guard let open = transactions.first(where: { $0.envelope.id == id }) else { return [] }
        precondition(open.isDataAsked && !open.isDataWritten, "DATA is allowed once, when asked.")
        update(id) { $0.isDataAllowed = true }
        if capabilities.hasPipelining, isEnvelopeAnswered(open), !isWorthSending(open) {
            return abandon(id)
        }
        update(id) { $0.isDataWritten = true }
        return write("DATA", expecting: [.init(stage: .data, transaction: id)])
    }

    func isEnvelopeAnswered(_ open: Transaction) -> Bool {
        !expected.contains {
            $0.transaction == open.envelope.id && ($0.stage == .mail || $0.stage == .recipient)
        }
    }

    func isWorthSending(_ open: Transaction) -> Bool {
        open.isMailAccepted && open.hasRecipients
    }

    /// Ends a mail that every recipient's server refused before its body, and clears the envelope.
    mutating func abandon(_ id: Int) -> [Action] {
        finish(id) + write("RSET", expecting: [.init(stage: .reset, transaction: nil)])
    }

    /// Reports a mail whose recipients all have a verdict.
    mutating func finish(_ id: Int) -> [Action] {
        guard let index = transactions.firstIndex(where: { $0.envelope.id == id }) else {
            preconditionFailure("A mail finishes once.")
        }
        let outcomes = transactions.remove(at: index).verdicts.compactMap(\.self)
        return [.finished(id, outcomes)]
    }
}
