package import SyncCore

/// Why the server did not pass a request on to its handler.
package enum HTTPRefusal: String, Error, Hashable, Sendable, CaseIterable {
    /// The request breaks a rule of HTTP, or one this server adds for safety.
    case malformed
    /// The body is not a sealed envelope.
    case notAnEnvelope
    /// The seal of the envelope is broken: it was changed on the way.
    case brokenSeal
    /// What is in the envelope has a form that this version does not know.
    case unknownForm
    /// There is no such page.
    case notFound
    /// The method is neither GET nor POST.
    case methodNotAllowed
    /// The request did not arrive in time.
    case timeout
    /// A POST did not say how long its body is.
    case lengthRequired
    /// The body is too long.
    case bodyTooLarge
    /// The path or the query is too long.
    case targetTooLong
    /// The header is too long.
    case headerTooLarge
    /// The server has a defect.
    case internalError
    /// The server has as many requests as it can hold.
    case overloaded
    /// The handler did not answer in time.
    case unanswered
    /// The server is stopping.
    case stopping
    /// The version of HTTP is not 1.0 or 1.1.
    case versionNotSupported

    /// The status of the reply.
    package var status: Int {
        switch self {
        case .malformed, .notAnEnvelope: 400
        case .brokenSeal: 403
        case .unknownForm: 422
        case .notFound: 404
        case .methodNotAllowed: 405
        case .timeout: 408
        case .lengthRequired: 411
        case .bodyTooLarge: 413
        case .targetTooLong: 414
        case .headerTooLarge: 431
        case .internalError: 500
        case .overloaded, .unanswered, .stopping: 503
        case .versionNotSupported: 505
        }
    }

    /// What to tell the person.
    package var explanation: LocalizedText {
        switch self {
        case .malformed:
            LocalizedText(
                es: "La petición no es HTTP válido para este servidor. Revise el programa o el "
                    + "proxy que la envió.",
                en: "The request is not valid HTTP for this server. Check the program or proxy "
                    + "that sent it.")
        case .notAnEnvelope:
            LocalizedText(
                es: "Esto no es una petición de syncmail. Si usa syncmail, algo la cambió en el "
                    + "camino: revise el proxy o el antivirus.",
                en: "This is not a request of syncmail. If you use syncmail, something changed it "
                    + "on the way: check the proxy or antivirus.")
        case .brokenSeal:
            LocalizedText(
                es: "El sello de la petición está roto: algo la cambió en el camino. Se intentará "
                    + "de nuevo; si persiste, revise el proxy o el antivirus.",
                en: "The seal of the request is broken: something changed it on the way. It is "
                    + "tried again; if it persists, check the proxy or antivirus.")
        case .unknownForm:
            LocalizedText(
                es: "La petición tiene una forma que este servidor no conoce, o rompe un límite. "
                    + "Actualice syncmail en el servidor y en los equipos.",
                en: "The request has a form that this hub does not know, or breaks a limit. Update "
                    + "syncmail on the hub and on the devices.")
        case .notFound:
            LocalizedText(
                es: "No existe esa página. Revise la dirección.",
                en: "There is no such page. Check the address.")
        case .methodNotAllowed:
            LocalizedText(
                es: "Este servidor solo acepta GET y POST.",
                en: "This server accepts GET and POST only.")
        case .timeout:
            LocalizedText(
                es: "La petición no llegó completa a tiempo. Inténtelo de nuevo.",
                en: "The request did not arrive whole in time. Try again.")
        case .lengthRequired:
            LocalizedText(
                es: "Falta Content-Length. Envíe el cuerpo con su longitud y sin "
                    + "Transfer-Encoding.",
                en: "Content-Length is missing. Send the body with its length and without "
                    + "Transfer-Encoding.")
        case .bodyTooLarge:
            LocalizedText(
                es: "El cuerpo es demasiado grande. Envíe partes más pequeñas.",
                en: "The body is too large. Send smaller parts.")
        case .targetTooLong, .headerTooLarge:
            LocalizedText(
                es: "La dirección o la cabecera es demasiado larga. Acórtela.",
                en: "The address or the header is too long. Shorten it.")
        case .internalError:
            LocalizedText(
                es: "El servidor falló al preparar la respuesta. Avise a la oficina central.",
                en: "The server failed to prepare the reply. Tell head office.")
        case .overloaded, .unanswered, .stopping:
            LocalizedText(
                es: "El servidor no puede atender la petición ahora. Inténtelo más tarde.",
                en: "The server cannot take the request now. Try again later.")
        case .versionNotSupported:
            LocalizedText(
                es: "Este servidor habla HTTP/1.1. Use esa versión.",
                en: "This server speaks HTTP/1.1. Use that version.")
        }
    }

    /// The reply: `{"error": code, "es": …, "en": …}`.
    ///
    /// - Parameter retryAfter: What a client is told to wait when it may try again.
    /// - Returns: The reply.
    package func response(retryAfter: Duration = .seconds(5)) -> HTTPResponse {
        let text = explanation
        // The texts and codes above hold nothing that JSON would have to escape.
        let json = #"{"error":"\#(rawValue)","es":"\#(text.es)","en":"\#(text.en)"}"# + "\n"
        var response = HTTPResponse(
            status: status, type: "application/json; charset=utf-8", body: Array(json.utf8))
        response.fields.append(.init("Connection", "close"))
        if status == 405 { response.fields.append(.init("Allow", "GET, POST")) }
        if status == 503 {
            response.fields.append(
                .init("Retry-After", String(max(1, retryAfter.components.seconds))))
        }
        return response
    }
}
