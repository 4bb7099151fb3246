package import SyncCore

/// The fields of the configuration that people may write, and what each may hold.
///
/// Whoever adds a field adds it here. What is not here is refused, so that a typing error does
/// not become a field that nobody reads, nor a password one that everybody can.
package enum ConfigSchema {
    /// What a field holds.
    package enum Kind: Hashable, Sendable {
        case text
        case address
        case domain
        case host
        case user
        case account
        case role
        case state
        case authority
        case accounts
        case routes
        case boolean
        case number
        case days
        /// Seconds in which a mail can be taken back.
        case undo
        /// Days for which a mail is tried.
        case lifetime
        /// Written by commands of its own only.
        case readOnly
    }

    /// The first parts of all fields, in ascending order.
    package static let prefixes = [
        "account", "alert", "device", "event", "fallback", "mail", "timing", "user",
    ]

    private static let timings: Set<String> = [
        "lease", "drain", "margin", "doubt", "connect", "retry", "probe", "check", "poll",
    ]
    private static let userFields: [String: Kind] = [
        "name": .text, "email": .address, "account": .account, "role": .role, "state": .state,
    ]
    private static let accountFields: [String: Kind] = [
        "address": .address, "name": .text, "host": .host, "login": .text, "routes": .routes,
        "ca": .authority, "state": .state, "secret": .readOnly,
    ]

    private static let eventFields: Set<String> = ["stage", "type", "subject", "text"]

    /// How many seconds `mail/undo` may have.
    static let undoMaximum = SendingWishes.undoMaximum.milliseconds / 1000
    /// How many days `mail/expire` may have.
    static let lifetimeMaximum = MailTerms.lifetimeMaximum.milliseconds / 86_400_000

    private static let mailFields: [String: Kind] = [
        "domain": .domain, "size": .number, "retention": .days, "undo": .undo, "expire": .lifetime,
    ]

    /// What a field holds, or nil if there is no such field.
    package static func kind(of path: RegisterPath) -> Kind? {
        let parts = path.parts
        switch (parts[0], parts.count) {
        case ("user", 3) where UserID(parts[1]) != nil: return userFields[parts[2]]
        case ("user", 4) where UserID(parts[1]) != nil && parts[2] == "delegate":
            return LocalLogin(parts[3]) == nil ? nil : .boolean
        case ("account", 3) where AccountID(parts[1]) != nil: return accountFields[parts[2]]
        case ("account", 4) where AccountID(parts[1]) != nil:
            return ["sealed", "tested"].contains(parts[2]) ? .readOnly : nil
        case ("device", 4) where parts[2] == "uid":
            return LocalLogin("\(parts[1]).\(parts[3])") == nil ? nil : .user
        case ("device", 5) where parts[2] == "app" && ApplicationName(parts[3]) != nil:
            return ["user", "secret", "delegates"].contains(parts[4]) ? .readOnly : nil
        case ("alert", 2): return parts[1] == "digest" ? .boolean : nil
        case ("event", 4) where EventName(parts[1]) != nil:
            return eventFields.contains(parts[3]) ? .text : nil
        case ("fallback", 2): return parts[1] == "order" ? .accounts : nil
        case ("mail", 2):
            return mailFields[parts[1]]
        case ("mail", 3): return parts[1] == "retention" ? .days : nil
        case ("audit", 2): return parts[1] == "retention" ? .days : nil
        case ("timing", 2): return timings.contains(parts[1]) ? .number : nil
        default: return nil
        }
    }

    /// Whether a field's value is shown as a fingerprint only.
    package static func isHidden(_ path: RegisterPath) -> Bool {
        let parts = path.parts
        if parts[0] == "device" { return parts.count == 5 && parts[4] == "secret" }
        return parts[0] == "account" && parts.count > 2 && ["secret", "sealed"].contains(parts[2])
    }

    /// Refuses a value that a field may not hold.
    package static func check(
        _ value: RegisterValue, at path: RegisterPath
    ) throws(ConfigFieldError) {
        guard let kind = kind(of: path) else {
            let isKnown = prefixes.contains(path.parts[0])
            throw ConfigFieldError(isKnown ? .noSuchField : .noSuchPrefix, at: path)
        }
        guard kind != .readOnly else { throw ConfigFieldError(.readOnly, at: path) }
        guard accepts(value, kind) else { throw ConfigFieldError(.badValue(kind), at: path) }
    }

    private static func accepts(_ value: RegisterValue, _ kind: Kind) -> Bool {
        switch (kind, value) {
        // Without a state a person or account would be gone, and not even known as removed.
        case (.state, .none): false
        case (_, .none): true
        case (.boolean, .boolean): true
        case (.number, .integer(let number)): number > 0
        case (.days, .integer(let number)): (1...RetentionPolicy.daysMaximum).contains(number)
        case (.undo, .integer(let number)): (0...undoMaximum).contains(number)
        case (.lifetime, .integer(let number)): (1...lifetimeMaximum).contains(number)
        case (.accounts, .list(let items)):
            items.allSatisfy { AccountID($0) != nil } && Set(items).count == items.count
        case (.routes, .list(let items)):
            (1...AccountRoute.routesMaximum).contains(items.count)
                && items.allSatisfy { AccountRoute($0) != nil }
        case (_, .text(let text)): accepts(text, kind)
        default: false
        }
    }

    private static func accepts(_ text: String, _ kind: Kind) -> Bool {
        switch kind {
        case .text:
            (1...AccountSettings.loginByteCountMaximum).contains(text.utf8.count)
                && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        case .address: MailAddress(stored: text) != nil
        case .domain: MailDomain(text) != nil
        case .host: ServerName(text) != nil
        case .user, .role: UserID(text) != nil
        case .account: AccountID(text) != nil
        case .state: EntryState(rawValue: text) != nil
        case .authority: CertificateAuthority.isUsable(text)
        case .accounts, .routes, .boolean, .number, .days, .undo, .lifetime, .readOnly: false
        }
    }
}

