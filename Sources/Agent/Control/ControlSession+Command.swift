import Front
import SyncCore

/// What the server does with a session beside running its command.
extension ControlSession {
    /// Waits until the front leaves or is interrupted, or the command ended by itself.
    func waitForInterruption() async {
        let end: Void? = try? await wait { $0.isInterrupted || $0.hasEnded ? () : nil }
        assert(end != nil, "The look does not throw.")
    }

    /// Tells ``waitForInterruption()`` that the command has ended.
    func endInterruptionWait() {
        update { $0.hasEnded = true }
    }

    /// Answers with the result of an earlier run.
    func answer(with result: CommandResult, in language: Language) async {
        let channel = SessionChannel(session: self)
        await channel.write(result.output, to: .standard)
        await channel.write(result.errorOutput, to: .error)
        if result.isCut {
            let note = LocalizedText(
                es: "syncmail: la orden ya se había llevado a cabo; su salida era más larga.\n",
                en: "syncmail: the command had already been carried out; its output was longer.\n")
            await channel.write(Array(note.text(in: language).utf8), to: .error)
        }
        finish(status: result.status)
    }

    /// Refuses a command with a text.
    func refuse(_ reason: LocalizedText, _ status: ExitStatus, in language: Language) {
        send(.errorOutput(Array("syncmail: \(reason.text(in: language))\n".utf8)))
        finish(status: UInt8(truncatingIfNeeded: status.rawValue))
    }

    /// Refuses a user who has too many connections; the language is not known yet.
    func refuse() {
        let reason = LocalizedText(
            es: "Hay demasiadas órdenes suyas a la vez. Nada se guardó; repita más tarde.",
            en: "Too many of your commands run at once. Nothing was stored; try again later.")
        refuse(reason, .tryLater, in: .spanish)
    }
}
