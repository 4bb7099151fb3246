import CUnix
import Glibc
package import SyncCore

/// What `syncmail-server` does with its command line.
package enum ServerEntry {
    /// Runs the program, and turns every failure into words and an exit status.
    package static func run(_ words: [String]) async -> ExitStatus {
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
}
