package import Outbox
package import SyncCore

/// Who hands a mail in, as far as that is certain.
package enum MailCaller: Hashable, Sendable {
    /// A login of this machine, as the kernel says.
    case login(UInt32)
    /// An application of this device that gave its password.
    case application(ApplicationName)
}

/// In whose name a mail is to be sent.
package enum SendRequest: Hashable, Sendable {
    /// Of the caller himself.
    case caller
    /// Of a user who was named.
    case user(UserID)
    /// Of the user whose address this is; of the caller, if it is nobody's.
    case author(MailAddress?)
}

extension Directory {
    /// The user who writes from an address: his own, or that of his account.
    ///
    /// Nothing if it is nobody's, or several people's: then it tells nothing.
    func user(writingFrom address: MailAddress) throws -> UserID? {
        let wanted = address.text.lowercased()
        let found = try users().filter { user in
            guard user.state == .active else { return false }
            let account = try user.account.flatMap { try self.account($0) }
            return [user.email, account?.address].contains { $0?.text.lowercased() == wanted }
        }
        return found.count == 1 ? found[0].id : nil
    }

    /// The address that a name without a domain stands for: that of the user of this name, or of
    /// the user whose login it is.
    func address(ofLocalName name: String, on device: DeviceID) throws -> MailAddress? {
        if let id = UserID(name.lowercased()), let address = try address(of: id) { return address }
        guard name == "root" else { return nil }
        let bound = try users(boundTo: LocalLogin(device: device, uid: 0))
        return bound.count == 1 ? try address(of: bound[0]) : nil
    }

    private func address(of id: UserID) throws -> MailAddress? {
        guard let user = try user(id), user.state == .active else { return nil }
        return try user.email ?? user.account.flatMap { try account($0)?.address }
    }
}
