/// Takes back the last change of a field: what it replaced is written again.
///
/// Undoing is a write like any other, so it is recorded, reaches everybody, and can be undone.
/// Where the last change settled a conflict, the conflict is there again.
package struct ConfigUndo {
    private let transaction: ReplicaTransaction

    package init(_ transaction: ReplicaTransaction) {
        self.transaction = transaction
    }

    /// The values that would be written again.
    ///
    /// - Throws: ``ConfigUndoError`` if nobody can tell what to go back to.
    package func values(of path: RegisterPath) throws -> [RegisterValue] {
        let last = try lastWrite(to: path)
        let replaced = try transaction.feeds.write(last, to: path)?.replaced ?? []
        let before = try transaction.config.history(of: path).map(\.entry)
            .filter { replaced.contains($0.dot) }
        var values: [RegisterValue] = []
        for entry in before where !values.contains(entry.value) { values.append(entry.value) }
        return values.isEmpty ? [.none] : values
    }

    /// Takes the last change of a field back.
    ///
    /// - Parameters:
    ///   - path: The field.
    ///   - actor: Who wants it.
    /// - Returns: The field as it is then.
    /// - Throws: ``ConfigUndoError``, or ``MembershipError`` if this device may not.
    package func undo(_ path: RegisterPath, actor: String) throws -> Register {
        let last = try lastWrite(to: path)
        for value in try values(of: path) {
            // Each replaces the change alone, so that they stand beside each other again.
            try transaction.configure([path: value], actor: actor, seen: [path: [last]])
        }
        return try transaction.config.register(path)
    }

    private func lastWrite(to path: RegisterPath) throws -> Dot {
        let entries = try transaction.config.register(path).entries
        guard let last = entries.first else { throw ConfigUndoError(.nothing, at: path) }
        guard entries.count == 1 else { throw ConfigUndoError(.conflict, at: path) }
        return last.dot
    }
}

/// Why a change cannot be taken back.
package struct ConfigUndoError: Error, Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        /// Nobody wrote the field.
        case nothing
        /// It has several values, and it is for a person to decide which one stays.
        case conflict
    }

    package let code: Code
    package let path: RegisterPath

    init(_ code: Code, at path: RegisterPath) {
        self.code = code
        self.path = path
    }
}

extension ConfigUndoError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .nothing:
            LocalizedText(
                es: "Nadie escribió «\(path)»: no hay nada que deshacer.",
                en: "Nobody wrote “\(path)”: there is nothing to undo.")
        case .conflict:
            LocalizedText(
                es: "«\(path)» tiene varios valores. Resuélvalo con «syncmail config resolve».",
                en: "“\(path)” has several values. Settle it with 'syncmail config resolve'.")
        }
    }

    package var exitStatus: ExitStatus { .badData }
}
