import SyncCore

extension SubmissionDialogue {
    /// One mail's envelope and content so far.
    struct Transaction: Sendable {
        var sender: MailAddress?
        var recipients: [String] = []
        var content: [UInt8] = []
        var isTooLarge = false
        /// Whether more recipients were named than one mail may have: then none gets it.
        var hasTooManyRecipients = false
        /// Whether content began to arrive in chunks.
        var isChunked = false

        mutating func append(_ bytes: ArraySlice<UInt8>, _ limits: Limits) {
            guard !isTooLarge, content.count + bytes.count <= limits.mailByteCountMaximum else {
                isTooLarge = true
                content = []
                return
            }
            content += bytes
        }
    }

    /// Answers a line.
    mutating func take(_ line: [UInt8], at now: Duration) -> [Action] {
        if case .login(let step) = mode { return takeLogin(line, step) }
        guard let text = String(validating: line, as: UTF8.self) else {
            return complain(SubmissionReply(500, "5.5.2", "neither ASCII nor UTF-8"))
        }
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? String(parts[1]) : ""
        switch parts[0].uppercased() {
        case "EHLO": return greet(isExtended: true)
        case "HELO": return greet(isExtended: false)
        case "AUTH": return login(rest)
        case "MAIL": return mail(rest)
        case "RCPT": return recipient(rest)
        case "DATA": return data(rest, at: now)
        case "BDAT": return chunk(rest, at: now)
        case "RSET":
            transaction = nil
            contentStart = nil
            return [.reply(SubmissionReply(250, "2.0.0", "ok"))]
        case "NOOP": return [.reply(SubmissionReply(250, "2.0.0", "ok"))]
        case "HELP": return [.reply(SubmissionReply(214, "2.0.0", "see RFC 5321 and 6409"))]
        case "VRFY": return [.reply(SubmissionReply(252, "2.5.2", "send mail and see"))]
        case "QUIT": return close(SubmissionReply(221, "2.0.0", "bye"))
        case "EXPN", "STARTTLS", "ETRN", "TURN":
            return complain(SubmissionReply(502, "5.5.1", "not offered"))
        default: return complain(SubmissionReply(500, "5.5.1", "unknown command"))
        }
    }

    /// Says no; too many of these end the conversation.
    mutating func complain(_ reply: SubmissionReply) -> [Action] {
        errors += 1
        guard errors <= limits.errorsMaximum else {
            return close(SubmissionReply(421, "4.7.0", "too many errors"))
        }
        return [.reply(reply)]
    }

    private mutating func greet(isExtended: Bool) -> [Action] {
        isGreeted = true
        transaction = nil
        guard isExtended else { return [.reply(SubmissionReply(250, hostName))] }
        return [
            .reply(
                SubmissionReply(
                    250,
                    lines: [
                        hostName, "SIZE \(limits.mailByteCountMaximum)", "8BITMIME", "SMTPUTF8",
                        "PIPELINING", "ENHANCEDSTATUSCODES", "CHUNKING", "AUTH PLAIN LOGIN",
                    ]))
        ]
    }

    private mutating func mail(_ rest: String) -> [Action] {
        guard isGreeted, transaction == nil else { return complain(.badSequence) }
        guard isIdentified else {
            return complain(
                SubmissionReply(530, "5.7.0", "authenticate first, as an application"))
        }
        guard let path = SubmissionPath(rest, after: "FROM:") else {
            return complain(SubmissionReply(501, "5.5.4", "MAIL FROM:<address> is expected"))
        }
        for (name, value) in path.parameters {
            switch (name, value) {
            case ("SIZE", let size?):
                guard let count = Int(size), count >= 0 else {
                    return complain(SubmissionReply(501, "5.5.4", "SIZE is a number"))
                }
                guard count <= limits.mailByteCountMaximum else { return complain(tooLarge) }
            case ("BODY", "7BIT"?), ("BODY", "8BITMIME"?), ("SMTPUTF8", nil), ("AUTH", _?): break
            default:
                return complain(SubmissionReply(555, "5.5.4", "parameter not offered"))
            }
        }
        transaction = Transaction(sender: MailAddress(stored: path.address))
        return [.reply(SubmissionReply(250, "2.1.0", "ok"))]
    }

