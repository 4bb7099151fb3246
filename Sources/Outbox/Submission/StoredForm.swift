import SyncCore

/// Writes a mail that a program built in the form in which it is stored.
struct StoredForm {
    let header: ArrivedHeader
    /// Addresses of names without a domain.
    let names: [String: MailAddress]
    let messageID: MessageIDHeader
    let date: Timestamp

    /// What the sender headers say is rendered per attempt; the others are for us, or for nobody.
    private static let removed = ours.union(["from", "sender", "reply-to", "return-path"])
    /// Nobody may see who receives a blind copy, whoever signed it.
    private static let removedFromSigned = ours
    private static let ours = Set(
        [
            "bcc", "resent-bcc", "idempotency-key", "x-syncmail-type", "x-syncmail-entity",
            "x-syncmail-contact",
        ] + SendingWishes.Part.allCases.map(\.field))
    private static let messageIDByteCountMaximum = 500

    /// A signed mail, to which only what is missing is added, in front.
    func unchanged() throws(IntakeError) -> [UInt8] {
        var header = header
        header.remove(Self.removedFromSigned)
        let bytes = added(to: header) + header.fields.flatMap(\.lines) + [0x0D, 0x0A] + header.body
        guard MessageRenderer.isFitForWire(bytes) else { throw IntakeError(.signedLineTooLong) }
        return bytes
    }

    /// A mail without signature: sender headers away, everything in ASCII and short lines.
    func rewritten() throws(IntakeError) -> [UInt8] {
        var header = header
        header.remove(Self.removed)
        if let id = header.all("message-id").first, !Self.isUsable(id) {
            header.remove(["message-id"])
        }
        var bytes = added(to: header)
        var hasReceivers = false
        for name in ["to", "cc"] {
            let fields = header.all(name)
            guard !fields.isEmpty else { continue }
            bytes += try receivers(fields)
            hasReceivers = true
        }
        if !hasReceivers { bytes += Array("To: undisclosed-recipients:;\r\n".utf8) }
        let apart: Set<String> = ["to", "cc", "mime-version"]
        for field in header.fields where !apart.contains(field.key) && !field.isContent {
            bytes += try rendered(field)
        }
        bytes += try entity()
        guard MessageRenderer.isFitForWire(bytes) else { throw IntakeError(.brokenMIME) }
        return bytes
    }

    /// How many bytes stand before the empty line.
    func headerByteCount(of bytes: [UInt8]) -> Int {
        var lineStart = 0
        for index in bytes.indices where bytes[index] == 0x0A {
            if index - lineStart <= 1 { return lineStart }
            lineStart = index + 1
        }
        return bytes.count
    }

    private func added(to header: ArrivedHeader) -> [UInt8] {
        var writer = HeaderWriter()
        if header.all("date").isEmpty {
            writer.plain(
                "Date", MimeLibrary.headerDate(secondsSinceEpoch: date.milliseconds / 1000))
        }
        if header.all("message-id").isEmpty { writer.plain("Message-ID", "<\(messageID.text)>") }
        return writer.bytes
    }

