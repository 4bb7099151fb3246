import Outbox
import SyncCore

/// What was said with mail servers about one mail, as `log show --smtp` shows it.
struct DialogueView: Sendable {
    let dialogues: [ListedDialogue]

    func write(in context: CommandContext) async {
        if context.isJSON {
            await context.write(["dialogues": .array(dialogues.map(Self.json))])
            return
        }
        guard !dialogues.isEmpty else {
            await context.write(
                LocalizedText(
                    es: "Este equipo no guarda ningún diálogo de ese correo: lo envió otro, no se "
                        + "llegó a hablar con un servidor, o venció el plazo («mail/retention»).",
                    en: "This device keeps no dialogue about that mail: another one sent it, no "
                        + "server was spoken to, or its time is over (“mail/retention”)."))
            return
        }
        for listed in dialogues {
            let attempts = listed.dialogue.attempts
            let names = attempts.map { "\($0.recipient)/\($0.number)" }.joined(separator: ", ")
            await context.write(
                LocalizedText(
                    es: "\(listed.time), destinatario/intento \(names):",
                    en: "\(listed.time), recipient/attempt \(names):"))
            for line in listed.dialogue.lines {
                await context.terminal.write("  \(line.printable)")
            }
        }
    }

    private static func json(_ listed: ListedDialogue) -> JSONValue {
        [
            "time": .string(listed.time.description),
            "attempts": .array(
                listed.dialogue.attempts.map { attempt in
                    [
                        "number": .integer(Int64(attempt.recipient)),
                        "attempt": .integer(Int64(attempt.number)),
                    ]
                }),
            "lines": .array(listed.dialogue.lines.map { .string($0) }),
        ]
    }
}
