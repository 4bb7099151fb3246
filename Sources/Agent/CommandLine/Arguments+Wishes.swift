import Outbox
import SyncCore

extension Arguments {
    /// Reads what is wished about the time of a mail.
    mutating func wishes() throws(UsageError) -> SendingWishes {
        var wishes = SendingWishes()
        for part in SendingWishes.Part.allCases {
            guard let text = try option(part.rawValue) else { continue }
            guard wishes.take(text, as: part) else {
                throw error(
                    es: "--\(part.rawValue) se escribe como uno de estos: \(part.examples).",
                    en: "--\(part.rawValue) is written like one of these: \(part.examples).")
            }
        }
        return wishes
    }
}