    private static func isUsable(_ id: HeaderField) -> Bool {
        let value = id.value
        return value.count <= messageIDByteCountMaximum && value.first == UInt8(ascii: "<")
            && value.last == UInt8(ascii: ">") && value.contains(UInt8(ascii: "@"))
            && value.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// To or Cc: as it was, unless it stands twice, is not ASCII, or names somebody here.
    private func receivers(_ fields: [HeaderField]) throws(IntakeError) -> [UInt8] {
        var entries: [AddressList.Entry] = []
        var isReadable = true
        for field in fields {
            guard let list = field.text.flatMap({ AddressList($0) }) else {
                isReadable = false
                break
            }
            entries += list.entries
        }
        let local = entries.filter { !$0.address.contains("@") }
        let isLocal = !local.isEmpty && local.allSatisfy { names[$0.address] != nil }
        guard fields.count > 1 || isLocal || !fields[0].isASCII else {
            return try rendered(fields[0])
        }
        guard isReadable else { throw IntakeError(.badAddresses(fields[0].name)) }
        var mailboxes: [Mailbox] = []
        for entry in entries {
            let address = try MessageIntake.address(of: entry, names)
            do {
                mailboxes.append(try Mailbox(name: entry.name, address: address, in: .to))
            } catch {
                throw IntakeError(.badAddresses(fields[0].name))
            }
        }
        guard !mailboxes.isEmpty else { return Array("To: undisclosed-recipients:;\r\n".utf8) }
        var writer = HeaderWriter()
        writer.mailboxes(fields[0].name, mailboxes)
        return writer.bytes
    }

    private func rendered(_ field: HeaderField) throws(IntakeError) -> [UInt8] {
        guard field.isASCII else {
            var writer = HeaderWriter()
            writer.text(field.name, (field.text ?? "").replacing("\t", with: " "))
            return writer.bytes
        }
        let isKept =
            field.lineByteCount <= HeaderWriter.lineBytesMaximum && !field.hasEmptyFold
        return isKept ? field.lines : try folded(field)
    }

    /// The field folded anew, at its blanks.
    private func folded(_ field: HeaderField) throws(IntakeError) -> [UInt8] {
        let words = field.value.split(whereSeparator: \.isBlank)
        guard
            words.allSatisfy({
                $0.count < HeaderWriter.lineBytesMaximum - field.name.utf8.count - 2
            })
        else { throw IntakeError(.wordTooLong(field.name)) }
        var bytes = Array("\(field.name):".utf8)
        var column = bytes.count
        for word in words {
            if column + 1 + word.count > HeaderWriter.columnMaximum,
                column > field.name.utf8.count + 1
            {
                bytes += [0x0D, 0x0A]
                column = 0
            }
            bytes += [0x20] + word
            column += 1 + word.count
        }
        return bytes + [0x0D, 0x0A]
    }

    /// The MIME headers, the empty line and the body.
    private func entity() throws(IntakeError) -> [UInt8] {
        var fields = header.fields.filter(\.isContent)
        for field in fields where !field.isASCII { throw IntakeError(.notASCII(field.name)) }
        try checkParts()
        let body = header.body
        let isPlain = body.isASCIIInShortLines
        let version = HeaderField(name: "MIME-Version", body: Array(" 1.0".utf8))
        let given = header.all("mime-version").first
        guard !isPlain else {
            var bytes = (given ?? (fields.isEmpty ? nil : version))?.lines ?? []
            for field in fields { bytes += try rendered(field) }
            return bytes + [0x0D, 0x0A] + body
        }
        // Programs that write letters without saying in which encoding mean that of today.
        let charset = String(validating: body, as: UTF8.self) == nil ? "windows-1252" : "utf-8"
        if let index = fields.firstIndex(where: { $0.key == "content-type" }) {
            let value = (fields[index].text ?? "").lowercased()
            if value.hasPrefix("text/"), !value.contains("charset") {
                fields[index].body += Array("; charset=\(charset)".utf8)
            }
        } else {
            fields.append(
                HeaderField(
                    name: "Content-Type", body: Array(" text/plain; charset=\(charset)".utf8)))
        }
        // Letters in a part's own headers, or between the parts, stay as they are: nearly every
        // server takes them.
        let written = MimeArrival.sevenBit(fields.flatMap(\.lines) + [0x0D, 0x0A] + body)
        return (given ?? version).lines + written
    }

    /// Refuses parts that do not fit the boundary: what a receiver would show is anybody's guess.
    private func checkParts() throws(IntakeError) {
        guard let text = header.all("content-type").first?.text else { return }
        let (type, boundary) = MimeArrival.contentType(text)
        guard type.hasPrefix("multipart/") else { return }
        guard let boundary, !boundary.isEmpty else { throw IntakeError(.brokenMIME) }
        let opening = Array("--\(boundary)".utf8)
        let closing = opening + Array("--".utf8)
        var isOpen = false
        var isClosed = false
        for line in header.body.split(separator: 0x0A) where line.starts(with: opening) {
            var line = line
            while let last = line.last, last.isBlank || last == 0x0D { line.removeLast() }
            if line.elementsEqual(opening) { isOpen = true }
            if line.elementsEqual(closing), isOpen { isClosed = true }
        }
        guard isClosed else { throw IntakeError(.brokenMIME) }
    }
}

extension HeaderField {
    /// Whether the field describes the body.
    fileprivate var isContent: Bool { key.hasPrefix("content-") }

    /// Whether a line of blanks alone is folded in, which others may take for the end of the
    /// header.
    fileprivate var hasEmptyFold: Bool {
        body.split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst().contains {
            $0.allSatisfy { $0.isBlank || $0 == 0x0D }
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate var isASCIIInShortLines: Bool {
        var length = 0
        for byte in self {
            if byte >= 0x80 { return false }
            length = byte == 0x0A ? 0 : length + 1
            // The CR counts among them here.
            if length > HeaderWriter.lineBytesMaximum + 1 { return false }
        }
        return true
    }
}
