/// Checks one stored feed from its signed end back to its first record.
///
/// The signature over a head fixes the hash of its record, and each record fixes the hash of
/// the one before. Walking backwards, the first record that does not have the hash it must
/// have is therefore exactly the one that was changed; an earlier head then takes over. What
/// is checked are the rows as they are stored: nothing in them is believed, and nothing that
/// may stand there traps.
///
/// ```
/// record 1 ◀── record 2 ◀── … ◀── record n ◀── head n, signed by the device
/// ```
///
/// Give it the pages of the feed in descending order, then read ``findings``.
package struct FeedVerification: Sendable {
    /// How many findings are kept of one feed.
    package static let findingsMaximum = 16

    package let feed: FeedID
    /// What is wrong, in the order in which it was found.
    package private(set) var findings: [FeedFinding] = []
    /// How many records have no content any more.
    package private(set) var erasedCount = 0
    /// When the last record was written.
    package private(set) var lastTime: HybridTime?

    private let key: VerificationKey?
    private let organisation: Digest
    private let mayWrite: Bool
    // Before when contents may be gone; nothing where anything may be gone.
    private let retired: Timestamp?
    // Where the feed begins here: nothing at or below is stored.
    private let base: UInt64
    private let baseHash: Digest
    /// The sequence that the next row must have; the base when the feed was walked to its
    /// beginning.
    private var position: UInt64
    // What the row at `position` must hash to; nothing where no signature proves it.
    private var expected: Digest?

    /// Begins with where the feed ends.
    ///
    /// - Parameters:
    ///   - end: What the table of feeds says of it.
    ///   - membership: Who belongs.
    ///   - retired: Before when contents may have been erased: a younger record without any is a
    ///     finding. Nothing where a device may erase what it wrote itself.
    package init(
        of end: StoredFeedEnd, in membership: Membership, retired: Timestamp? = nil
    ) {
        self.retired = retired
        (base, baseHash) = (end.base, end.baseHash)
        feed = end.feed
        key = membership.verificationKey(of: end.feed.device)
        mayWrite = !(membership.isHub(end.feed.device) && end.feed.topic == .config)
        organisation = membership.organisation
        position = end.count
        if key == nil { report(.unknownAuthor, at: end.count) }
        if !mayWrite { report(.notPermitted, at: end.count) }
        if end.recordsLast > end.count { report(.unexpected, at: end.count + 1) }
        if end.headsLast > end.count {
            report(.missing, at: end.count + 1)
        } else if end.headsLast < end.count, end.count > end.base {
            // Nothing after the last signature is proven by anybody.
            report(.unsigned, at: end.headsLast + 1)
        }
    }

    /// The last sequence that the next page must hold; nothing when all were checked.
    package var next: UInt64? { position > base ? position : nil }

    /// Checks a page of rows and of the heads among them, in descending order.
    ///
    /// - Parameters:
    ///   - rows: The next rows at or below ``next``; none if nothing is stored there.
    ///   - heads: The heads from the last row of the page up to ``next``.
    package mutating func check(_ rows: [StoredRecord], _ heads: [StoredHead]) {
        var heads = heads[...]
        for row in rows {
            while max(row.sequence, base) < position {
                takeHead(&heads)
                skipMissing(downTo: max(row.sequence, base), heads)
            }
            guard row.sequence > base else {
                report(.unexpected, at: row.sequence)
                continue
            }
            guard row.sequence == position else { continue }
            takeHead(&heads)
            check(row)
            position -= 1
        }
        if rows.isEmpty {
            while position > base {
                takeHead(&heads)
                skipMissing(downTo: base, heads)
            }
        }
    }

    /// Reports a gap once, and goes on where the rows or a head do.
    private mutating func skipMissing(downTo sequence: UInt64, _ heads: ArraySlice<StoredHead>) {
        report(.missing, at: position)
        expected = nil
        position = max(sequence, heads.first?.sequence ?? sequence)
    }

    private mutating func takeHead(_ heads: inout ArraySlice<StoredHead>) {
        while let stored = heads.first, stored.sequence >= position {
            heads.removeFirst()
            guard stored.sequence == position else { continue }
            check(stored)
        }
    }

    private mutating func check(_ stored: StoredHead) {
        let head: FeedHead
        do throws(CodingError) {
            head = try FeedHead(canonicalBytes: stored.bytes)
        } catch {
            report(.malformedHead, at: stored.sequence)
            return
        }
        guard head.feed == feed, head.sequence == stored.sequence,
            let key, head.isSigned(by: key, in: organisation)
        else {
            report(.signature, at: stored.sequence)
            return
        }
        if let expected, expected != head.hash {
            report(.signature, at: stored.sequence)
        }
        expected = head.hash
    }

    private mutating func check(_ row: StoredRecord) {
        let hash = Digest(of: row.header)
        if let expected, expected != hash {
            report(.altered, at: row.sequence)
            // Only what an earlier head signs can be relied upon from here.
            self.expected = nil
            return
        }
        let header: RecordHeader
        do throws(CodingError) {
            header = try RecordHeader(canonicalBytes: row.header)
        } catch {
            report(.malformed, at: row.sequence)
            expected = nil
            return
        }
        guard header.organisation == organisation, header.feed == feed,
            header.sequence == row.sequence, row.sequence > base + 1 || header.previous == baseHash
        else {
            report(.altered, at: row.sequence)
            expected = nil
            return
        }
        expected = row.sequence > base + 1 ? header.previous : nil
        if lastTime == nil { lastTime = header.time }
        checkContent(of: row, header)
    }

    private mutating func checkContent(of row: StoredRecord, _ header: RecordHeader) {
        switch (row.salt, row.body) {
        case (nil, nil):
            erasedCount += 1
            if let retired, header.time.timestamp >= retired {
                report(.erased, at: row.sequence)
            }
        case (let salt?, let body?):
            guard salt.count == RecordContent.saltByteCount,
                UInt64(body.count) == header.bodyByteCount,
                RecordContent(salt: salt, body: body).commitment == header.commitment
            else {
                report(.content, at: row.sequence)
                return
            }
        case (nil, _?), (_?, nil): report(.content, at: row.sequence)
        }
    }

    private mutating func report(_ fault: FeedFinding.Fault, at sequence: UInt64) {
        guard findings.count < Self.findingsMaximum else { return }
        findings.append(FeedFinding(feed: feed, sequence: sequence, fault: fault))
    }
}

