import Front
import Glibc
import SyncCore

/// A file that a command makes: where the person named it, or on standard output.
struct MadeFile: Sendable {
    static let operands = "FILE|-"
    static let force = OptionHelp.flag(
        "force", es: "Reemplazar el archivo si existe.", en: "Replace the file if it exists.")
    /// The name under which the file is made in its folder.
    static let resultName = BackupMaker.resultName

    let target: String
    let isForced: Bool

    init(reading arguments: inout Arguments) throws(UsageError) {
        isForced = try arguments.flag(Self.force.name)
        target = try arguments.operand("FILE")
        try arguments.finish()
        guard !target.isEmpty, !target.hasSuffix("/") else {
            throw arguments.error(
                es: "Indique un archivo, no un directorio.",
                en: "Name a file, not a directory.")
        }
    }

    /// The path, or nothing if it goes to standard output.
    func path(in context: CommandContext) -> String? {
        guard target != "-" else { return nil }
        return target.hasPrefix("/") ? target : "\(context.workingDirectory)/\(target)"
    }

    /// Has the file made, and puts it where it belongs.
    ///
    /// - Parameters:
    ///   - context: Where it was typed.
    ///   - home: The folder of the home in which what goes to standard output is made.
    ///   - make: Makes the file ``resultName`` in a folder.
    /// - Returns: What `make` returned; nothing when a repetition of this very run found the file
    ///   made.
    /// - Throws: ``BackupError``, or what `make` throws.
    func write<Value>(
        in context: CommandContext, keptIn home: String,
        make: (BackupFolder) async throws -> Value
    ) async throws -> Value? {
        if let path = path(in: context) {
            // The engine writes with its own rights. Another person's are not its to use, and its
            // own are not theirs.
            guard context.peer.uid == geteuid() else { throw FileOfAnother() }
            // Before the work; the name is given atomically after it.
            guard isForced || !BackupFile.exists(path) else {
                throw BackupError(.exists, path: path)
            }
            let folder = try BackupFolder(beside: path)
            defer { folder.remove() }
            let value = try await make(folder)
            try folder.publish(Self.resultName, as: path, replacing: isForced)
            return value
        }
        guard !context.terminal.isTerminal else { throw FileToTerminal() }
        return try await stream(in: context, keptIn: home, make: make)
    }

    /// Makes the file in the home, and then writes it to standard output.
    ///
    /// A repetition of this very run, after a lost connection, writes the same bytes, so that
    /// the front can go on where it was.
    private func stream<Value>(
        in context: CommandContext, keptIn home: String,
        make: (BackupFolder) async throws -> Value
    ) async throws -> Value? {
        let run = context.submission.bytes.hexadecimal
        let folder = try BackupFolder(at: home, keeping: run)
        var value: Value?
        if !BackupFile.exists(folder.file(run)) {
            do {
                value = try await make(folder)
                try folder.publish(Self.resultName, as: folder.file(run), replacing: true)
            } catch {
                folder.remove()
                throw error
            }
        }
        let file = try BackupFile(reading: folder.file(run))
        while true {
            try Task.checkCancellation()
            let piece = try file.read()
            guard !piece.isEmpty else { break }
            await context.terminal.writeBytes(piece)
        }
        folder.remove()
        return value
    }
}

/// A file that the engine would make with its own rights, for a person who has others.
private struct FileOfAnother: ExplainedError {
    var explanation: LocalizedText {
        LocalizedText(
            es: "El motor trabaja con otra cuenta del sistema y no escribe archivos por usted. "
                + "Ponga «-» en lugar del archivo y redirija la salida: así se hace con sus "
                + "permisos.",
            en: "The engine runs as another account of the system and writes no files for you. "
                + "Put '-' in place of the file and redirect the output: then it is made with "
                + "your rights.")
    }

    var exitStatus: ExitStatus { .notPermitted }
}

/// A file that is sealed is of no use on a screen.
private struct FileToTerminal: ExplainedError {
    var explanation: LocalizedText {
        LocalizedText(
            es: "Un archivo cifrado no se muestra en la pantalla. Redirija la salida, o indique "
                + "un archivo.",
            en: "An encrypted file is not shown on the screen. Redirect the output, or name a "
                + "file.")
    }

    var exitStatus: ExitStatus { .usage }
}
