/// One step from a version of a module's tables to the next.
package struct Migration: Sendable {
    /// The version that the step leads to, counted from 1 without gaps.
    package let version: Int
    let apply: @Sendable (Connection) throws -> Void

    /// A step written in SQL; several statements are separated by semicolons.
    package init(version: Int, sql: String) {
        self.init(version: version) { try $0.runScript(sql) }
    }

    /// A step written in Swift.
    ///
    /// It runs inside a transaction and must not begin one.
    package init(version: Int, _ apply: @escaping @Sendable (Connection) throws -> Void) {
        self.version = version
        self.apply = apply
    }
}

/// The tables of one module of the program, and how they came about.
///
/// Each module counts its own versions, so that modules are developed independently:
///
/// ```swift
/// SchemaModule(name: "core", migrations: [Migration(version: 1, sql: "CREATE TABLE …")])
/// ```
package struct SchemaModule: Sendable {
    /// The module's name in the table of versions.
    ///
    /// It never changes.
    package let name: String
    /// The steps in ascending order.
    ///
    /// A released step is never edited.
    package let migrations: [Migration]

    package init(name: String, migrations: [Migration]) {
        precondition(
            migrations.enumerated().allSatisfy { $0.element.version == $0.offset + 1 },
            "The migrations of a module are numbered 1, 2, 3….")
        self.name = name
        self.migrations = migrations
    }

    /// The version that this program knows.
    package var version: Int { migrations.count }
}

/// Brings the tables of a file to the versions that this program knows.
struct SchemaUpdate {
    let modules: [SchemaModule]

    /// Applies what is missing, each step in a transaction of its own.
    ///
    /// All versions are compared before the first step, so a file of a newer program is left
    /// alone. A step that fails leaves the file at the step before; the next start repeats it.
    ///
    /// - Throws: ``StorageError`` with code `newerSchema`, or the failure of a step.
    func apply(to connection: Connection) throws {
        let names = modules.map(\.name)
        precondition(Set(names).count == names.count, "Two modules have the same name.")
        let versions = try storedVersions(on: connection)
        for module in modules {
            let stored = versions[module.name] ?? 0
            guard stored <= module.version else {
                throw StorageError(
                    .newerSchema, path: connection.path,
                    detail: "\(module.name) \(stored) > \(module.version)")
            }
        }
        for module in modules {
            for migration in module.migrations.dropFirst(versions[module.name] ?? 0) {
                try connection.write { connection in
                    try apply(migration, of: module, to: connection)
                }
            }
        }
    }

    private func storedVersions(on connection: Connection) throws -> [String: Int] {
        try connection.read { connection in
            let exists = try connection.first(
                "SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'"
            ) { _ in true }
            guard exists == true else { return [:] }
            let rows = try connection.rows("SELECT module, version FROM schema_version") { row in
                (row.text(0), row.integer(1))
            }
            return Dictionary(rows, uniquingKeysWith: max)
        }
    }

    private func apply(
        _ migration: Migration, of module: SchemaModule, to connection: Connection
    ) throws {
        try connection.runScript(
            """
            CREATE TABLE IF NOT EXISTS schema_version (
                module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID
            """)
        try migration.apply(connection)
        try connection.run(
            "INSERT OR REPLACE INTO schema_version VALUES (?, ?)",
            .text(module.name), .integer(migration.version))
    }
}
