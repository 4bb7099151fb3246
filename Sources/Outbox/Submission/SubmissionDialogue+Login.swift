import SyncCore

extension SubmissionDialogue {
    /// Which line of AUTH is awaited.
    enum LoginStep: Sendable {
        case plain
        case name
        case password(name: String)
    }

    /// AUTH with its mechanism, and perhaps the first line already.
    mutating func login(_ rest: String) -> [Action] {
        guard isGreeted, transaction == nil else { return complain(.badSequence) }
        let words = rest.split(separator: " ", maxSplits: 1).map(String.init)
        switch words.first?.uppercased() {
        case "PLAIN":
            guard words.count == 2 else { return ask(.plain, "") }
            return takeLogin(Array(words[1].utf8), .plain)
        case "LOGIN":
            // "Username:" and "Password:" in base 64.
            guard words.count == 2 else { return ask(.name, "VXNlcm5hbWU6") }
            return takeLogin(Array(words[1].utf8), .name)
        default:
            return complain(SubmissionReply(504, "5.5.4", "AUTH PLAIN or AUTH LOGIN"))
        }
    }

    mutating func takeLogin(_ line: [UInt8], _ step: LoginStep) -> [Action] {
        mode = .command
        if line == [UInt8(ascii: "*")] {
            return complain(SubmissionReply(501, "5.7.0", "cancelled"))
        }
        guard var bytes = Base64.decode(line) else {
            return complain(SubmissionReply(501, "5.5.2", "not base 64"))
        }
        switch step {
        case .plain:
            // Identity to act as, name, password; the first must be empty or the name.
            let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0].isEmpty || parts[0] == parts[1],
                let name = String(validating: parts[1], as: UTF8.self)
            else { return complain(SubmissionReply(501, "5.5.2", "malformed AUTH PLAIN")) }
            var password = Array(parts[2])
            defer { for index in bytes.indices { bytes[index] = 0 } }
            return ask(name, &password)
        case .name:
            guard let name = String(validating: bytes, as: UTF8.self) else {
                return complain(SubmissionReply(501, "5.5.2", "not a name"))
            }
            return ask(.password(name: name), "UGFzc3dvcmQ6")
        case .password(let name):
            return ask(name, &bytes)
        }
    }

    mutating func answerLogin(_ isRight: Bool) -> [Action] {
        isWaiting = false
        guard !isRight else {
            isIdentified = true
            return [.reply(SubmissionReply(235, "2.7.0", "welcome"))]
        }
        failedLogins += 1
        guard failedLogins < limits.failedLoginsMaximum else {
            return close(SubmissionReply(421, "4.7.0", "too many failed logins"))
        }
        return [.reply(SubmissionReply(535, "5.7.8", "name or password is wrong"))]
    }

    private mutating func ask(_ step: LoginStep, _ challenge: String) -> [Action] {
        mode = .login(step)
        return [.reply(SubmissionReply(334, challenge))]
    }

    private mutating func ask(_ name: String, _ password: inout [UInt8]) -> [Action] {
        isWaiting = true
        return [.authenticate(name: name, password: SecretBytes(consuming: &password))]
    }
}
