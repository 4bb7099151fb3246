/// A failure to exchange a request with the hub.
///
/// It does not tell whether the hub acted, unless no connection was made.
package struct TransportError: Error, Hashable, Sendable {
    /// The kinds of failure that call for different reactions.
    package enum Code: Hashable, Sendable {
        /// The URL of the hub, or the proxy's, is not one.
        case badURL
        /// The file with the extra certificates cannot be read.
        case certificateFile
        /// The hub's name has no address: no network, no DNS, or a wrong name.
        case unresolved
        /// The proxy's name has no address.
        case proxyUnresolved
        /// The hub's machine answered that nothing listens there.
        case refused
        /// There is no way to the hub's address.
        case unreachable
        /// No answer came in time.
        case timeout
        /// The proxy did not let the connection through, and said so with a status.
        case proxyRefused(status: Int)
        /// The TLS handshake failed before a certificate was seen.
        case handshake
        /// The certificate is not trusted. The issuer names what stands in between, when it
        /// could be read; it is what the other side claims.
        case certificate(issuer: String?)
        /// The connection broke before the reply was whole.
        case interrupted
        /// The hub replied with another status than 200. It may have said when to come back.
        case httpStatus(Int, retryAfter: Duration?)
        /// What replied is not a hub: a login page of the network, or another server.
        case notAHub
        /// The reply is longer than the limit.
        case tooLarge
        /// Too many requests wait for a connection.
        case busy
        /// Any other result of libcurl.
        case library(Int32)
    }

    /// The status of a hub that cannot read what is in a whole envelope.
    private static let unknownFormStatus = 422

    /// What kind of failure this is.
    package let code: Code
    /// The hub's URL.
    package let hub: String

    package init(_ code: Code, hub: String) {
        self.code = code
        self.hub = hub
    }
}

extension TransportError {
    /// Whether a connection that was made ended without a whole reply, as something in between may
    /// end it.
    package var isBroken: Bool {
        switch code {
        case .timeout, .interrupted: true
        case .httpStatus(let status, _): [502, 503, 504].contains(status)
        case .badURL, .certificateFile, .unresolved, .proxyUnresolved, .refused, .unreachable,
            .proxyRefused, .handshake, .certificate, .notAHub, .tooLarge, .busy, .library:
            false
        }
    }
}

extension TransportError: ExplainedError {
    package var explanation: LocalizedText {
        LocalizedText(
            es: "No se pudo sincronizar con \(hub): \(reason.es)",
            en: "Could not synchronize with \(hub): \(reason.en)")
    }

    package var exitStatus: ExitStatus {
        switch code {
        case .badURL, .certificateFile: .configuration
        case .unresolved, .proxyUnresolved, .refused, .unreachable, .timeout, .proxyRefused,
            .handshake, .certificate, .notAHub:
            .unavailable
        case .interrupted, .httpStatus, .busy: .tryLater
        case .tooLarge: .badData
        case .library: .software
        }
    }

    private var reason: LocalizedText {
        switch code {
        case .badURL, .certificateFile, .busy, .tooLarge, .library: localReason
        case .unresolved, .proxyUnresolved, .refused, .unreachable, .timeout: pathReason
        case .proxyRefused, .handshake, .certificate, .interrupted, .httpStatus, .notAHub:
            peerReason
        }
    }

    /// What is wrong on this machine.
    private var localReason: LocalizedText {
        switch code {
        case .badURL:
            LocalizedText(
                es: "la dirección o la del proxy no es válida. Escriba algo como "
                    + "https://hub.empresa.com.",
                en: "the address, or the proxy's, is not valid. Write something like "
                    + "https://hub.company.com.")
        case .certificateFile:
            LocalizedText(
                es: "no se puede leer el archivo de certificados adicionales. Revise su ruta y "
                    + "que sea PEM.",
                en: "the file of extra certificates cannot be read. Check its path and that it "
                    + "is PEM.")
        case .busy:
            LocalizedText(
                es: "hay demasiadas peticiones en espera. Se intentará de nuevo.",
                en: "too many requests are waiting. It will be tried again.")
        case .tooLarge:
            LocalizedText(
                es: "la respuesta es más grande de lo permitido. Revise que la dirección sea la "
                    + "del hub.",
                en: "the reply is larger than allowed. Check that the address is the hub's.")
        default:
            LocalizedText(
                es: "falló la biblioteca de red (libcurl \(libraryCode)). Avise a soporte con "
                    + "este número.",
                en: "the network library failed (libcurl \(libraryCode)). Tell support this "
                    + "number.")
        }
    }

