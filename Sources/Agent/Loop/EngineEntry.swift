import CUnix
import Front
import Glibc
import SyncCore

/// What `syncmail-agent` does with its command line.
enum EngineEntry {
    /// Runs the program, and returns its exit status; no error leaves it.
    static func run(_ words: [String]) async -> ExitStatus {
        harden()
        let language = FrontLanguage(arguments: words, variables: ProcessVariables.read()).localized
        if words.first == "--describe" {
            return await describe(Array(words.dropFirst()), in: language)
        }
        var readiness = Readiness(descriptor: nil)
        do {
            let options = try EngineOptions(words)
            readiness = Readiness(descriptor: options.readyDescriptor)
            if let descriptor = options.readyDescriptor {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            }
            let process = EngineProcess(
                options: options, environment: .live(), table: .all,
                credentials: Environment.credentialsDirectory(),
                warn: { await tell($0, in: language) })
            try await process.run()
            return .done
        } catch let error as any ExplainedError {
            readiness.tell(error, in: language)
            await tell(error.explanation, in: language)
            return error.exitStatus
        } catch {
            // The type's name only: an error that explains nothing may hold anything.
            await tell(
                LocalizedText(
                    es: "Defecto de syncmail: \(type(of: error)).",
                    en: "Defect of syncmail: \(type(of: error))."), in: language)
            return .software
        }
    }

    /// Keeps secrets out of core files, and files out of others' reach.
    private static func harden() {
        SignalStopper.block()
        umask(0o077)
        // So that no directory is kept busy; every path the engine uses is absolute.
        chdir("/")
        cunix_set_dumpable(0)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Answers what needs no home: help and the version.
    private static func describe(_ words: [String], in language: Language) async -> ExitStatus {
        let terminal = Terminal(channel: StandardChannel())
        do {
            let isVersion = words.contains("--version")
            // `syncmail help send` and `syncmail send --help` ask for the same.
            let topic = words.first == "help" ? Array(words.dropFirst()) : words
            switch try CommandTable.all.request(
                for: isVersion ? ["version"] : ["help"] + topic, language: language)
            {
            case .help(let text): await terminal.write(text)
            case .run: await terminal.write("syncmail \(Product.version)")
            }
            return .done
        } catch {
            await tell(error.explanation, in: language)
            return error.exitStatus
        }
    }

    private static func tell(_ text: LocalizedText, in language: Language) async {
        await Terminal(channel: StandardChannel()).writeError(
            "syncmail-agent: \(text.text(in: language))")
    }
}

/// The engine's own outputs, for when there is no front.
private struct StandardChannel: TerminalChannel {
    func write(_ bytes: [UInt8], to output: TerminalOutput) async {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes {
                Glibc.write(output == .standard ? 1 : 2, $0.baseAddress, $0.count)
            }
            guard count > 0 || errno == EINTR else { return }
            start += max(count, 0)
        }
    }

    func read(
        _ input: TerminalInput, maximum: Int, take: ([UInt8]) async throws -> Void
    ) async throws {
        throw TerminalError(.noTerminal)
    }

    func askSecret(_ prompt: String) async throws -> SecretBytes {
        throw TerminalError(.noTerminal)
    }
}
