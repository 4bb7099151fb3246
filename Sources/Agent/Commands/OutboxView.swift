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
        let custody = delivery.record.custody == .hub ? "hub" : "origin"
        return [
            "id": .string(mail.mail.message.description),
            "message": .string(mail.mail.message.description),
            "message_id": .string(mail.mail.message.description),
            "number": .integer(Int64(delivery.record.delivery.recipient + 1)),
            "recipient": .optional(delivery.address), "subject": .optional(mail.subject),
            "state": .string(state.spanish), "state_en": .string(state.english),
            "custody": .string(custody), "requested": .boolean(!delivery.requests.isEmpty),
            "requests": .array(delivery.requests.map { .string($0.word.rawValue) }),
            "attempts": .integer(Int64(delivery.record.attempts.count)),
            "next_attempt": .optional(delivery.nextAttempt?.description),
            "last_cause": .optional(delivery.lastFailure?.cause ?? delivery.lastFailure?.reply),
            "user": .string(mail.mail.user.text), "type": .string(mail.mail.type),
            "entity": .optional(mail.mail.entity),
            "created": .string(mail.mail.time.timestamp.description),
            "priority": .string(mail.mail.terms.priority.word),
            "expires": .optional(mail.mail.terms.expires?.description),
        ]
    }

    /// A row for each mail.
    static func table(_ mails: [ListedMail], in language: Language) -> Table {
        var table = Table(
            [
                .whole(es: "Correo", en: "Mail"), .whole(es: "Hora (UTC)", en: "Time (UTC)"),
                .words(es: "Usuario", en: "User"), .words(es: "Para", en: "To"),
                .words(es: "Asunto", en: "Subject"), .words(es: "Estado", en: "State"),
            ], empty: LocalizedText(es: "No hay correos.", en: "There are no mails."))
        for mail in mails {
            table.add([
                mail.mail.message.short, time(mail.mail.time.timestamp), mail.mail.user.text,
                recipients(of: mail), mail.subject ?? "—", state(of: mail, in: language),
            ])
        }
        return table
    }

    /// A mail with all its deliveries, for programs.
    static func whole(_ mail: ListedMail) -> JSONValue {
        [
            "id": .string(mail.mail.message.description), "subject": .optional(mail.subject),
            "user": .string(mail.mail.user.text), "type": .string(mail.mail.type),
            "entity": .optional(mail.mail.entity),
            "bytes": .integer(Int64(mail.mail.byteCount)),
            "created": .string(mail.mail.time.timestamp.description),
            "state": .string(mail.state.uniform?.spanish ?? "parcial"),
            "state_en": .string(word(mail.state)),
            "deliveries": .array(mail.deliveries.map { json($0, of: mail) }),
        ]
    }

    /// The state of a mail as people read it, with what was asked and not answered yet.
    private static func state(of mail: ListedMail, in language: Language) -> String {
        let isRequested = mail.deliveries.contains { !$0.requests.isEmpty }
        let mark = LocalizedText(es: " (solicitada)", en: " (requested)").text(in: language)
        return mail.state.name.text(in: language) + (isRequested ? mark : "")
    }

    /// The state of one delivery as people read it, with what was asked about it.
    static func state(of delivery: ListedDelivery, in language: Language) -> String {
        let state =
            DeliveryState(delivery.record).name.text(in: language)
            + next(of: delivery).text(in: language)
        guard !delivery.requests.isEmpty else { return state }
        let words = delivery.requests.map { $0.request.text(in: language) }
        let what = LocalizedText(es: "solicitada", en: "requested").text(in: language)
        return "\(state) (\(what): \(words.joined(separator: ", ")))"
    }

    /// When a delivery is tried again, and what kept the last attempt from working.
    private static func next(of delivery: ListedDelivery) -> LocalizedText {
        guard let moment = delivery.nextAttempt.map(time) else {
            return LocalizedText(es: "", en: "")
        }
        if delivery.record.attempts.isEmpty {
            return LocalizedText(es: ", sale desde \(moment) UTC", en: ", from \(moment) UTC on")
        }
        let failure = delivery.lastFailure
        let cause =
            failure?.cause.map(AttemptCause.name(ofCode:))
            ?? failure?.reply.map { LocalizedText(es: $0, en: $0) }
        return LocalizedText(
            es: ", próximo intento \(moment) UTC" + (cause.map { "; \($0.es)" } ?? ""),
            en: ", next attempt \(moment) UTC" + (cause.map { "; \($0.en)" } ?? ""))
    }

    /// The first recipient, and how many more there are.
    private static func recipients(of mail: ListedMail) -> String {
        let first = mail.deliveries.first?.address ?? "—"
        let more = mail.deliveries.count - 1
        return more > 0 ? "\(first) +\(more)" : first
    }

    /// A moment as tables show it: UTC, to the second.
    static func time(_ time: Timestamp) -> String {
        String(time.description.prefix(19)).replacing("T", with: " ")
    }
}

extension ListedMail {
    /// The states of all recipients.
    var state: MessageState { MessageState(deliveries.map { DeliveryState($0.record) }) }
}

extension DeliveryFact {
    /// What a person asked for, when the fact is a request.
    fileprivate var request: LocalizedText {
        switch self {
        case .allowedAgain: LocalizedText(es: "reenvío", en: "resend")
        case .declaredSent: LocalizedText(es: "dar por enviado", en: "count as sent")
        case .cancelled: LocalizedText(es: "cancelación", en: "cancellation")
        case .hold(let turn):
            turn.isMultiple(of: 2)
                ? LocalizedText(es: "liberación", en: "release")
                : LocalizedText(es: "retención", en: "hold")
        case .suspicion, .expired: LocalizedText(es: "reenvío", en: "resend")
        case .claimed, .dataBegun, .concluded, .custody: word.name
        }
    }
}
