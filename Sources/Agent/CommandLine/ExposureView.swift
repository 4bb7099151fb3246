import Outbox
import SyncCore

/// How commands show the passwords that must be changed at the provider.
enum ExposureView {
    /// One line for each.
    static func lines(
        _ exposures: [SecretExposure], in membership: Membership
    ) -> [LocalizedText] {
        exposures.map { exposure in
            let devices = exposure.devices
                .map { membership.device($0)?.card.name ?? $0.description }
                .joined(separator: ", ")
            return LocalizedText(
                es: "CAMBIE LA CONTRASEÑA de «\(exposure.login)» en \(exposure.host), y aquí con "
                    + "«syncmail account set \(exposure.account) --password»: la conoció un equipo "
                    + "que ya no puede enviar (\(devices)).",
                en: "CHANGE THE PASSWORD of “\(exposure.login)” at \(exposure.host), and here with "
                    + "“syncmail account set \(exposure.account) --password”: a device that may no "
                    + "longer send knew it (\(devices)).")
        }
    }

    /// The same for programs.
    static func json(_ exposures: [SecretExposure]) -> JSONValue {
        .array(
            exposures.map { exposure in
                [
                    "account": .string(exposure.account.text), "host": .string(exposure.host),
                    "login": .string(exposure.login),
                    "devices": .array(exposure.devices.map { .string($0.description) }),
                ]
            })
    }
}
