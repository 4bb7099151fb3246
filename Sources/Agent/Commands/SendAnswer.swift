import Outbox
import SyncCore

/// What `send` says when the mail is on stable storage.
struct SendAnswer: Sendable {
    let receipt: SubmissionReceipt
    /// The Message-ID of the mail, unless it was stored with another.
    let header: MessageIDHeader
    /// Why no account can send it at present, if that is so.
    let wait: SenderWait?
    /// Before this time it is not sent.
    var notBefore = Timestamp(milliseconds: 0)

    /// Writes the answer, and a warning while nobody can send.
    func write(in context: CommandContext) async throws {
        let workspace = try context.engine.workspace()
        let stored = receipt.isRepetition ? try await stored(in: workspace.replica) : nil
        if context.isJSON {
            let state = stored?.state
            await context.write([
                "id": .string(receipt.message.description),
                "message_id": .string("<\(stored?.header ?? header.text)>"),
                "state": .string(state.map(OutboxView.word) ?? DeliveryState.queued.english),
                "duplicate": .boolean(receipt.isRepetition),
                "not_before": .optional(notBeforeText),
            ])
        } else if let state = stored?.state {
            let id = receipt.message
            await context.write(
                LocalizedText(
                    es: "\(id) ya estaba guardado y no se duplica; estado: \(state.name.es).",
                    en: "\(id) was stored before and is not duplicated; state: \(state.name.en)."))
        } else {
            await context.write(try await whatHappensNext(in: workspace))
        }
        if let wait, !receipt.isRepetition { await context.warn(wait.explanation) }
    }

    /// When it is sent, if that was chosen for this mail.
    private var notBeforeText: String? {
        notBefore.milliseconds > 0 && !receipt.isRepetition ? notBefore.description : nil
    }

    private func whatHappensNext(in workspace: Workspace) async throws -> LocalizedText {
        let id = receipt.message
        if notBefore.milliseconds > 0 {
            let time = OutboxView.time(notBefore)
            return LocalizedText(
                es: "\(id) en cola. Saldrá desde \(time) UTC; hasta entonces «syncmail outbox "
                    + "cancel \(id.short)» lo detiene.",
                en: "\(id) queued. It leaves from \(time) UTC on; until then 'syncmail outbox "
                    + "cancel \(id.short)' stops it.")
        }
        let status: SyncStatus?
        do {
            status = try await workspace.driver()?.status
        } catch is StorageError {
            // The mail is stored, whatever the disk did right after it.
            status = nil
        }
        guard let status else {
            return LocalizedText(
                es: "\(id) en cola. Lo envía este equipo; «syncmail outbox show \(id.short)» lo "
                    + "sigue.",
                en: "\(id) queued. This device sends it; 'syncmail outbox show \(id.short)' "
                    + "follows it.")
        }
        guard status.failures == 0 else {
            return LocalizedText(
                es: "\(id) en cola (sin red). Está a salvo y saldrá cuando vuelva la conexión.",
                en: "\(id) queued (offline). It is safe and leaves when the connection is back.")
        }
        return LocalizedText(
            es: "\(id) en cola. Saldrá enseguida; «syncmail outbox show \(id.short)» lo sigue.",
            en: "\(id) queued. It leaves soon; 'syncmail outbox show \(id.short)' follows it.")
    }

    /// What was stored the first time.
    private func stored(
        in replica: Replica
    ) async throws -> (state: MessageState, header: String?) {
        let message = receipt.message
        return try await replica.read { transaction in
            let outbox = transaction.outbox
            let state = MessageState(
                try outbox.deliveries(of: message).map { DeliveryState($0) })
            let first = try outbox.ownMail(message).flatMap {
                try outbox.contentPart($0.content, 0)
            }
            return (state: state, header: first.flatMap(Self.messageID))
        }
    }

    /// The Message-ID in the headers of a rendered mail.
    private static func messageID(in bytes: [UInt8]) -> String? {
        let name = Array("message-id: <".utf8)
        for line in bytes.split(separator: UInt8(ascii: "\n"), maxSplits: linesMaximum) {
            guard line.count > name.count, line.prefix(name.count).map(\.lowered) == name else {
                continue
            }
            return String(
                decoding: line.dropFirst(name.count).prefix { $0 != UInt8(ascii: ">") },
                as: UTF8.self)
        }
        return nil
    }

    /// The header of a mail that another program wrote may stand anywhere in the first lines.
    private static let linesMaximum = 500
}

extension UInt8 {
    /// The byte, or the lower-case form of an ASCII letter.
    fileprivate var lowered: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
