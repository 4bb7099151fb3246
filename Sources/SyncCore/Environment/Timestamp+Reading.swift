extension Timestamp {
    /// Reads a moment in UTC: a day such as `2026-11-21`, or with a time of day behind it, such
    /// as `2026-11-21T09:30`, `2026-11-21T09:30:15Z` or ``description``.
    ///
    /// Days and times that do not exist are refused.
    package init?(_ text: String) {
        var full = text.hasSuffix("Z") ? String(text.dropLast()) : text
        guard full == text || full.contains("T") else { return nil }
        // Whatever is left out is zero.
        let zero = "0000-00-00T00:00:00.000"
        guard [10, 16, 19, 23].contains(full.utf8.count) else { return nil }
        full += zero.suffix(zero.count - full.utf8.count)
        let parts = full.split { "-T:.".contains($0) }.compactMap { Self.number($0) }
        guard parts.count == 7 else { return nil }
        let days = Self.days(year: parts[0], month: parts[1], day: parts[2])
        let time = ((parts[3] * 60 + parts[4]) * 60 + parts[5]) * 1000 + parts[6]
        self.init(milliseconds: days * 86_400_000 + time)
        // Writing it again tells the 30th of February, and 25 o'clock.
        guard description == full + "Z" else { return nil }
    }

    private static func number(_ digits: Substring) -> Int64? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(digits) : nil
    }

    /// Days since 1970-01-01, by Howard Hinnant's `days_from_civil`, from the year 0 on.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