/// Something that is wrong with a stored feed.
package struct FeedFinding: Hashable, Sendable {
    /// The kinds.
    package enum Fault: String, Hashable, Sendable, CaseIterable {
        /// The record's header is not the one that was signed.
        case altered
        /// The record's header cannot be read.
        case malformed
        /// The salt or body is not the one that the header committed to.
        case content
        /// The salt and body are gone, and nobody who may has signed that they shall.
        case erased
        /// The record is not there.
        case missing
        /// A record is there that the feed does not count.
        case unexpected
        /// The signature over the feed's head is wrong.
        case signature
        /// The feed's head cannot be read.
        case malformedHead
        /// No signature covers the record.
        case unsigned
        /// The feed's device never belonged.
        case unknownAuthor
        /// The feed's device may not write on this topic.
        case notPermitted
    }

    package let feed: FeedID
    package let sequence: UInt64
    package let fault: Fault

    package init(feed: FeedID, sequence: UInt64, fault: Fault) {
        self.feed = feed
        self.sequence = sequence
        self.fault = fault
    }

    /// What is wrong, in words.
    package var explanation: LocalizedText {
        switch fault {
        case .altered:
            LocalizedText(es: "el encabezado fue alterado", en: "the header was changed")
        case .malformed:
            LocalizedText(es: "el encabezado es ilegible", en: "the header is unreadable")
        case .content:
            LocalizedText(es: "el contenido fue alterado", en: "the content was changed")
        case .erased:
            LocalizedText(
                es: "el contenido se borró sin que un administrador lo firmara",
                en: "the content was erased without an administrator's signature")
        case .missing: LocalizedText(es: "falta el registro", en: "the record is missing")
        case .unexpected:
            LocalizedText(es: "sobra el registro", en: "the record does not belong there")
        case .signature:
            LocalizedText(es: "la firma no es válida", en: "the signature is not valid")
        case .malformedHead:
            LocalizedText(es: "la firma es ilegible", en: "the signature is unreadable")
        case .unsigned:
            LocalizedText(
                es: "ninguna firma cubre el registro", en: "no signature covers the record")
        case .unknownAuthor:
            LocalizedText(
                es: "el equipo nunca fue miembro", en: "the device never was a member")
        case .notPermitted:
            LocalizedText(
                es: "el equipo no puede escribir este tema",
                en: "the device may not write on this topic")
        }
    }
}
