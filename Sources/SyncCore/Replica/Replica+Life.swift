extension Replica {
    /// Begins another life if this file is not the one in which the present life was lived.
    func live(at check: HabitatCheck) async throws {
        let place: Habitat
        switch check {
        case .none: return
        case .file: place = try Habitat.current(of: path)
        case .place(let given): place = given
        }
        let (isNoted, reason) = try await read { transaction in
            let lives = LifeStore(transaction.replicaStore)
            return (try lives.habitat() == place, try lives.reason(at: place))
        }
        guard !isNoted else { return }
        do {
            try await write { transaction in
                try LifeStore(transaction.replicaStore).setHabitat(place)
                if let reason { try transaction.beginLife(for: reason) }
            }
        } catch let error as StorageError where error.code == .full && reason == nil {
            // The same file after a start of the machine: it is noted when there is room.
        }
    }
}
