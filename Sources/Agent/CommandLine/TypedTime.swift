import SyncCore

/// A moment as a person types it: a day, a time of day, or so long ago.
enum TypedTime: Sendable {
    case moment(Timestamp)
    case ago(Duration)

    private static let secondsOfUnits: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
    /// So many digits and a unit; farther back is nothing to ask for.
    private static let agoByteCountMaximum = 6

    init?(_ text: String) {
        if let moment = Timestamp(text) {
            self = .moment(moment)
            return
        }
        guard let seconds = text.last.flatMap({ Self.secondsOfUnits[$0] }),
            text.utf8.count <= Self.agoByteCountMaximum,
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(text.dropLast()), count > 0
        else { return nil }
        self = .ago(.seconds(count * seconds))
    }

    /// The moment it means.
    func moment(at now: Timestamp) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .ago(let duration): now.advanced(by: .zero - duration)
        }
    }
}

extension Arguments {
    /// Reads an option that is a moment.
    mutating func time(_ option: String) throws(UsageError) -> TypedTime? {
        guard let text = try self.option(option) else { return nil }
        guard let time = TypedTime(text) else {
            throw error(
                es: "--\(option) debe ser como 2026-11-21, 2026-11-21T09:30Z, 7d, 12h o 30m.",
                en: "--\(option) must be like 2026-11-21, 2026-11-21T09:30Z, 7d, 12h or 30m.")
        }
        return time
    }
}
