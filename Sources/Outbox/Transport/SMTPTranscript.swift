/// The dialogues of the mails of one connection, for the records of their attempts.
///
/// Each begins with the connection's opening: greeting, EHLO, AUTH without what was said in it.
/// Neither a secret nor the mail ever comes here. Where the server pipelines, two mails are open at
/// once; each line goes to the mail it is about.
struct SMTPTranscript {
    /// How many lines of one mail are kept.
    static let linesMaximum = 120
    /// How many characters of a line are kept.
    static let characterCountMaximum = 300
    /// How many mails that ended are kept for whoever asks.
    static let endedMaximum = 4

    private struct Lines {
        var lines: [String] = []
        var droppedCount = 0

        var shown: [String] { droppedCount == 0 ? lines : lines + ["… (\(droppedCount))"] }

        mutating func append(_ line: String) {
            guard lines.count < linesMaximum else {
                droppedCount += 1
                return
            }
            lines.append(String(line.prefix(characterCountMaximum)))
        }
    }

    private var opening = Lines()
    private var open: [Int: Lines] = [:]
    private var ended: [(id: Int, lines: Lines)] = []

    /// Takes the dialogue that libcurl led, with AUTH already masked.
    mutating func opened(_ lines: [String]) {
        for line in lines { opening.append(line) }
    }

    mutating func began(_ id: Int) { open[id] = Lines() }

    mutating func sent(_ bytes: [UInt8], of id: Int?) {
        for line in bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) {
            append("C: " + String(decoding: line, as: UTF8.self), of: id)
        }
    }

    mutating func sentBody(byteCount: Int, of id: Int) {
        append("C: (\(byteCount) bytes)", of: id)
    }

    mutating func received(_ reply: SMTPReply, of id: Int?) {
        append("S: \(reply)", of: id)
    }

    /// Keeps what was said of a mail that ended, for a while.
    mutating func ended(_ id: Int) {
        guard let lines = open.removeValue(forKey: id) else { return }
        ended.append((id, lines))
        if ended.count > Self.endedMaximum { ended.removeFirst() }
    }

    /// Returns the dialogue of a mail that ended, and forgets it; empty if it was too long ago.
    mutating func take(_ id: Int) -> [String] {
        guard let index = ended.firstIndex(where: { $0.id == id }) else { return [] }
        return opening.shown + ended.remove(at: index).lines.shown
    }

    /// A line about no mail in particular, such as a hang-up, is about all that are open.
    private mutating func append(_ line: String, of id: Int?) {
        for key in id.map({ [$0] }) ?? open.keys.sorted() { open[key]?.append(line) }
    }
}
