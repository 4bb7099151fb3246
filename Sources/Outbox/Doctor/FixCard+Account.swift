import SyncCore

extension DiagnosisCode {
    /// The cards about signing in.
    var accountCard: FixCard {
        switch self {
        case .authNotOffered:
            card(
                LocalizedText(
                    es: "El servidor no deja iniciar sesión en este puerto.",
                    en: "The server offers no sign-in on this port."),
                LocalizedText(
                    es: "Use el puerto de envío: 465 o 587, no el 25.",
                    en: "Use the submission port: 465 or 587, not 25."))
        case .authMechanism:
            card(
                LocalizedText(
                    es: "El servidor no acepta ninguna forma de entrar que syncmail conozca.",
                    en: "The server accepts no way of signing in that syncmail knows."),
                LocalizedText(
                    es: "Pida al proveedor PLAIN, LOGIN u OAuth2 para esta cuenta.",
                    en: "Ask the provider for PLAIN, LOGIN or OAuth2 for this account."))
        case .badPassword:
            card(
                LocalizedText(
                    es: "El servidor no aceptó el usuario o la contraseña.",
                    en: "The server did not accept the user or password."),
                LocalizedText(
                    es: "Póngalos de nuevo: «syncmail account set CUENTA --password».",
                    en: "Enter them again: “syncmail account set ACCOUNT --password”."))
        case .appPassword:
            card(
                LocalizedText(
                    es: "La cuenta tiene verificación en dos pasos y exige una contraseña de "
                        + "aplicación.",
                    en: "The account has two-step verification and wants an application "
                        + "password."),
                LocalizedText(
                    es: "Créela en la cuenta (Gmail: Cuenta de Google ▸ Seguridad ▸ Contraseñas "
                        + "de aplicaciones) y póngala en lugar de la contraseña.",
                    en: "Create one in the account (Gmail: Google Account ▸ Security ▸ App "
                        + "passwords) and use it in place of the password."))
        case .officeAuthOff:
            card(
                LocalizedText(
                    es: "Microsoft 365 tiene desactivado el envío SMTP con contraseña para esta "
                        + "cuenta o para toda la organización.",
                    en: "Microsoft 365 has SMTP sending with a password switched off for this "
                        + "account or for the whole organisation."),
                LocalizedText(
                    es: "Un administrador de Microsoft 365 lo activa en: Usuarios activos ▸ la "
                        + "cuenta ▸ Correo ▸ Administrar aplicaciones de correo ▸ SMTP "
                        + "autenticado; los «valores de seguridad predeterminados» lo impiden.",
                    en: "A Microsoft 365 administrator switches it on in: Active users ▸ the "
                        + "account ▸ Mail ▸ Manage email apps ▸ Authenticated SMTP; “security "
                        + "defaults” prevent it."))
        case .needsTLS:
            card(
                LocalizedText(
                    es: "El servidor exige cifrar la conexión antes de seguir.",
                    en: "The server wants the connection encrypted before it goes on."),
                LocalizedText(
                    es: "Use 587 con STARTTLS o 465 con TLS implícito.",
                    en: "Use 587 with STARTTLS or 465 with implicit TLS."))
        case .needsAuthentication:
            card(
                LocalizedText(
                    es: "El servidor exige iniciar sesión antes de aceptar correo.",
                    en: "The server wants a sign-in before it takes mail."),
                LocalizedText(
                    es: "Ponga usuario y contraseña en la cuenta.",
                    en: "Set user and password of the account."))
        case .authTemporary:
            card(
                LocalizedText(
                    es: "El servidor no pudo comprobar la contraseña en este momento.",
                    en: "The server could not check the password at this moment."),
                LocalizedText(
                    es: "Nada que hacer: se intenta de nuevo.",
                    en: "Nothing to do: it is tried again."))
        default:
            card(
                LocalizedText(
                    es: "El servidor pide entrar una vez de otro modo para renovar la contraseña.",
                    en: "The server wants one sign-in by other means to renew the password."),
                LocalizedText(
                    es: "Entre una vez por la web del proveedor y vuelva a probar la cuenta.",
                    en: "Sign in once on the provider's web page and test the account again."))
        }
    }
}
