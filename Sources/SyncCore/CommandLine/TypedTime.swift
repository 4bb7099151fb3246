/// A moment as a person types it: a day, a time of day, or so far from now.
package enum TypedTime: Hashable, Sendable {
    case moment(Timestamp)
    case distance(Duration)

    package init?(_ text: String) {
        if let moment = Timestamp(text) {
            self = .moment(moment)
        } else if let distance = TypedDuration(text)?.duration, distance > .zero {
            self = .distance(distance)
        } else {
            return nil
        }
    }

    /// The moment it means where it lies in the past: so long ago.
    package func moment(at now: Timestamp) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .distance(let distance): now.advanced(by: .zero - distance)
        }
    }

    /// The moment it means where it lies ahead: in so much time.
    package func coming(after now: Timestamp) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .distance(let distance): now.advanced(by: distance)
        }
    }
}

extension Arguments {
    /// Reads an option that is a moment.
    package mutating func time(_ option: String) throws(UsageError) -> TypedTime? {
        guard let text = try self.option(option) else { return nil }
        guard let time = TypedTime(text) else {
            throw error(
                es: "--\(option) debe ser como 2026-11-21, 2026-11-21T09:30Z, 7d, 12h o 30m.",
                en: "--\(option) must be like 2026-11-21, 2026-11-21T09:30Z, 7d, 12h or 30m.")
        }
        return time
    }
}
