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
            let enhanced = SMTPReply.isEnhanced(next, class: code / 100) ? next : nil
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
}
