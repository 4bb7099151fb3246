import Outbox
import SyncCore

/// An account as lists and `show` tell of it; the password is not here, and cannot be.
struct AccountView: Sendable {
    let account: DirectoryAccount
    /// Its place among the fallbacks, from 1.
    let priority: Int?
    /// The users whose own account it is.
    let users: [UserID]
    /// The devices that can open the password, by their names.
    let devices: [String]

    /// Reads every account that was not removed.
    static func all(in transaction: ReplicaTransaction) throws -> [AccountView] {
        let directory = transaction.directory
        let (fallbacks, users) = (try directory.fallbacks(), try directory.users())
        return try directory.accounts().filter { $0.state != .removed }.map { account in
            AccountView(
                account: account,
                priority: fallbacks.firstIndex(of: account.id).map { $0 + 1 },
                users: users.filter { $0.account == account.id && $0.state != .removed }
                    .map(\.id),
                devices: account.sealedDevices.compactMap { id in
                    guard transaction.membership.may(id, .sender) else { return nil }
                    return transaction.membership.device(id)?.card.name
                })
        }
    }

    /// Whether it can be used, in a word that programs read.
    var condition: String {
        guard account.state == .active else { return account.state.rawValue }
        guard account.completeness == .complete else { return "incomplete" }
        switch account.sender.health {
        case .untested: return "untested"
        case .working: return "ok"
        case .failing: return "failing"
        }
    }

    /// What is wrong with it: a code of the diagnosis, and its name.
    private var cause: (code: String, name: LocalizedText)? {
        guard case .failing(let fault) = account.sender.health else { return nil }
        let code = account.verdict?.cause ?? fault.rawValue
        return (code, AttemptCause.name(ofCode: code))
    }

    /// The same in words that people read.
    var conditionText: LocalizedText {
        switch condition {
        case "incomplete": LocalizedText(es: "incompleta", en: "incomplete")
        case "untested": LocalizedText(es: "sin probar", en: "untested")
        case "ok": LocalizedText(es: "funciona", en: "works")
        case "failing":
            LocalizedText(
                es: "FALLA (\(cause?.name.es ?? "?"))", en: "FAILING (\(cause?.name.en ?? "?"))")
        case "disabled": LocalizedText(es: "desactivada", en: "disabled")
        default: LocalizedText(es: "eliminada", en: "removed")
        }
    }

    var json: JSONValue {
        [
            "id": .string(account.id.text), "address": .optional(account.address?.text),
            "name": .optional(account.name), "host": .optional(account.host),
            "routes": .array(account.routes.map { .string($0.description) }),
            "login": .optional(account.login),
            "ca": .optional(account.authority.map { Fingerprint.text(of: Array($0.utf8)) }),
            "state": .string(account.state.rawValue), "condition": .string(condition),
            "cause": .optional(condition == "failing" ? cause?.code : nil),
            "priority": priority.map { .integer(Int64($0)) } ?? .null,
            "users": .array(users.map { .string($0.text) }),
            "password_set": .boolean(account.secret != nil),
            "password_version": account.secret.map { .integer(Int64($0.version)) } ?? .null,
            "last_changed": .optional(account.secretChanged?.description),
            "openable_by": .array(devices.map { .string($0) }), "last_test": test,
        ]
    }

    private var test: JSONValue {
        guard let test = account.lastTest else { return .null }
        return [
            "outcome": .string(test.outcome.rawValue), "time": .string(test.time.description),
        ]
    }
}

/// What is shown instead of bytes that nobody shall read.
enum Fingerprint {
    private static let digitsCount = 16

    static func text(of bytes: [UInt8]) -> String {
        "sha256:" + Digest(of: bytes).description.prefix(digitsCount)
    }
}
