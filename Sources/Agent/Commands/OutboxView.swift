import Outbox
import SyncCore

/// How lists and answers show mails.
enum OutboxView {
    /// The state of a mail as programs read it: one word, `partial` when recipients differ.
    static func word(_ state: MessageState) -> String {
        state.uniform?.english ?? "partial"
    }
}

extension MessageID {
    /// The beginning of the name that people type; it is unique among a company's mails.
    var short: String { String(description.prefix(10)) }
}
