import SyncCore

/// The options that name a proxy, the same wherever the hub is reached for the first time.
struct ProxyOption: Sendable {
    static let help: [OptionHelp] = [
        .option(
            "proxy", "URL|none",
            es: "Proxy de esta red, como http://proxy.empresa.com:3128.",
            en: "The proxy of this network, such as http://proxy.company.com:3128."),
        .option("proxy-user", "NAME", es: "Usuario del proxy.", en: "The proxy's user."),
        .option(
            "proxy-password-file", "FILE",
            es: "Leer la clave del proxy de la primera línea (- es la entrada).",
            en: "Read the proxy's password from the first line (- is standard input)."),
    ]

    private static let none = "none"

    /// The address; empty for no proxy at all.
    let url: String
    let user: String?
    let passwordFile: String?

    /// Reads the options; nothing if no proxy is named.
    static func read(_ arguments: inout Arguments) throws(UsageError) -> ProxyOption? {
        let url = try arguments.option("proxy")
        let user = try arguments.option("proxy-user")
        let file = try arguments.option("proxy-password-file")
        return try make(url, user: user, passwordFile: file, arguments)
    }

    /// Understands what was typed; nothing if no proxy is named.
    static func make(
        _ url: String?, user: String?, passwordFile file: String?, _ arguments: Arguments
    ) throws(UsageError) -> ProxyOption? {
        guard let url else {
            guard user == nil, file == nil else {
                throw arguments.error(
                    es: "--proxy-user y --proxy-password-file necesitan un proxy.",
                    en: "--proxy-user and --proxy-password-file need a proxy.")
            }
            return nil
        }
        guard url == none || isUsable(url), user?.utf8.count ?? 0 <= ProxyMemory.byteCountMaximum,
            file == nil || user != nil
        else {
            // The address may hold a password, so it is not repeated.
            throw arguments.error(
                es: "El proxy es none, o una dirección como http://proxy.empresa.com:3128, sin "
                    + "usuario ni clave: esos van en --proxy-user y --proxy-password-file.",
                en: "A proxy is none, or an address like http://proxy.company.com:3128, without "
                    + "user and password: those go into --proxy-user and --proxy-password-file.")
        }
        return ProxyOption(url: url == none ? "" : url, user: user, passwordFile: file)
    }

    private static func isUsable(_ url: String) -> Bool {
        guard
            let scheme = ["http://", "https://", "socks5h://"].first(where: { url.hasPrefix($0) }),
            url.utf8.count <= ProxyMemory.byteCountMaximum,
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return false }
        let rest = url.dropFirst(scheme.count)
        return !rest.isEmpty && !rest.contains { "@/?#\\".contains($0) }
    }

    /// The proxy with its password, which is asked for if there is a user.
    func entry(in context: CommandContext) async throws -> ProxyMemory.Entry {
        guard let user else { return ProxyMemory.Entry(url: url, user: nil, password: nil) }
        let password: SecretBytes
        if let passwordFile {
            password = try await context.terminal.readSecretLine(from: passwordFile)
        } else {
            password = try await context.secret(
                LocalizedText(
                    es: "Clave del proxy para «\(user)»",
                    en: "Password of the proxy for “\(user)”"),
                fromStandardInput: false)
        }
        guard password.count <= ProxyMemory.byteCountMaximum else {
            throw ProxyPasswordTooLong()
        }
        return ProxyMemory.Entry(url: url, user: user, password: password)
    }
}

/// A password of a proxy that is longer than any.
private struct ProxyPasswordTooLong: ExplainedError {
    var explanation: LocalizedText {
        LocalizedText(
            es: "La clave del proxy es demasiado larga. No se cambió nada.",
            en: "The password of the proxy is too long. Nothing was changed.")
    }
    var exitStatus: ExitStatus { .badData }
}
