extension ReplicaTransaction {
    /// How many records are read together while a view is made again.
    private static let pageMaximum = 256

    /// Makes the configuration again where an entry of membership says that writes which were
    /// folded already do not count.
    ///
    /// Through the hub this does not happen, because it orders both. A file may bring the
    /// records of a device before anybody hears that the device was revoked.
    func foldAgain(after entry: MembershipEntry) throws {
        let device: DeviceID
        switch entry.change {
        case .revoke(let revoked, _): device = revoked
        case .life(let forked, _, _):
            device = forked
            // A person has decided: what was found before stays as evidence only.
            for kind in [Alarm.Kind.fork, .otherRecord] {
                try replicaStore.alarms.clear(kind, subjectsBeginning: forked.description)
            }
        case .genesis, .hub, .invite, .joined, .grant, .epoch, .settled: return
        }
        let written = try feeds.vector(of: .config).filtered { $0.device == device }
        let isOver = written.feeds.contains { feed in
            !membership.counts(written[feed], of: feed)
        }
        if isOver { try foldConfigurationAgain() }
    }

    /// Makes the configuration again from its records.
    ///
    /// Doing it twice changes nothing.
    func foldConfigurationAgain() throws {
        try config.removeAll()
        try retention.removeAll()
        for feed in try feeds.vector(of: .config).feeds {
            try replicaStore.clearVoid(feed)
            try forEachRecord(of: feed) { try fold($0, by: [ConfigFold(), RetentionFold()]) }
        }
    }

    /// Calls a body with each record of a feed, in order, holding few of them at a time.
    func forEachRecord(of feed: FeedID, _ body: (Record) throws -> Void) throws {
        var place: UInt64 = 0
        while true {
            let page = try feeds.records(of: feed, after: place, maximum: Self.pageMaximum)
            for record in page { try body(record) }
            guard let last = page.last, page.count == Self.pageMaximum else { return }
            place = last.header.sequence
        }
    }

    /// Lets views take a record into account, if this version reads it.
    func fold(_ record: Record, by folds: [any RecordFold]) throws {
        let header = record.header
        guard kinds[header] != nil else {
            // The log of audit records says so itself.
            if header.feed.topic != .audit {
                try replicaStore.markVoid(header, reason: VoidRecord.unknownKind)
            }
            for fold in folds { try fold.passOver(header, in: self) }
            return
        }
        do {
            for fold in folds { try fold.fold(record, in: self) }
        } catch let error as CodingError {
            // The author's mistake or a later version's form: every replica decides the same.
            try replicaStore.markVoid(header, reason: error.rule.rawValue)
            for fold in folds { try fold.passOver(header, in: self) }
        }
    }
}

extension Membership {
    /// Whether a device's record still counts as configuration.
    func counts(_ header: RecordHeader) -> Bool { counts(header.sequence, of: header.feed) }

    /// Whether a record of a feed, by its sequence, still counts as configuration.
    func counts(_ sequence: UInt64, of feed: FeedID) -> Bool {
        guard let device = device(feed.device) else { return true }
        if let cutoff = device.cutoff, sequence > cutoff[feed] { return false }
        guard let survivor = device.survivor, survivor != feed.incarnation else { return true }
        return sequence <= device.counted[feed]
    }
}
