import Outbox
import SyncCore

/// `syncmail fallback set`: chooses the accounts that stand in, and their order.
struct FallbackSetCommand: Command {
    static let name = "fallback set"
    static let summary = LocalizedText(
        es: "Elegir las cuentas de respaldo, en orden.",
        en: "Choose the fallback accounts, in order.")
    static let operands = "ACCOUNT…"

    let accounts: [AccountID]

    init(reading arguments: inout Arguments) throws(UsageError) {
        var accounts: [AccountID] = [try arguments.identifierOperand("ACCOUNT")]
        for text in arguments.operands() {
            guard let account = AccountID(text) else {
                throw arguments.error(
                    es: "«\(text)» no es el identificador de una cuenta.",
                    en: "“\(text)” is not an account's identifier.")
            }
            accounts.append(account)
        }
        self.accounts = accounts
        try arguments.finish()
    }

    func run(in context: CommandContext) async throws {
        let operation = try await context.operation()
        let accounts = accounts
        try await operation.edit { try $0.setFallbacks(accounts) }
        let list = accounts.map(\.text).joined(separator: ", ")
        await context.answer(
            LocalizedText(es: "Cuentas de respaldo: \(list).", en: "Fallback accounts: \(list)."),
            ["fallback": .array(accounts.map { .string($0.text) })])
        guard accounts.count == 1 else { return }
        await context.warn(
            LocalizedText(
                es: "Aviso: con un solo respaldo, todo espera si ese falla. Añada otro.",
                en: "Note: with only one fallback, everything waits when it fails. Add another."))
    }
}
