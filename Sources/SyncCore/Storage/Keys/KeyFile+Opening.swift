/// Which of two data keys a database has, while one is being rotated.
extension KeyFile {
    /// What a credential opened.
    struct Opened {
        /// The keys that the credential opens, with their data keys.
        enum Chosen {
            case current(SecretBytes)
            case next(SecretBytes)

            var key: SecretBytes {
                switch self {
                case .current(let key), .next(let key): key
                }
            }
        }

        let chosen: Chosen
        /// Whether it is certain that the database has this data key.
        let isCertain: Bool
    }

    /// Opens the data key that the database has now.
    ///
    /// - Throws: ``StorageError``, ``KeyError``.
    func opened(with credential: KeyCredential, for database: String) throws -> Opened {
        guard let next else {
            let key = try open(current, with: credential, for: database)
            return Opened(chosen: .current(key), isCertain: true)
        }
        let inspection = FileInspection(path: database, mayCreate: false)
        // A rotation makes both sets for the same credentials, so the first to open is the rule.
        let key = try open(current, with: credential, for: database)
        if inspection.fits(key) { return Opened(chosen: .current(key), isCertain: true) }
        let nextKey = try open(next, with: credential, for: database)
        let fits = inspection.fits(nextKey)
        return Opened(chosen: fits ? .next(nextKey) : .current(key), isCertain: fits)
    }

    private func open(
        _ keys: KeySet, with credential: KeyCredential, for database: String
    ) throws -> SecretBytes {
        let path = Self.path(for: database)
        do {
            if let key = try keys.open(with: credential) { return key }
        } catch  where error.code == .altered {
            throw StorageError(.damagedKey, path: path, detail: "seal")
        } catch {
            if case .damagedSlot(let number) = error.code {
                throw StorageError(.damagedKey, path: path, detail: "slot \(number)")
            }
            throw error
        }
        switch credential {
        case .machine: throw StorageError(.wrongKey, path: database)
        case .recovery, .passphrase:
            let isThere = keys.slots.contains { $0.kind == credential.kind }
            throw KeyError(isThere ? .wrong(credential.kind) : .none(credential.kind))
        }
    }
}
