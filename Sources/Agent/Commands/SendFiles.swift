import Outbox
import SyncCore

/// The files of a mail, as they were typed.
struct SendFiles: Sendable {
    let body: String?
    let html: String?
    let attachments: [String]

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Reads everything with the rights of whoever typed the command.
    ///
    /// - Parameters:
    ///   - draft: Receives the contents.
    ///   - terminal: Reads the files.
    ///   - maximum: How many bytes they may have together; nothing beyond is read.
    /// - Throws: ``SendError``, ``TerminalError`` or ``MessageError``.
    func read(into draft: inout MessageDraft, from terminal: Terminal, maximum: Int) async throws {
        var left = maximum
        func bytes(of path: String) async throws -> [UInt8] {
            do {
                let bytes = try await terminal.readFile(path, maximum: left)
                left -= bytes.count
                return bytes
            } catch let error as TerminalError {
                // What is left for one file is no limit that anybody knows.
                guard case .tooLong = error.code else { throw error }
                throw SendError(code: .tooLarge(limit: maximum), path: path)
            }
        }
        func text(of path: String) async throws -> String {
            var bytes = try await bytes(of: path)
            if bytes.starts(with: Self.byteOrderMark) {
                bytes.removeFirst(Self.byteOrderMark.count)
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SendError(code: .notText, path: path)
            }
            return text
        }
        if let body { draft.text = try await text(of: body) }
        if let html { draft.html = try await text(of: html) }
        for (index, path) in attachments.enumerated() {
            draft.attachments.append(
                try MailAttachment(
                    name: path, bytes: try await bytes(of: path), number: index + 1))
        }
    }
}

/// Why the files of a mail cannot be sent.
struct SendError: ExplainedError, Hashable {
    /// The kinds of reason.
    enum Code: Hashable, Sendable {
        /// Texts and attachments together have too many bytes.
        case tooLarge(limit: Int)
        /// The text is in another encoding than UTF-8.
        case notText
    }

    let code: Code
    /// The file that was being read, as it was typed.
    let path: String

    var exitStatus: ExitStatus { .badData }

    var explanation: LocalizedText {
        switch code {
        case .tooLarge(let limit):
            LocalizedText(
                es: "El correo no se aceptó: con «\(path)» pasa de \(ByteCount.text(limit)) en "
                    + "total. Envíe menos adjuntos, o un enlace. No se guardó nada.",
                en: "The mail was not accepted: with “\(path)” it exceeds "
                    + "\(ByteCount.text(limit)) in total. Send fewer attachments, or a link. "
                    + "Nothing was stored.")
        case .notText:
            LocalizedText(
                es: "El correo no se aceptó: «\(path)» no es texto en UTF-8. Conviértalo, por "
                    + "ejemplo con «iconv -f latin1 -t utf-8». No se guardó nada.",
                en: "The mail was not accepted: “\(path)” is not text in UTF-8. Convert it, for "
                    + "example with 'iconv -f latin1 -t utf-8'. Nothing was stored.")
        }
    }
}
