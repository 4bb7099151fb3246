/// The answer of a mail server, as a program repeats it in an error.
struct RepeatedReply {
    let reply: SMTPReply

    /// Finds `550 5.1.1 No such user`, `(535, b'5.7.8 …')` and the like.
    init?(in line: String) {
        let words = line.split { " ()[],:;'\"".contains($0) }.map(String.init)
        for (index, word) in words.enumerated() {
            // `line 545` is a place in a program.
            let before = index > 0 ? words[index - 1].lowercased() : ""
            guard word.count == 3, let code = Int(word), (400...599).contains(code),
                !["line", "línea", "port", "puerto"].contains(before)
            else { continue }
            let rest = words[(index + 1)...].drop { $0 == "b" }
            // A number alone is a line of code, a port or a size: an answer has words.
            guard let next = rest.first else { continue }
            let enhanced = Self.enhanced(next, class: code / 100)
            let isAnswer =
                enhanced != nil || line.lowercased().contains("smtp")
                || line.lowercased().contains("server response") || index == 0
            guard isAnswer else { continue }
            let text = rest.dropFirst(enhanced == nil ? 0 : 1).joined(separator: " ")
            reply = SMTPReply(code: code, enhanced: enhanced, lines: [text])
            return
        }
        return nil
    }

    private static func enhanced(_ word: String, class digit: Int) -> String? {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let isEnhanced =
            parts.count == 3 && parts[0] == String(digit)
            && parts.allSatisfy { (1...3).contains($0.count) && $0.utf8.allSatisfy(\.isASCIIDigit) }
        return isEnhanced ? word : nil
    }
}

/// The number of an error of the system, as programs print it.
struct SystemErrorNumber {
    let code: DiagnosisCode

    private static let meanings: [Int: DiagnosisCode] = [
        // Windows (Winsock).
        10013: .localPolicy, 10051: .unreachable, 10053: .connectionLost, 10054: .connectionLost,
        10060: .dropped, 10061: .refused, 10064: .unreachable, 10065: .unreachable,
        11001: .hostTypo, 11002: .nameServerDown, 11004: .hostTypo,
        // Linux.
        13: .localPolicy, 101: .unreachable, 104: .connectionLost, 110: .dropped, 111: .refused,
        113: .unreachable,
        // macOS.
        51: .unreachable, 54: .connectionLost, 60: .dropped, 61: .refused, 65: .unreachable,
        // getaddrinfo, which Python prints as a number below zero.
        -2: .hostTypo, -3: .nameServerDown, -5: .hostTypo,
    ]

    /// Finds `[WinError 10060]`, `[Errno 110]`, `SocketException (10061)` and the like.
    init?(in line: String) {
        let words = line.split { " ()[],:;'\"".contains($0) }.map(String.init)
        for (index, word) in words.enumerated() {
            guard let number = Int(word), let code = Self.meanings[number] else { continue }
            // Small numbers mean something only where they are called an error's.
            let before = index > 0 ? words[index - 1] : ""
            let isNamed = ["winerror", "errno", "error", "errorcode", "socketexception"].contains(
                where: before.hasSuffix)
            guard number >= 10_000 || isNamed else { continue }
            self.code = code
            return
        }
        return nil
    }
}

/// A mail server that a report names.
struct MailServerMention {
    let host: ServerName
    let port: Int?

    /// The ports on which mail is submitted.
    private static let ports: Set<Int> = [25, 80, 465, 587, 2465, 2525, 2587, 3535]

    /// The first line that names a server with a port of mail, or else a name with "smtp" in it.
    static func first(in lines: [String]) -> MailServerMention? {
        var nameOnly: MailServerMention?
        for line in lines {
            guard let mention = mention(in: line) else { continue }
            if mention.port != nil { return mention }
            nameOnly = nameOnly ?? mention
        }
        let port = nameOnly == nil ? nil : lines.lazy.compactMap(port(in:)).first
        return nameOnly.map { MailServerMention(host: $0.host, port: port) }
    }

    private static func mention(in line: String) -> MailServerMention? {
        let words = line.split { " ()[]{},;'\"=/<>".contains($0) }
        for (index, word) in words.enumerated() {
            let parts = word.split(separator: ":", maxSplits: 1)
            guard let name = parts.first, let host = host(String(name)) else { continue }
            let after = parts.count > 1 ? parts[1] : index + 1 < words.count ? words[index + 1] : ""
            let port = Int(after.trimmingColons).flatMap { ports.contains($0) ? $0 : nil }
            if port != nil || host.text.contains("smtp") || host.text.hasPrefix("mail.") {
                return MailServerMention(host: host, port: port)
            }
        }
        return nil
    }

    private static func port(in line: String) -> Int? {
        guard line.lowercased().contains("port") else { return nil }
        return line.split { !$0.isNumber }.compactMap { Int($0) }.first(where: ports.contains)
    }

    /// A name with a dot and a letter after the last one; a file such as `smtplib.py` is none.
    private static func host(_ word: String) -> ServerName? {
        let ends = [".py", ".php", ".java", ".cs", ".rb", ".js", ".log", ".txt", ".dll"]
        guard word.contains("."), !ends.contains(where: word.lowercased().hasSuffix),
            word.split(separator: ".").last?.allSatisfy(\.isLetter) == true,
            word.split(separator: ".").last?.count ?? 0 >= 2, word.lowercased() == word
        else { return nil }
        return ServerName(word)
    }
}

extension StringProtocol {
    fileprivate var trimmingColons: String { String(filter { $0 != ":" && $0 != "." }) }
}