/// The certificate authority of a company's own, as PEM text.
package enum CertificateAuthority {
    /// How many bytes one in an account may have: every device receives it.
    package static let byteCountMaximum = 48 * 1024

    /// Whether a text fits in an account, and is what it should be.
    package static func isUsable(_ pem: String) -> Bool {
        pem.utf8.count <= byteCountMaximum && isCertificate(pem)
    }

    /// Whether a text holds certificates, and no private key by mistake.
    package static func isCertificate(_ pem: String) -> Bool {
        pem.contains("-----BEGIN CERTIFICATE-----") && pem.contains("-----END CERTIFICATE-----")
            && !pem.contains("PRIVATE KEY")
    }
}

/// Why a field of the configuration cannot be written so.
package struct ConfigFieldError: Error, Hashable, Sendable {
    /// The reasons.
    package enum Code: Hashable, Sendable {
        case noSuchPrefix
        case noSuchField
        /// Another command writes it.
        case readOnly
        case badValue(ConfigSchema.Kind)
        /// The field has one value only.
        case noConflict
        /// The conflict has no value with this number.
        case noSuchValue
        /// The token was given for another field.
        case otherToken
        /// The field was never written.
        case empty
    }

    package let code: Code
    package let path: RegisterPath

    package init(_ code: Code, at path: RegisterPath) {
        self.code = code
        self.path = path
    }
}