    private var libraryCode: Int32 {
        if case .library(let number) = code { number } else { 0 }
    }

    /// What is wrong on the way to the hub.
    private var pathReason: LocalizedText {
        switch code {
        case .unresolved:
            LocalizedText(
                es: "el nombre no tiene dirección. Revise que haya Internet, el DNS y cómo se "
                    + "escribió el nombre.",
                en: "the name has no address. Check the Internet connection, the DNS and how "
                    + "the name is written.")
        case .proxyUnresolved:
            LocalizedText(
                es: "el nombre del proxy no tiene dirección. Revise la configuración del proxy.",
                en: "the proxy's name has no address. Check the proxy setting.")
        case .refused:
            LocalizedText(
                es: "la máquina responde, pero nada escucha en ese puerto. Revise que el hub "
                    + "esté en marcha, y el puerto.",
                en: "the machine answers, but nothing listens on that port. Check that the hub "
                    + "runs, and the port.")
        case .unreachable:
            LocalizedText(
                es: "no hay camino hasta esa dirección. Revise la red y el cortafuegos.",
                en: "there is no way to that address. Check the network and the firewall.")
        default:
            LocalizedText(
                es: "no hubo respuesta a tiempo. Un cortafuegos o antivirus puede estar "
                    + "descartando la conexión; pida que permita el puerto del hub.",
                en: "no answer came in time. A firewall or antivirus may be dropping the "
                    + "connection; ask for the hub's port to be allowed.")
        }
    }

    /// What somebody at the other end, or in between, did.
    private var peerReason: LocalizedText {
        switch code {
        case .proxyRefused(let status):
            LocalizedText(
                es: "el proxy no dejó pasar la conexión (\(status)). Revise su usuario y clave, "
                    + "o pida que permita esta dirección.",
                en: "the proxy did not let the connection through (\(status)). Check its user "
                    + "and password, or ask for this address to be allowed.")
        case .handshake:
            LocalizedText(
                es: "no se pudo establecer TLS. Revise que el puerto sea el de HTTPS y que "
                    + "ningún filtro corte la conexión.",
                en: "TLS could not be established. Check that the port is the HTTPS one and "
                    + "that no filter cuts the connection.")
        case .certificate(let issuer):
            LocalizedText(
                es: "el certificado no es de confianza" + (issuer.map { " (emisor: \($0))" } ?? "")
                    + ". Si es el proxy o antivirus de su empresa, instale su certificado raíz.",
                en: "the certificate is not trusted" + (issuer.map { " (issuer: \($0))" } ?? "")
                    + ". If it is your company's proxy or antivirus, install its root "
                    + "certificate.")
        case .httpStatus(Self.unknownFormStatus, _):
            LocalizedText(
                es: "el hub no conoce la forma de lo que este equipo le pide. Hay que actualizar "
                    + "syncmail-server en la oficina central. El correo sigue en cola.",
                en: "the hub does not know the form of what this device asks. syncmail-server has "
                    + "to be updated at head office. Mail stays queued.")
        case .httpStatus(let status, _):
            LocalizedText(
                es: "el hub respondió con el estado \(status). Se intentará más tarde; si "
                    + "persiste, avise a la oficina central.",
                en: "the hub replied with status \(status). It will be tried later; if it "
                    + "persists, tell head office.")
        case .notAHub:
            LocalizedText(
                es: "respondió algo que no es un hub. Puede ser la página de acceso de la red: "
                    + "ábrala en un navegador, o revise la dirección.",
                en: "what replied is not a hub. It may be the network's login page: open it in "
                    + "a browser, or check the address.")
        default:
            LocalizedText(
                es: "la conexión se cortó antes de la respuesta completa. Se intentará de nuevo.",
                en: "the connection broke before the whole reply. It will be tried again.")
        }
    }
}
