import CUnix
import Glibc
import SyncCore

/// `syncmail-server import FILE`: takes in what a device exported, whether the hub runs or not.
struct HubImport: Sendable {
    let home: String
    let environment: Environment

    /// What a file brought, for people and for programs.
    struct Outcome: Sendable {
        let text: LocalizedText
        let json: JSONValue
        /// Set if devices were found to have two histories.
        let fork: ImportedFork?
    }

    /// Where a file is kept while it is proved.
    private var folder: String { home + "/import.partial" }

    /// Takes a file into a hub whose store is open in this process.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - name: What errors call it.
    ///   - hub: The hub.
    /// - Returns: What it brought.
    /// - Throws: ``ExportError`` if it cannot be used, and nothing was changed; ``BackupError`` if
    ///   it cannot be kept meanwhile.
    func take(_ path: String, named name: String, into hub: Hub) async throws -> Outcome {
        let folder = try BackupFolder(at: folder)
        defer { folder.remove() }
        let source = try BackupFile(reading: path)
        let summary = try await ExportImport(
            into: HubReceiver(hub: hub), path: name, spool: folder.file("file")
        ).run(from: { take in
            while true {
                let piece = try source.read()
                guard !piece.isEmpty else { return }
                try await take(piece)
            }
        })
        let card = try await hub.store.transaction { $0.membership.device(summary.maker)?.card }
        let maker = card?.name ?? summary.maker.description
        let label = LocalizedText(es: maker, en: maker)
        return Outcome(
            text: summary.text(maker: label), json: summary.json(maker: label),
            fork: ImportedFork(summary.forks))
    }

    /// Copies what a person named into the home, so that a hub with other rights can read it.
    ///
    /// - Parameter name: The file, or `-` for standard input.
    /// - Returns: The copy; the caller removes it.
    /// - Throws: ``BackupError``.
    func copy(_ name: String) throws -> String {
        let copy = "\(home)/.import-\(getpid())"
        unlink(copy)
        let source = try BackupFile(reading: name == "-" ? "/dev/stdin" : name)
        let target = try BackupFile(creating: copy)
        do {
            while true {
                let piece = try source.read()
                guard !piece.isEmpty else { break }
                try target.write(piece[...])
            }
            var status = stat()
            // Whoever owns the home runs the hub.
            guard stat(home, &status) == 0,
                geteuid() != 0 || lchown(copy, status.st_uid, status.st_gid) == 0
            else { throw BackupError(.disk(errno), path: copy) }
        } catch {
            unlink(copy)
            throw error
        }
        return copy
    }
}
