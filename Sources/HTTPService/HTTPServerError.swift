import Glibc
package import SyncCore

/// A failure to start the HTTP server.
package struct HTTPServerError: Error, Hashable, Sendable {
    /// The kinds of failure that call for different reactions.
    package enum Code: String, Sendable {
        /// The address is not of the form `host:port`, or the host is unknown.
        case badAddress
        /// Another program listens there.
        case addressInUse
        /// The port is below 1024 and the program may not use it.
        case notPermitted
        /// The socket could not be made.
        case cannotListen
        /// The certificate and key do not fit, or are not PEM.
        case badCertificate
        /// The HTTP library did not start.
        case cannotStart
        /// The server was run a second time.
        case alreadyRun
    }

    /// What kind of failure this is.
    package let code: Code
    /// Where the server was to listen.
    package let address: String
    /// The system's error number, or 0.
    package let errno: Int32

    init(_ code: Code, address: String, errno: Int32 = 0) {
        self.code = code
        self.address = address
        self.errno = errno
    }

    init(listening address: String, errno: Int32) {
        let code: Code =
            switch errno {
            case EADDRINUSE: .addressInUse
            case EACCES: .notPermitted
            case EADDRNOTAVAIL: .badAddress
            default: .cannotListen
            }
        self.init(code, address: address, errno: errno)
    }
}

extension HTTPServerError: ExplainedError {
    package var explanation: LocalizedText {
        switch code {
        case .badAddress:
            LocalizedText(
                es: "No se puede escuchar en «\(address)»: no es una dirección de esta máquina "
                    + "con su puerto. Escriba por ejemplo 0.0.0.0:8443 o [::]:8443.",
                en: "Cannot listen on “\(address)”: it is not an address of this machine with a "
                    + "port. Write for example 0.0.0.0:8443 or [::]:8443.")
        case .addressInUse:
            LocalizedText(
                es: "No se puede escuchar en \(address): otro programa ya usa ese puerto. "
                    + "Deténgalo o elija otro puerto con --listen.",
                en: "Cannot listen on \(address): another program already uses that port. Stop "
                    + "it or choose another port with --listen.")
        case .notPermitted:
            LocalizedText(
                es: "No se puede escuchar en \(address): los puertos menores que 1024 requieren "
                    + "permiso (CAP_NET_BIND_SERVICE). Déselo al servicio o elija otro puerto.",
                en: "Cannot listen on \(address): ports below 1024 need permission "
                    + "(CAP_NET_BIND_SERVICE). Grant it to the service or choose another port.")
        case .cannotListen:
            LocalizedText(
                es: "No se puede escuchar en \(address) (error \(errno) del sistema). Revise la "
                    + "red y el límite de archivos abiertos.",
                en: "Cannot listen on \(address) (system error \(errno)). Check the network and "
                    + "the limit of open files.")
        case .badCertificate:
            LocalizedText(
                es: "El servidor no acepta el certificado y la clave TLS. Ambos deben ser PEM y "
                    + "corresponder entre sí.",
                en: "The server does not accept the TLS certificate and key. Both must be PEM "
                    + "and belong together.")
        case .cannotStart:
            LocalizedText(
                es: "El servidor HTTP no arrancó en \(address). Revise el límite de archivos "
                    + "abiertos y la memoria.",
                en: "The HTTP server did not start on \(address). Check the limit of open files "
                    + "and the memory.")
        case .alreadyRun:
            LocalizedText(
                es: "El servidor HTTP de \(address) ya se ejecutó. Cree otro.",
                en: "The HTTP server of \(address) has run already. Create another.")
        }
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .badAddress: .usage
        case .addressInUse, .cannotListen, .cannotStart: .unavailable
        case .notPermitted: .notPermitted
        case .badCertificate: .configuration
        case .alreadyRun: .software
        }
    }
}
