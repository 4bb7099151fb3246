import CUnix
import Glibc

/// The program `syncmail`.
package enum FrontMain {
    /// Runs the command that the process was started with, and returns its exit status.
    package static func run() -> Int32 {
        // A front holds typed passwords for a moment.
        cunix_set_dumpable(0)
        let variables = ProcessVariables.read()
        guard let arguments = readArguments() else {
            return fail(.arguments, FrontLanguage(arguments: [], variables: variables))
        }
        let language = FrontLanguage(arguments: arguments, variables: variables)
        if needsNoHome(arguments) {
            let lang = language.pick(es: "es", en: "en")
            EngineProgram.find(variables: variables)?
                .replaceThisProcess(arguments: ["--describe"] + arguments + ["--lang", lang])
            return fail(.noProgram, language)
        }
        let directory = workingDirectory()
        let home = EngineHome.choose(
            arguments: arguments, variables: variables, workingDirectory: directory,
            owner: owner, uid: geteuid())
        guard let home else { return fail(.noHome, language) }
        if arguments.first == "agent" { return becomeEngine(home, arguments, language, variables) }
        guard let hello = makeHello(arguments, language, directory) else {
            return fail(.arguments, language)
        }
        let connector = EngineConnector(home: home, language: language, variables: variables)
        var driver = FrontDriver(hello: hello, connector: connector)
        return driver.run()
    }

    /// The arguments, with `sendmail` in front if that is the program's name; nil unless all
    /// are UTF-8.
    private static func readArguments() -> [String]? {
        var arguments: [String] = []
        for index in 0..<Int(CommandLine.argc) {
            guard let word = CommandLine.unsafeArgv[index],
                let argument = String(validatingCString: word)
            else { return nil }
            arguments.append(argument)
        }
        hide(PrivateArgument.all(in: arguments))
        let name = arguments.isEmpty ? "" : arguments.removeFirst()
        return name.split(separator: "/").last == "sendmail" ? ["sendmail"] + arguments : arguments
    }

    /// Overwrites parts of the process's own arguments, which everybody on the machine can list.
    private static func hide(_ parts: [PrivateArgument]) {
        for part in parts {
            guard let word = CommandLine.unsafeArgv[part.index] else { continue }
            let start = word.advanced(by: part.offset)
            memset(start, Int32(UInt8(ascii: "x")), strlen(start))
        }
    }

    private static func needsNoHome(_ arguments: [String]) -> Bool {
        guard let first = arguments.first else { return true }
        if first == "help" || first == "--version" { return true }
        if first == "sendmail" { return arguments.dropFirst().first == "--help" }
        return arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    /// `syncmail agent`: runs the engine in the foreground.
    private static func becomeEngine(
        _ home: EngineHome, _ arguments: [String], _ language: FrontLanguage,
        _ variables: [String: String]
    ) -> Int32 {
        var rest: [String] = []
        var words = arguments.dropFirst()
        while let word = words.popFirst() {
            if word == "--home" || word == "--lang" {
                words = words.dropFirst()
            } else if !word.hasPrefix("--home="), !word.hasPrefix("--lang=") {
                rest.append(word)
            }
        }
        let lang = language.pick(es: "es", en: "en")
        let mode = home.directory == EngineHome.systemDirectory ? ["--system"] : []
        EngineProgram.find(variables: variables)?.replaceThisProcess(
            arguments: ["--home", home.directory, "--lang", lang] + mode + rest)
        return fail(.noProgram, language)
    }

    private static func makeHello(
        _ arguments: [String], _ language: FrontLanguage, _ directory: String
    ) -> Hello? {
        let bytes = [UInt8](unsafeUninitializedCapacity: Submission.byteCount) { buffer, count in
            count = max(cunix_random(buffer.baseAddress, buffer.count), 0)
        }
        guard arguments.count <= FrameLimits.argumentCountMaximum,
            let submission = Submission(bytes: bytes)
        else { return nil }
        let hello = Hello(
            submission: submission, language: language, terminals: terminals(),
            workingDirectory: directory, arguments: arguments)
        return FrontFrame.hello(hello).fits ? hello : nil
    }

    private static func terminals() -> Terminals {
        var terminals = Terminals()
        terminals.isInputTerminal = isatty(0) == 1
        terminals.isOutputTerminal = isatty(1) == 1
        terminals.isErrorTerminal = isatty(2) == 1
        terminals.outputColumns = UInt16(clamping: cunix_columns(1))
        terminals.errorColumns = UInt16(clamping: cunix_columns(2))
        return terminals
    }

    private static func owner(of directory: String) -> UInt32? {
        var status = stat()
        return stat(directory, &status) == 0 ? status.st_uid : nil
    }

    private static func workingDirectory() -> String {
        let path = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            let start = UnsafeMutableRawPointer(buffer.baseAddress)?
                .assumingMemoryBound(to: CChar.self)
            count = getcwd(start, buffer.count).map { strlen($0) } ?? 0
        }
        // A directory that was removed has no path; nothing but messages needs one.
        return String(validating: path, as: UTF8.self).flatMap { $0.isEmpty ? nil : $0 } ?? "/"
    }

    private static func fail(_ failure: FrontFailure, _ language: FrontLanguage) -> Int32 {
        let text = Array("syncmail: \(failure.text(in: language))\n".utf8)
        _ = write(2, text, text.count)
        return failure.status
    }
}
