import SyncCore

extension DiagnosisCode {
    /// The cards about the server's name and the way to it.
    var networkCard: FixCard {
        switch self {
        case .hostTypo:
            card(
                LocalizedText(
                    es: "Ese nombre de servidor no existe.",
                    en: "That server name does not exist."),
                LocalizedText(
                    es: "Corrija el nombre del servidor: una letra cambiada basta.",
                    en: "Correct the server's name: one wrong letter is enough."))
        case .nameServerDown:
            card(
                LocalizedText(
                    es: "El DNS de esta red no responde, así que ningún nombre se encuentra.",
                    en: "This network's DNS does not answer, so no name is found."),
                LocalizedText(
                    es: "Revise la red o el DNS configurado en este equipo o en su router.",
                    en: "Check the network, or the DNS set on this machine or its router."))
        case .nameHijacked:
            card(
                LocalizedText(
                    es: "El DNS de esta red responde con una dirección que no es la del "
                        + "proveedor: algo desvía el correo.",
                    en: "This network's DNS answers with an address that is not the provider's: "
                        + "something diverts mail."),
                LocalizedText(
                    es: "Avise a quien administra la red: el DNS debe dar las direcciones "
                        + "verdaderas.",
                    en: "Tell the network's administrator: DNS must give the true addresses."))
        case .nameNotFound:
            card(
                LocalizedText(
                    es: "El nombre del servidor no se encontró.",
                    en: "The server's name was not found."),
                LocalizedText(
                    es: "Revise el nombre del servidor y la red.",
                    en: "Check the server's name and the network."))
        case .dropped:
            card(
                LocalizedText(
                    es: "Nadie responde en ese puerto, ni para negarse: un cortafuegos o "
                        + "antivirus descarta los paquetes en silencio.",
                    en: "Nobody answers on that port, not even to refuse: a firewall or "
                        + "antivirus silently drops the packets."),
                LocalizedText(
                    es: "syncmail prueba las demás rutas por sí mismo. Para abrir esta, permita "
                        + "el puerto en el cortafuegos o antivirus.",
                    en: "syncmail tries the other routes by itself. To open this one, allow the "
                        + "port in the firewall or antivirus."))
        case .refused:
            card(
                LocalizedText(
                    es: "La conexión se rechazó al instante: nadie atiende ese puerto.",
                    en: "The connection was refused at once: nobody serves that port."),
                LocalizedText(
                    es: "Revise el nombre del servidor y el puerto.",
                    en: "Check the server's name and port."))
        case .unreachable:
            card(
                LocalizedText(
                    es: "La red dice que no hay camino hasta el servidor.",
                    en: "The network says that there is no way to the server."),
                LocalizedText(
                    es: "Revise la conexión, la VPN y la puerta de enlace de este equipo.",
                    en: "Check this machine's connection, VPN and gateway."))
        case .connectionLost:
            card(
                LocalizedText(
                    es: "La conexión se cortó a mitad de la conversación.",
                    en: "The connection was cut in the middle of the conversation."),
                LocalizedText(
                    es: "Nada que hacer: se intenta de nuevo. Si se repite, un antivirus o "
                        + "cortafuegos la corta; pruebe otra ruta.",
                    en: "Nothing to do: it is tried again. If it goes on, an antivirus or "
                        + "firewall cuts it; try another route."))
        default:
            card(
                LocalizedText(
                    es: "El servidor dejó de responder a mitad de la conversación.",
                    en: "The server stopped answering in the middle of the conversation."),
                LocalizedText(
                    es: "Nada que hacer: se intenta de nuevo.",
                    en: "Nothing to do: it is tried again."))
        }
    }
}
