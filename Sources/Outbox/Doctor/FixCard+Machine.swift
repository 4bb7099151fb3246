import SyncCore

extension DiagnosisCode {
    /// The cards about this machine and its network.
    var machineCard: FixCard {
        switch self {
        case .clock:
            card(
                LocalizedText(
                    es: "La hora de este equipo está mal por más de cinco minutos. Los "
                        + "certificados parecen vencidos y el registro queda desordenado.",
                    en: "This machine's clock is wrong by more than five minutes. Certificates "
                        + "look expired and the log is out of order."),
                LocalizedText(
                    es: "Active la hora automática: «timedatectl set-ntp true».",
                    en: "Switch automatic time on: “timedatectl set-ntp true”."))
        case .networkDown:
            card(
                LocalizedText(
                    es: "Este equipo no tiene ninguna red: no hay ruta hacia fuera.",
                    en: "This machine has no network: there is no route to the outside."),
                LocalizedText(
                    es: "Revise el cable o la red inalámbrica. El correo espera en la cola y "
                        + "saldrá solo cuando vuelva la red.",
                    en: "Check the cable or the wireless network. Mail waits in the queue and "
                        + "leaves by itself once the network is back."))
        case .captivePortal:
            card(
                LocalizedText(
                    es: "Esta red pide iniciar sesión o aceptar condiciones en una página antes "
                        + "de dejar pasar nada.",
                    en: "This network wants somebody to sign in or accept terms on a page before "
                        + "it lets anything pass."),
                LocalizedText(
                    es: "Abra un navegador, entre en cualquier página y acepte el portal.",
                    en: "Open a browser, go to any page, and accept the portal."))
        case .proxyOnly:
            card(
                LocalizedText(
                    es: "Esta red solo deja salir por su proxy, y el correo no pasa por él.",
                    en: "This network lets traffic out through its proxy only, and mail does not "
                        + "pass it."),
                LocalizedText(
                    es: "Nada que hacer aquí si otro equipo de la organización envía: el correo "
                        + "viaja al servidor por el proxy. Si no, pida que el proxy permita "
                        + "CONNECT al puerto 465.",
                    en: "Nothing to do here if another device of the organisation sends: the "
                        + "mail travels to the hub through the proxy. Otherwise have the proxy "
                        + "allow CONNECT to port 465."))
        case .networkFiltered:
            card(
                LocalizedText(
                    es: "Ningún puerto responde, tampoco el 443 de la web: un cortafuegos "
                        + "descarta todo lo que sale de este equipo.",
                    en: "No port answers, not even the web's 443: a firewall drops everything "
                        + "that leaves this machine."),
                LocalizedText(
                    es: "Pida a quien administra la red que permita la salida al puerto 443.",
                    en: "Have the network's administrator allow traffic out to port 443."))
        case .onlyWeb:
            card(
                LocalizedText(
                    es: "Todos los puertos de correo se descartan y el 443 de la web funciona: el "
                        + "cortafuegos de esta red solo deja pasar la web.",
                    en: "Every mail port is dropped and the web's 443 works: this network's "
                        + "firewall lets only the web pass."),
                LocalizedText(
                    es: "Nada que hacer aquí si otro equipo de la organización envía: el correo "
                        + "viaja al servidor por el 443. Si ninguno puede, pida abrir el 465.",
                    en: "Nothing to do here if another device of the organisation sends: the "
                        + "mail travels to the hub over 443. If none can, have 465 opened."))
        case .mailShield:
            card(
                LocalizedText(
                    es: "Un antivirus o cortafuegos descarta el puerto 587 en este equipo; el 465 "
                        + "sí responde.",
                    en: "An antivirus or firewall drops port 587 on this machine; 465 answers."),
                LocalizedText(
                    es: "No necesita hacer nada: se usa el 465. Si su política exige 587: en "
                        + "Avast o AVG, Menú ▸ Configuración ▸ Protección ▸ Escudos principales "
                        + "▸ Escudo de correo ▸ desmarque «Analizar correos salientes (SMTP)», o "
                        + "agregue syncmail-agent a Excepciones; en McAfee, Protección de acceso "
                        + "▸ «Impedir que gusanos de correo masivo envíen correo» ▸ Procesos a "
                        + "excluir.",
                    en: "Nothing needs doing: 465 is used. If your policy demands 587: in Avast "
                        + "or AVG, Menu ▸ Settings ▸ Protection ▸ Core Shields ▸ Mail Shield ▸ "
                        + "untick “Scan outbound emails (SMTP)”, or add syncmail-agent to "
                        + "Exceptions; in McAfee, Access Protection ▸ “Prevent mass mailing worms "
                        + "from sending mail” ▸ Processes to exclude."))
        case .localPolicy:
            card(
                LocalizedText(
                    es: "Este mismo equipo prohíbe la conexión: su cortafuegos o antivirus no "
                        + "deja salir a este programa.",
                    en: "This machine itself forbids the connection: its firewall or antivirus "
                        + "does not let this program out."),
                LocalizedText(
                    es: "Permita syncmail-agent en el cortafuegos de este equipo.",
                    en: "Allow syncmail-agent in this machine's firewall."))
        default:
            card(
                LocalizedText(
                    es: "El proxy de esta red se niega a abrir el camino hasta el servidor.",
                    en: "This network's proxy refuses to open the way to the server."),
                LocalizedText(
                    es: "Pida que el proxy permita CONNECT a ese puerto, o use otra ruta.",
                    en: "Have the proxy allow CONNECT to that port, or use another route."))
        }
    }
}
