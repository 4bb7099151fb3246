import Outbox
import SyncCore

extension Arguments {
    /// Reads an option that is a mail address.
    mutating func address(_ option: String) throws(UsageError) -> MailAddress? {
        guard let text = try self.option(option) else { return nil }
        do throws(MessageError) {
            return try MailAddress(text, in: .from)
        } catch {
            throw self.error(
                es: "--\(option): \(error.explanation.es)",
                en: "--\(option): \(error.explanation.en)")
        }
    }

    /// Reads an option that is the name of a server.
    mutating func host(_ option: String) throws(UsageError) -> String? {
        guard let text = try self.option(option) else { return nil }
        guard let name = ServerName(text) else {
            throw error(
                es: "--\(option) debe ser el nombre de un servidor, como smtp.empresa.com.",
                en: "--\(option) must be the name of a server, such as smtp.company.com.")
        }
        return name.text
    }

    /// Reads every `--route PORT/MODE`; nil if there is none.
    mutating func routes() throws(UsageError) -> [AccountRoute]? {
        var routes: [AccountRoute] = []
        for text in try options("route") {
            guard let route = AccountRoute(text) else {
                throw error(
                    es: "--route debe ser PUERTO/implicit o PUERTO/starttls, como 465/implicit.",
                    en: "--route must be PORT/implicit or PORT/starttls, such as 465/implicit.")
            }
            if !routes.contains(route) { routes.append(route) }
        }
        guard routes.count <= AccountRoute.routesMaximum else {
            throw error(
                es: "Una cuenta tiene hasta \(AccountRoute.routesMaximum) rutas.",
                en: "An account has at most \(AccountRoute.routesMaximum) routes.")
        }
        return routes.isEmpty ? nil : routes
    }

    /// Reads every option that names a login as `UID` or `UID@DEVICE`.
    mutating func logins(_ option: String) throws(UsageError) -> [LoginReference] {
        var logins: [LoginReference] = []
        for text in try options(option) {
            guard let login = LoginReference(text) else {
                throw error(
                    es: "--\(option) debe ser UID o UID@EQUIPO, como 1000 o 1000@caja-1.",
                    en: "--\(option) must be UID or UID@DEVICE, such as 1000 or 1000@till-1.")
            }
            logins.append(login)
        }
        return logins
    }
}

/// A login as a person names it: a uid here, or on another device.
struct LoginReference: Sendable {
    let uid: UInt32
    /// The device; this one if it is left out.
    let device: DeviceReference?

    init?(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let uid = UInt32(parts[0]), uid != SendAuthority.nobody, uid != .max
        else { return nil }
        if parts.count == 2 {
            guard !parts[1].isEmpty else { return nil }
            device = DeviceReference(text: String(parts[1]))
        } else {
            device = nil
        }
        self.uid = uid
    }

    /// The login on the device that is meant.
    func find(in transaction: ReplicaTransaction) throws -> LocalLogin {
        let id = try device?.find(in: transaction.membership).card.id ?? transaction.identity.id
        return LocalLogin(device: id, uid: uid)
    }
}
