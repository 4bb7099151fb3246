/// A life of this replica that ended, and why another one began.
package struct FormerLife: Hashable, Sendable {
    /// Why a replica begins another life.
    package enum Reason: UInt64, Sendable, CaseIterable {
        /// The file is not where it was: it was copied, or restored by hand.
        case moved = 1
        /// It was restored from a backup.
        case restored = 2
        /// The hub has more records of this device than the device itself.
        case behind = 3
        /// Another hub took the place of one that may have granted attempts.
        case replaced = 4
        /// The hub has another history of this device: it was copied, and both went on.
        case forked = 5
    }

    package let incarnation: Incarnation
    /// When the other life began.
    package let end: Timestamp
    package let reason: Reason

    package init(incarnation: Incarnation, end: Timestamp, reason: Reason) {
        self.incarnation = incarnation
        self.end = end
        self.reason = reason
    }
}

extension FormerLife.Reason {
    /// The stable word for logs and programs.
    package var word: String {
        switch self {
        case .moved: "MOVED"
        case .restored: "RESTORED"
        case .behind: "BEHIND"
        case .replaced: "REPLACED"
        case .forked: "FORKED"
        }
    }

    /// The word for a cell of a table.
    package var name: LocalizedText {
        switch self {
        case .moved: LocalizedText(es: "equipo copiado o movido", en: "device copied or moved")
        case .restored: LocalizedText(es: "equipo restaurado", en: "device restored")
        case .behind: LocalizedText(es: "equipo vuelto atrás", en: "device set back")
        case .replaced: LocalizedText(es: "servidor reemplazado", en: "hub replaced")
        case .forked: LocalizedText(es: "equipo duplicado", en: "device doubled")
        }
    }

    /// What happened, for people.
    package var text: LocalizedText {
        switch self {
        case .moved:
            LocalizedText(
                es: "sus archivos se copiaron o se movieron",
                en: "its files were copied or moved")
        case .restored:
            LocalizedText(
                es: "se restauró de un respaldo", en: "it was restored from a backup")
        case .forked:
            LocalizedText(
                es: "el servidor tiene otra historia de él: una copia siguió escribiendo",
                en: "the hub has another history of it: a copy went on writing")
        case .behind:
            LocalizedText(
                es: "volvió a un estado anterior, y el servidor sabe más de él",
                en: "it went back to an earlier state, and the hub knows more of it")
        case .replaced:
            LocalizedText(
                es: "otro servidor tomó el lugar del anterior",
                en: "another hub took the place of the former one")
        }
    }
}

extension FormerLife: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, incarnation)
            fields.field(2, end)
            fields.field(3, reason.rawValue)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "former life")
        incarnation = try fields.required(1)
        end = try fields.required(2)
        guard let reason = Reason(rawValue: try fields.required(3)) else {
            throw CodingError(.value, in: "reason of a life")
        }
        self.reason = reason
    }
}

/// How the file of a replica is compared with where it lived, when it is opened.
package enum HabitatCheck: Sendable {
    /// Not at all: it is looked at, and does not live there.
    case none
    /// With where the file is now.
    case file
    /// With a place that a test makes up.
    case place(Habitat)
}

/// The lives of a replica, in its database.
package struct LifeStore {
    private let store: ReplicaStore

    private static let habitatFact = "habitat"
    private static let formerFact = "former lives"
    /// What a restored file holds in place of a habitat.
    private static let restoredMark: [UInt8] = [0]
    /// More lives than any device has; the oldest are forgotten.
    private static let formerMaximum = 256

    package init(_ store: ReplicaStore) {
        self.store = store
    }

    /// The lives that ended, oldest first.
    package func former() throws -> [FormerLife] {
        guard let bytes = try store.fact(Self.formerFact) else { return [] }
        var reader = CBORReader(bytes)
        let lives: [FormerLife] = try reader.values(maximum: Self.formerMaximum)
        try reader.finish(in: "former lives")
        return lives
    }

    /// Adds a life that has ended.
    package func add(_ life: FormerLife) throws {
        let lives = try former().suffix(Self.formerMaximum - 1) + [life]
        var writer = CBORWriter()
        writer.values(Array(lives))
        try store.setFact(Self.formerFact, writer.bytes)
    }

    /// Where the file lived, if that was ever noted.
    func habitat() throws -> Habitat? {
        guard let bytes = try store.fact(Self.habitatFact), bytes != Self.restoredMark else {
            return nil
        }
        return try Habitat(canonicalBytes: bytes)
    }

    /// Notes where the file lives now.
    ///
    /// Whoever puts another file in the place of this one, and goes on with this life, notes it in
    /// the other file.
    package func setHabitat(_ habitat: Habitat) throws {
        try store.setFact(Self.habitatFact, habitat.canonicalBytes)
    }

    /// Notes that a file is about to take the place of the one from which it was copied.
    ///
    /// Where the tables of a replica are not there, or no place was noted, nothing is.
    static func noteReplacement(in connection: Connection) throws {
        let isReplica = try connection.first(
            "SELECT 1 FROM sqlite_schema WHERE name = 'fact'"
        ) { _ in true }
        guard isReplica == true else { return }
        let place = try Habitat.current(of: connection.path)
        try connection.write { connection in
            let lives = LifeStore(ReplicaStore(connection))
            if try lives.habitat() != nil { try lives.setHabitat(place) }
        }
    }

    /// Notes that the file comes from a backup: wherever it is opened, another life begins.
    package func markRestored() throws {
        try store.setFact(Self.habitatFact, Self.restoredMark)
    }

    /// Whether the file was marked as coming from a backup.
    func isRestored() throws -> Bool {
        try store.fact(Self.habitatFact) == Self.restoredMark
    }

    /// Why another life must begin at a place, if it must.
    func reason(at place: Habitat) throws -> FormerLife.Reason? {
        if try isRestored() { return .restored }
        guard let stored = try habitat() else { return nil }
        return stored.canBe(place) ? nil : .moved
    }
}
