/// One configuration field: every value that no later write has replaced.
package struct Register: Hashable, Sendable {
    /// A value and where it came from.
    package struct Entry: Hashable, Sendable {
        package let dot: Dot
        package let value: RegisterValue
        package let time: HybridTime
        package let actor: String

        package init(dot: Dot, value: RegisterValue, time: HybridTime, actor: String) {
            self.dot = dot
            self.value = value
            self.time = time
            self.actor = actor
        }
    }

    package let path: RegisterPath
    /// The values, the provisional one first.
    package let entries: [Entry]

    package init(path: RegisterPath, entries: [Entry]) {
        self.path = path
        self.entries = entries.sorted { Self.ranks($0, before: $1, in: path) }
    }

    /// The value that counts until somebody settles a conflict, the same one everywhere.
    package var value: RegisterValue { entries.first?.value ?? .none }

    /// Whether people must decide: two writes that did not know of each other differ.
    package var isConflict: Bool {
        !path.isWrittenByDevices && Set(entries.map(\.value)).count > 1
    }

    /// The values of the field `state` that take something away.
    ///
    /// They win over concurrent writes: what head office disabled must not come back because a
    /// branch was offline.
    package static let restrictiveStates: Set<String> = ["disabled", "removed", "revoked"]

    private static func ranks(_ a: Entry, before b: Entry, in path: RegisterPath) -> Bool {
        let isRestrictive = (
            a: restricts(a.value, in: path), b: restricts(b.value, in: path)
        )
        guard isRestrictive.a == isRestrictive.b else { return isRestrictive.a }
        return (b.time, b.dot.device, b.dot) < (a.time, a.dot.device, a.dot)
    }

    private static func restricts(_ value: RegisterValue, in path: RegisterPath) -> Bool {
        guard path.parts.last == "state", let text = value.text else { return false }
        return restrictiveStates.contains(text)
    }
}
