/// Proves a file of records before anything of it is stored.
struct ExportProof {
    private let known: Membership
    private let entries: [MembershipEntry]
    private let identity: DeviceIdentity
    private let path: String

    private var keys = SectionKeys()
    private var file = Digest.zero
    // The longer of both chains, as far as the file was read.
    private var chain = Membership()
    /// The entries that follow those that are known here.
    private(set) var newEntries: [MembershipEntry] = []

    /// Begins with what is known.
    ///
    /// - Parameters:
    ///   - known: Who belongs.
    ///   - entries: The entries that say so.
    ///   - identity: Who wants to read.
    ///   - path: What errors call the file.
    init(
        known: Membership, entries: [MembershipEntry], identity: DeviceIdentity, path: String
    ) {
        self.known = known
        self.entries = entries
        self.identity = identity
        self.path = path
        chain = known
    }

    /// Looks at the next part of the file.
    mutating func take(_ event: ExportReader.Event) throws(ExportError) {
        if case .manifest(let manifest, let hash) = event {
            try begin(manifest, hash)
            return
        }
        guard let chunk = try open(event) else { return }
        for entry in chunk.entries { try take(entry) }
        for batch in chunk.batches {
            guard FeedAdmission(membership: chain).isAuthentic(batch) else {
                throw ExportError(.forgedRecords, path: path)
            }
        }
    }

    /// Says that the whole file was read, and that its end is what its maker signed.
    func finish(_ manifest: ExportManifest) throws(ExportError) {
        guard chain.verificationKey(of: manifest.key.deviceID) == manifest.key else {
            throw ExportError(.stranger, path: path)
        }
    }

    /// Opens a chunk; nothing if it is for others.
    func open(_ event: ExportReader.Event) throws(ExportError) -> ExportChunk? {
        guard case .chunk(let section, let index, let sealed) = event,
            let key = keys[section]
        else { return nil }
        let context = ExportFormat.context(manifest: file, section: section, index: index)
        guard let packed = key.open(sealed, context: context) else {
            throw ExportError(.altered, path: path)
        }
        do throws(CodingError) {
            return try SealedEnvelope.unpack(packed, as: ExportChunk.self)
        } catch {
            throw ExportError(.altered, path: path)
        }
    }

    private mutating func begin(
        _ manifest: ExportManifest, _ hash: Digest
    ) throws(ExportError) {
        guard manifest.organisation == known.organisation, known.height > 0 else {
            throw ExportError(.otherOrganisation, path: path)
        }
        file = hash
        let own = manifest.recipients.first { $0.device == identity.id }
        guard let own else { throw ExportError(.notForUs, path: path) }
        guard let opened = identity.sealingKey.open(own.sealedKeys) else {
            throw ExportError(.altered, path: path)
        }
        do throws(CodingError) {
            keys = try SectionKeys(canonicalBytes: opened.withBytes { Array($0) })
        } catch {
            throw ExportError(.altered, path: path)
        }
    }

    private mutating func take(_ entry: MembershipEntry) throws(ExportError) {
        if entry.height <= known.height {
            let place = Int(entry.height) - 1
            guard entries.indices.contains(place), entries[place].hash == entry.hash else {
                throw ExportError(.otherMembership, path: path)
            }
            return
        }
        do throws(MembershipError) {
            try chain.admit(entry)
            newEntries.append(entry)
        } catch {
            throw ExportError(.otherMembership, path: path)
        }
    }
}
