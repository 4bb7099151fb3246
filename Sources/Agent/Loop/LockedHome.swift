package import SyncCore

/// A replica that this machine's key does not open.
///
/// The engine serves such a home, so that `key recover` can be typed; every other command is told
/// why it cannot work.
package struct LockedHome: Error, Hashable {
    private enum Cause: Hashable {
        case missing
        case damaged
        case wrong
    }

    private let cause: Cause
    private let path: String

    /// Tells what can be recovered from what cannot; nil for the latter.
    init?(_ error: StorageError, machineKey: MachineKeySource) {
        switch error.code {
        case .wrongKey: cause = .wrong
        case .missingKey where error.path == machineKey.path: cause = .missing
        case .damagedKey where error.path == machineKey.path: cause = .damaged
        default: return nil
        }
        path = machineKey.path
    }
}

extension LockedHome: ExplainedError {
    package var explanation: LocalizedText {
        switch cause {
        case .missing:
            LocalizedText(
                es: "Falta la clave de esta máquina (\(path)). Devuelva el archivo a su lugar, o "
                    + "ejecute «syncmail key recover» con la clave de recuperación a la vista. "
                    + "No se cambió nada.",
                en: "The key of this machine (\(path)) is missing. Put the file back, or run "
                    + "'syncmail key recover' with the recovery key at hand. Nothing was changed.")
        case .damaged:
            LocalizedText(
                es: "La clave de esta máquina (\(path)) está dañada. Restaure el archivo, o "
                    + "ejecute «syncmail key recover» con la clave de recuperación a la vista. "
                    + "No se cambió nada.",
                en: "The key of this machine (\(path)) is damaged. Restore the file, or run "
                    + "'syncmail key recover' with the recovery key at hand. Nothing was changed.")
        case .wrong:
            LocalizedText(
                es: "La clave de esta máquina (\(path)) no abre esta réplica. Ponga la suya, o "
                    + "ejecute «syncmail key recover» con la clave de recuperación a la vista. "
                    + "No se cambió nada.",
                en: "The key of this machine (\(path)) does not open this replica. Put its own "
                    + "there, or run 'syncmail key recover' with the recovery key at hand. Nothing "
                    + "was changed.")
        }
    }

    package var exitStatus: ExitStatus { .configuration }
}
