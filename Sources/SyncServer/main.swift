import CUnix
import Glibc
import SyncCore

/// Runs the program, and turns every failure into words and an exit status.
private func runServer(_ words: [String]) async -> ExitStatus {
    umask(0o077)
    _ = cunix_set_dumpable(0)
    StopSignal.hold()
    let environment = Environment.live()
    let language = ServerOptions.language(in: words) ?? Language.ofProcess()
    do {
        let options = try ServerOptions(words)
        try await ServerProcess(
            options: options, environment: environment, language: language,
            credentials: Environment.credentialsDirectory()
        ).run()
        return .done
    } catch let error as any ExplainedError {
        StandardStream.error.write("syncmail-server: " + error.explanation.text(in: language))
        return error.exitStatus
    } catch {
        // The type's name only: an error that explains nothing may hold anything.
        StandardStream.error.write("syncmail-server: \(type(of: error))")
        return .software
    }
}

exit(await runServer(Array(CommandLine.arguments.dropFirst())).rawValue)
