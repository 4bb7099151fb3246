/// Proves that a replica that was unpacked is what its maker signed, and is whole.
package struct BackupCheck: Sendable {
    private let manifest: BackupManifest
    private let path: String

    /// How many faults SQLite names before it stops looking.
    private static let faultsMaximum = 20

    /// Prepares the check.
    ///
    /// - Parameters:
    ///   - manifest: What the backup says of itself, its signature checked.
    ///   - path: What errors call the backup.
    package init(_ manifest: BackupManifest, path: String) {
        self.manifest = manifest
        self.path = path
    }

    /// Checks everything, down to the signature of each record.
    ///
    /// The manifest names the key that signed it; only here is it known to be the device's own.
    ///
    /// - Parameter replica: The unpacked replica, opened where it does not live.
    /// - Returns: What it holds.
    /// - Throws: ``BackupError`` with what is wrong.
    package func check(_ replica: Replica) async throws -> ReplicaFacts {
        guard replica.identity.signingKey.verificationKey == manifest.key else {
            throw BackupError(.content("device"), path: path)
        }
        let (facts, faults) = try await replica.inspect { connection in
            let faults = try connection.rows("PRAGMA integrity_check(\(Self.faultsMaximum))") {
                $0.text(0)
            }
            return (try ReplicaFacts(connection), faults)
        }
        guard faults == ["ok"] else {
            throw BackupError(.content("integrity: \(faults.count)"), path: path)
        }
        guard facts.organisation == manifest.organisation,
            facts.incarnation == manifest.incarnation, facts.vector == manifest.vector
        else { throw BackupError(.content("manifest"), path: path) }
        let report = try await LogVerifier(replica).verify()
        if let height = report.brokenMembership {
            throw BackupError(.content("membership \(height)"), path: path)
        }
        if let finding = report.findings.first {
            throw BackupError(
                .content("\(finding.feed.topic.name) \(finding.sequence)"), path: path)
        }
        guard report.isWhole else { throw BackupError(.content("feeds"), path: path) }
        return facts
    }
}