extension ConfigFieldError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .noSuchPrefix:
            LocalizedText(
                es: "Ningún dato empieza por «\(path.parts[0])/». Existen: \(Self.known).",
                en: "No field begins with “\(path.parts[0])/”. There are: \(Self.known).")
        case .noSuchField:
            LocalizedText(
                es: "No existe el dato «\(path)». «syncmail config list» muestra los que hay.",
                en: "There is no field “\(path)”. “syncmail config list” shows those there are.")
        case .readOnly:
            LocalizedText(
                es: "«\(path)» no se escribe a mano. Use «syncmail account set» o «account test».",
                en: "“\(path)” is not written by hand. Use “syncmail account set” or “account "
                    + "test”.")
        case .badValue(let kind):
            LocalizedText(
                es: "El valor no sirve para «\(path)»: se espera \(kind.expectation.es).",
                en: "The value does not fit “\(path)”: expected is \(kind.expectation.en).")
        case .noConflict:
            LocalizedText(
                es: "«\(path)» no tiene conflicto. «syncmail config conflicts» los enumera.",
                en: "“\(path)” has no conflict. “syncmail config conflicts” lists them.")
        case .noSuchValue:
            LocalizedText(
                es: "El conflicto de «\(path)» no tiene ese número de valor. «syncmail config "
                    + "conflicts» los numera.",
                en: "The conflict of “\(path)” has no value of that number. “syncmail config "
                    + "conflicts” numbers them.")
        case .otherToken:
            LocalizedText(
                es: "El código de --seen es de otro dato que «\(path)». Tome el de «config get».",
                en: "The --seen token is for another field than “\(path)”. Take that of “config "
                    + "get”.")
        case .empty:
            LocalizedText(
                es: "«\(path)» no tiene valor.", en: "“\(path)” has no value.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .noSuchPrefix, .noSuchField, .badValue, .noConflict, .noSuchValue, .otherToken,
            .empty:
            .badData
        case .readOnly: .notPermitted
        }
    }

    private static let known = ConfigSchema.prefixes.map { $0 + "/" }.joined(separator: ", ")
}

extension ConfigSchema.Kind {
    /// What to type, as the end of a sentence.
    fileprivate var expectation: LocalizedText {
        switch self {
        case .text: LocalizedText(es: "un texto, \"entre comillas\"", en: "a \"quoted text\"")
        case .address: LocalizedText(es: "un correo", en: "a mail address")
        case .domain: LocalizedText(es: "un dominio", en: "a domain")
        case .host: LocalizedText(es: "el nombre de un servidor", en: "the name of a server")
        case .user: LocalizedText(es: "el identificador de un usuario", en: "a user's identifier")
        case .account:
            LocalizedText(es: "el identificador de una cuenta", en: "an account's identifier")
        case .role: LocalizedText(es: "un identificador", en: "an identifier")
        case .state:
            LocalizedText(es: "active, disabled o removed", en: "active, disabled or removed")
        case .authority:
            LocalizedText(
                es: "un certificado PEM sin clave privada",
                en: "a PEM certificate without a private key")
        case .accounts:
            LocalizedText(
                es: "una lista de cuentas, con --list a,b", en: "a list of accounts, --list a,b")
        case .routes:
            LocalizedText(
                es: "una lista de rutas, con --list 465/implicit,587/starttls",
                en: "a list of routes, --list 465/implicit,587/starttls")
        case .boolean: LocalizedText(es: "true o false", en: "true or false")
        case .number: LocalizedText(es: "un número mayor que 0", en: "a number above 0")
        case .days:
            LocalizedText(
                es: "un número de días, de 1 a \(RetentionPolicy.daysMaximum)",
                en: "a number of days, from 1 to \(RetentionPolicy.daysMaximum)")
        case .undo:
            LocalizedText(
                es: "un número de segundos, de 0 a \(ConfigSchema.undoMaximum)",
                en: "a number of seconds, from 0 to \(ConfigSchema.undoMaximum)")
        case .lifetime:
            LocalizedText(
                es: "un número de días, de 1 a \(ConfigSchema.lifetimeMaximum)",
                en: "a number of days, from 1 to \(ConfigSchema.lifetimeMaximum)")
        case .readOnly: LocalizedText(es: "nada", en: "nothing")
        }
    }
}
