import Outbox
import SyncCore

/// The option that names a certificate authority of a company's own.
struct AuthorityOption: Sendable {
    static let help = OptionHelp.option(
        "ca-file", "FILE", es: "Autoridad certificadora propia (PEM), además de las del sistema.",
        en: "A certificate authority of your own (PEM), beside the system's.")

    /// A device trusts whole bundles; an account, which every device receives, holds less.
    private static let byteCountMaximum = 256 * 1024

    private let file: String?

    /// The option that was not typed.
    init() { file = nil }

    init(reading arguments: inout Arguments) throws(UsageError) {
        file = try arguments.option("ca-file")
    }

    var isTyped: Bool { file != nil }

    /// Reads the certificates through the front, with the rights of the person who named them.
    ///
    /// - Parameters:
    ///   - context: Where the command runs.
    ///   - maximum: How many bytes there may be.
    /// - Returns: PEM text, or nil if the option was not typed.
    /// - Throws: An error that names the file, if it holds no certificate or a private key.
    func read(
        in context: CommandContext, maximum: Int = byteCountMaximum
    ) async throws -> String? {
        guard let file else { return nil }
        let bytes = try await context.terminal.readFile(file, maximum: maximum)
        guard let pem = String(validating: bytes, as: UTF8.self),
            CertificateAuthority.isCertificate(pem)
        else { throw AuthorityFileError(file: file) }
        return pem
    }
}

/// A file that is not a certificate.
private struct AuthorityFileError: ExplainedError {
    let file: String

    var explanation: LocalizedText {
        LocalizedText(
            es: "«\(file)» no es un certificado PEM, o contiene una clave privada.",
            en: "“\(file)” is not a PEM certificate, or holds a private key.")
    }
    var exitStatus: ExitStatus { .badData }
}
