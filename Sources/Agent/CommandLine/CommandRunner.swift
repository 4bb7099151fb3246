package import SyncCore

/// Turns an invocation into a command that runs, and whatever it throws into a text and a
/// status.
package struct CommandRunner: Sendable {
    private let table: CommandTable
    private let engine: Engine

    package init(table: CommandTable, engine: Engine) {
        self.table = table
        self.engine = engine
    }

    /// Carries out what was typed.
    package func run(_ invocation: Invocation) async -> ExitStatus {
        let isJSON = invocation.arguments.prefix { $0 != "--" }.contains("--json")
        do {
            let request = try table.request(
                for: invocation.arguments, language: invocation.language)
            switch request {
            case .help(let text):
                await invocation.terminal.write(text)
            case .run(let command, let isJSON):
                try await engine.tryLock()
                let context = context(of: invocation, isJSON: isJSON)
                try await command.run(in: context)
                await AlertNotice(engine: engine).tell(after: command, in: context)
            }
            return .done
        } catch let error as any ExplainedError {
            await explain(error.explanation, error.exitStatus, isJSON, to: invocation)
            return error.exitStatus
        } catch is CancellationError {
            let text = LocalizedText(es: "Interrumpido.", en: "Interrupted.")
            await explain(text, .tryLater, isJSON, to: invocation)
            return .tryLater
        } catch {
            // The type's name only: an error that explains nothing may hold anything.
            let text = LocalizedText(
                es: "Defecto de syncmail: \(type(of: error)). Informe de él, por favor.",
                en: "Defect of syncmail: \(type(of: error)). Please report it.")
            await explain(text, .software, isJSON, to: invocation)
            return .software
        }
    }

    private func context(of invocation: Invocation, isJSON: Bool) -> CommandContext {
        CommandContext(
            terminal: invocation.terminal, language: invocation.language, peer: invocation.peer,
            submission: invocation.submission, workingDirectory: invocation.workingDirectory,
            isJSON: isJSON, engine: engine)
    }

    private func explain(
        _ text: LocalizedText, _ status: ExitStatus, _ isJSON: Bool, to invocation: Invocation
    ) async {
        let message = text.text(in: invocation.language)
        guard isJSON else {
            await invocation.terminal.writeError("syncmail: \(message)")
            return
        }
        let value = JSONValue.object([
            "error": ["message": .string(message), "status": .integer(Int64(status.rawValue))]
        ])
        await invocation.terminal.writeError(value.text)
    }
}