    private mutating func recipient(_ rest: String) -> [Action] {
        guard var current = transaction, !current.isChunked else { return complain(.badSequence) }
        guard let path = SubmissionPath(rest, after: "TO:"), path.parameters.isEmpty else {
            return complain(SubmissionReply(501, "5.5.4", "RCPT TO:<address> is expected"))
        }
        guard MailAddress(stored: path.address) != nil || path.isLocalName else {
            return complain(SubmissionReply(553, "5.1.3", "not an address that mail can go to"))
        }
        guard current.recipients.count < limits.recipientsMaximum else {
            current.hasTooManyRecipients = true
            transaction = current
            return [.reply(tooManyRecipients(452, "4.5.3"))]
        }
        current.recipients.append(path.address)
        transaction = current
        return [.reply(SubmissionReply(250, "2.1.5", "ok"))]
    }

    private func tooManyRecipients(_ code: Int, _ status: String) -> SubmissionReply {
        SubmissionReply(
            code, status, "more than \(limits.recipientsMaximum) recipients: split the mail")
    }

    /// Why content cannot follow now, if that is so.
    private var obstacle: SubmissionReply? {
        guard let transaction else { return .badSequence }
        if transaction.hasTooManyRecipients { return tooManyRecipients(554, "5.5.3") }
        if transaction.recipients.isEmpty {
            return SubmissionReply(554, "5.5.1", "no valid recipients")
        }
        return nil
    }

    private mutating func data(_ rest: String, at now: Duration) -> [Action] {
        guard rest.isEmpty else {
            return complain(SubmissionReply(501, "5.5.4", "DATA stands alone"))
        }
        if let obstacle { return complain(obstacle) }
        guard transaction?.isChunked == false else { return complain(.badSequence) }
        mode = .data(DataScanner())
        contentStart = now
        return [.reply(SubmissionReply(354, "end with a dot on a line of its own"))]
    }

    private mutating func chunk(_ rest: String, at now: Duration) -> [Action] {
        let words = rest.split(separator: " ")
        guard (1...2).contains(words.count), let count = Int(words[0]), count >= 0,
            words.count == 1 || words[1].uppercased() == "LAST"
        else {
            // What follows is content of unknown length.
            return close(SubmissionReply(501, "5.5.4", "BDAT number [LAST] is expected"))
        }
        // Refused or not, the content comes, and must not be taken for commands.
        let refusal = obstacle
        if refusal != nil { transaction = nil }
        transaction?.isChunked = true
        contentStart = contentStart ?? now
        mode = .chunk(left: count, isLast: words.count == 2, refusal: refusal)
        return []
    }
}

/// The path and parameters of MAIL or RCPT.
struct SubmissionPath {
    /// What stands between the angle brackets.
    let address: String
    /// Names in upper case, in their order.
    let parameters: [(name: String, value: String?)]

    private static let localNameByteCountMaximum = 64
    private static let parametersMaximum = 10

    /// Reads what follows the verb; many programs put a blank after the colon.
    init?(_ text: String, after word: String) {
        guard text.prefix(word.count).uppercased() == word else { return nil }
        var rest = text.dropFirst(word.count).drop { $0 == " " }
        guard rest.popFirst() == "<", let end = rest.firstIndex(of: ">") else { return nil }
        address = String(rest[..<end])
        guard !address.unicodeScalars.contains(where: \.isControl), !address.contains("<") else {
            return nil
        }
        rest = rest[rest.index(after: end)...]
        guard rest.isEmpty || rest.first == " " else { return nil }
        var parameters: [(name: String, value: String?)] = []
        for word in rest.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters.append(
                (name: parts[0].uppercased(), value: parts.count > 1 ? parts[1].uppercased() : nil))
        }
        guard parameters.count <= Self.parametersMaximum else { return nil }
        self.parameters = parameters
    }

    /// Whether the address is a name of this machine, such as `root`.
    var isLocalName: Bool {
        (1...Self.localNameByteCountMaximum).contains(address.utf8.count)
            && address.utf8.allSatisfy {
                $0.isASCIILetter || $0.isASCIIDigit || "-_.".utf8.contains($0)
            }
    }
}
