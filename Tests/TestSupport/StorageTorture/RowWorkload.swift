import SyncCore

/// Random transactions that drive SQLite through its rare paths: big rows, savepoints that are
/// undone, statements that fail halfway.
struct RowWorkload {
    /// What happens next.
    var chance: SeededGenerator
    /// Whether parts of transactions are undone.
    let undoesParts: Bool
    /// Whether some transactions are larger than any cache.
    let growsLarge: Bool
    /// How long one row in three may be.
    var longRowBytes = 40_000
    /// Whether some transactions give free pages back, as the product's do.
    var returnsPages = false

    private static let changes = 8
    private static let largeChanges = 80
    private static let returnedPagesMaximum = 12

    /// Runs one transaction.
    ///
    /// The model tells afterwards what it did, committed or not.
    mutating func transact(on connection: Connection, _ model: inout RowModel) throws {
        var chance = self.chance
        var next = model
        // The model must tell of the attempt also when the commit fails.
        defer {
            self.chance = chance
            model = next
        }
        next.transactions += 1
        let isLarge = growsLarge && chance.isOne(in: 20)
        let changes = 1 + chance.number(below: isLarge ? Self.largeChanges : Self.changes)
        try connection.write { connection in
            for change in 0..<changes {
                try self.change(change, on: connection, &next, &chance)
                if undoesParts && chance.isOne(in: 6) { try undoPart(on: connection, &chance) }
                if undoesParts && chance.isOne(in: 12) {
                    try failHalfway(on: connection, next, &chance)
                }
            }
            if chance.isOne(in: 4) { try leaveHole(on: connection) }
            if returnsPages && chance.isOne(in: 3) {
                let count = 1 + chance.number(below: Self.returnedPagesMaximum)
                try connection.returnFreePages(count)
            }
            try connection.run(
                "UPDATE progress SET transactions = ?", .integer(next.transactions))
        }
    }

    private func change(
        _ index: Int, on connection: Connection, _ model: inout RowModel,
        _ chance: inout SeededGenerator
    ) throws {
        let key = chance.number(below: RowModel.keyCount)
        let kind = chance.number(below: 10)
        if kind == 0 && model.rows[key] != nil {
            try connection.run("DELETE FROM item WHERE key = ?", .integer(key))
            model.rows[key] = nil
        } else {
            let content = RowModel.Content(
                version: model.transactions * (Self.largeChanges + 1) + index + 1,
                count: chance.number(below: kind < 7 ? 600 : longRowBytes))
            try connection.run(
                "INSERT OR REPLACE INTO item VALUES (?, ?, ?)", .integer(key),
                .integer(content.version), .bytes(RowModel.bytes(key: key, content)))
            model.rows[key] = content
        }
    }

    /// Frees pages in the middle of those that the transaction adds.
    ///
    /// SQLite does not write them, so the file gets a hole.
    private func leaveHole(on connection: Connection) throws {
        try connection.run("DELETE FROM scratch")
        try connection.run("INSERT INTO scratch VALUES (1, zeroblob(30000))")
        try connection.run("INSERT INTO scratch VALUES (2, zeroblob(9000))")
        try connection.run("DELETE FROM scratch WHERE key = 1")
    }

    private struct Undone: Error {}

    private func undoPart(on connection: Connection, _ chance: inout SeededGenerator) throws {
        let key = chance.number(below: RowModel.keyCount)
        do {
            try connection.savepoint { connection in
                try connection.run(
                    "UPDATE item SET body = zeroblob(3000) WHERE key >= ?", .integer(key))
                throw Undone()
            }
        } catch is Undone {}
    }

    /// Updates rows until one breaks the table's rule, at which SQLite undoes the others.
    private func failHalfway(
        on connection: Connection, _ model: RowModel, _ chance: inout SeededGenerator
    ) throws {
        guard let key = model.rows.keys.sorted().randomElement(using: &chance) else { return }
        do {
            try connection.run(
                "UPDATE item SET body = zeroblob(iif(key >= ?, ?, 3000))", .integer(key),
                .integer(RowModel.rowBytesMaximum + 1))
        } catch let error where error.code == .constraint {}
    }
}
