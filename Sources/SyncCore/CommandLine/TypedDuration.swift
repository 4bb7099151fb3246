/// A length of time as a person types it: a number and a unit, such as `20s`, `30m`, `12h` or `5d`.
package struct TypedDuration: Hashable, Sendable {
    package let duration: Duration

    private static let secondsOfUnits: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    /// So many digits and a unit; longer is nothing to ask for.
    private static let byteCountMaximum = 6

    package init?(_ text: String) {
        guard let seconds = text.last.flatMap({ Self.secondsOfUnits[$0] }),
            text.utf8.count <= Self.byteCountMaximum,
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(text.dropLast())
        else { return nil }
        duration = .seconds(count * seconds)
    }
}
