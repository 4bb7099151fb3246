import Outbox
import SyncCore

/// How lists and answers show mails.
enum OutboxView {
    /// How many mails a list shows unless it is asked for more.
    static let limitDefault = 50

    /// The state of a mail as programs read it: one word, `partial` when recipients differ.
    static func word(_ state: MessageState) -> String {
        state.uniform?.english ?? "partial"
    }

    /// One delivery for programs: a row for each recipient.
    static func json(_ delivery: ListedDelivery, of mail: ListedMail) -> JSONValue {
        let state = DeliveryState(delivery.record)
        return [
            "id": .string(mail.mail.message.description),
            "message": .string(mail.mail.message.description),
            "message_id": .string(mail.mail.message.description),
            "recipient": .optional(delivery.address),
            "state": .string(state.spanish), "state_en": .string(state.english),
            "requested": .boolean(!delivery.requests.isEmpty),
            "attempts": .integer(Int64(delivery.record.attempts.count)),
            "user": .string(mail.mail.user.text), "type": .string(mail.mail.type),
            "created": .string(mail.mail.time.timestamp.description),
        ]
    }

    /// The state of a delivery for people, with what was asked and not answered yet.
    static func words(_ delivery: ListedDelivery, in language: Language) -> String {
        let state = DeliveryState(delivery.record)
        let word = language == .spanish ? state.spanish : state.english
        guard !delivery.requests.isEmpty else { return word }
        return word + LocalizedText(es: " (solicitada)", en: " (requested)").text(in: language)
    }
}

extension MessageID {
    /// The beginning of the name that people type; it is unique among a company's mails.
    var short: String { String(description.prefix(10)) }
}

extension CommandContext {
    /// The replica, and the users whose mail the caller may see; nothing means all.
    ///
    /// - Throws: ``SendRefusal`` for a caller who is bound to nobody.
    func mailbox() async throws -> (workspace: Workspace, users: [UserID]?) {
        let workspace = try engine.workspace()
        do {
            try engine.checkOperator(peer)
            return (workspace, nil)
        } catch WorkspaceError.notTheOperator {
            let login = LocalLogin(device: workspace.replica.identity.id, uid: peer.uid)
            let users = try await workspace.replica.read { try $0.directory.users(boundTo: login) }
            guard !users.isEmpty else { throw WorkspaceError.notTheOperator }
            return (workspace, users)
        }
    }
}

/// A mail as a person names it: by its identifier or the beginning of it.
struct MailReference: Sendable {
    private static let lengthMinimum = 4

    let text: String

    /// Finds the one mail that is meant, among those the caller may see.
    func find(in transaction: ReplicaTransaction, of users: [UserID]?) throws -> ListedMail {
        let found =
            text.count >= Self.lengthMinimum
            ? try transaction.outbox.mails(beginningWith: text) : []
        guard found.count == 1, let mail = try transaction.outbox.show(found[0].message),
            users?.contains(mail.mail.user) ?? true
        else { throw MailReferenceError(text: text) }
        return mail
    }
}

/// A mail that is not there, or not one alone.
struct MailReferenceError: ExplainedError {
    let text: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "No hay un único correo que empiece por «\(text.printable)». Véalos con "
                + "«syncmail outbox list».",
            en: "There is no single mail that begins with \"\(text.printable)\". See "
                + "'syncmail outbox list'.")
    }

    var exitStatus: ExitStatus { .badData }
}
