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
