import SyncCore

/// One example of each form that is sent or signed, under the name of its file in `fixtures`.
///
/// A form gets its file once (`scripts/fixtures`), and the file never changes.
struct GoldenBytes {
    private let world = EnvelopeWorld()

    private var attempt: AttemptID {
        AttemptID(
            number: 3,
            grant: LeaseGrant(
                account: AccountID(validated: "ventas"), device: world.admin.id,
                fence: FencingToken(counter: 9, nonce: .max)))
    }
    private var delivery: DeliveryID {
        DeliveryID(message: MessageID(validated: Array(0..<16)), recipient: 2)
    }

    /// A refusal for each reason.
    var refusals: [(name: String, bytes: [UInt8])] {
        HubRefusal.Code.allCases.map {
            ("wire/reply-refused-\($0)", HubReply.refused(HubRefusal($0)).canonicalBytes)
        }
    }

    /// The changes of membership that a chain which grows does not need.
    var laterChanges: [(name: String, bytes: [UInt8])] {
        let chain = MembershipChain()
        var counted = VersionVector()
        counted[world.feed()] = 5
        let changes: [MembershipChange] = [
            .life(
                device: chain.device.id, survivor: Incarnation(number: 7), counted: counted),
            .settled(rejected: Digest(of: [9])),
        ]
        return changes.map { ("wire/membership-\($0.name)", chain.entry($0).bytes) }
    }

    /// Both kinds of token, as the bytes behind their text.
    var tokens: [(name: String, bytes: [UInt8])] {
        [
            ("wire/token-hub", HubToken(hub: world.hub).canonicalBytes),
            (
                "wire/token-join",
                JoinToken(
                    hub: world.hub, organisation: world.organisation,
                    invite: InviteID(validated: Array(0..<16)),
                    seed: [UInt8](repeating: 6, count: SigningKey.seedByteCount),
                    expires: world.now
                ).canonicalBytes
            ),
        ]
    }

    /// The body of each kind of record, with the forms that differ.
    var bodies: [(kind: String, variant: String, bytes: [UInt8])] {
        let queued = QueuedReport(
            message: delivery.message, user: UserID(validated: "juan"), type: "factura",
            recipients: ["a@example.ec", "ñ@example.ec"], byteCount: 4096,
            entity: "factura:001-001-000000123")
        let offer = MailOffer(
            message: delivery.message, branch: BranchID(validated: "quito"),
            user: UserID(validated: "juan"), type: "cotizacion", recipients: ["a@example.ec"],
            byteCount: 4096, created: world.now, epoch: 1, manifest: [5, 6, 7],
            blob: Digest(of: [2]), hub: Incarnation(number: 99))
        let failed = RouteReport(
            account: AccountID(validated: "ventas"), host: "smtp.example.ec", port: 465,
            security: "implicit", cause: "TCP_DROP", milliseconds: 300)
        let reached = RouteReport(
            account: AccountID(validated: "ventas"), host: "smtp.example.ec", port: 587,
            security: "starttls", cause: "", milliseconds: 20)
        return [
            (QueuedReport.recordKind, "", queued.canonicalBytes),
            (MailOffer.recordKind, "", offer.canonicalBytes),
            (RouteReport.failedKind, "", failed.canonicalBytes),
            (RouteReport.reachedKind, "", reached.canonicalBytes),
            (ConfigWrite.recordKind, "", write.canonicalBytes),
            (RetentionCut.recordKind, "", cut.canonicalBytes),
            (AccountTestReport.recordKind, "", tested.canonicalBytes),
            (
                LogSnapshot.recordKind, "",
                LogSnapshot([FeedEnd(feed: world.feed(), count: 7, hash: Digest(of: [7]))])
                    .canonicalBytes
            ),
        ] + reports.map { (DeliveryReport.recordKind, "-\($0.name)", $0.report.canonicalBytes) }
            + KeyReport.Change.allCases.map {
                (KeyReport.recordKind, "-\($0)", KeyReport($0, slot: 2).canonicalBytes)
            }
            + FormerLife.Reason.allCases.map {
                (
                    LifeReport.recordKind, "-\($0)",
                    LifeReport(
                        former: Incarnation(number: .max), reason: $0, doubtfulCount: 4
                    ).canonicalBytes
                )
            }
    }

    private var tested: AccountTestReport {
        AccountTestReport(
            account: AccountID(validated: "ventas"), outcome: "network",
            routes: [
                AccountTestReport.Route(
                    host: "smtp.example.ec", port: 465, security: "implicit", cause: "TCP_DROP",
                    milliseconds: 300)
            ])
    }

    private var cut: RetentionCut {
        RetentionCut(RetentionCut.topics.map { RetentionCut.Part(topic: $0, before: world.now) })
    }

    /// A write of every kind of value.
    private var write: ConfigWrite {
        let values: [RegisterValue] = [
            .none, .text("Ñandú"), .integer(-5), .boolean(true), .bytes([0, 255]),
            .list(["a", ""]),
        ]
        let dot = Dot(device: world.admin.id, incarnation: Incarnation(number: 7), sequence: 3)
        return ConfigWrite(
            values.enumerated().map { place, value in
                RegisterWrite(
                    path: RegisterPath("test", "value\(place)"), value: value,
                    replaced: place == 0 ? [dot] : [])
            })
    }

    /// A report of every fact, one with every detail, and one that only tells.
    private var reports: [(name: String, report: DeliveryReport)] {
        let facts: [(String, DeliveryFact)] = [
            ("claimed", .claimed(attempt, doubtAt: world.now)), ("data-begun", .dataBegun(attempt)),
            ("in-doubt", .concluded(attempt, .inDoubt)),
            ("not-sent", .concluded(attempt, .notSent(until: world.now))),
            ("deferred", .concluded(attempt, .refusedTemporarily(until: world.now))),
            ("refused", .concluded(attempt, .refusedPermanently)),
            ("accepted", .concluded(attempt, .accepted)), ("allowed-again", .allowedAgain(attempt)),
            ("declared-sent", .declaredSent), ("cancelled", .cancelled),
            ("custody", .custody(turn: 1)), ("hold", .hold(turn: 2)),
            ("suspicion", .suspicion(turn: 3)),
        ]
        var detail = AttemptDetail()
        detail.account = AccountID(validated: "ventas")
        detail.credential = "own"
        detail.reason = "own_incomplete"
        detail.from = "juan@example.ec"
        detail.host = "smtp.example.ec"
        detail.port = 465
        detail.security = "implicit"
        detail.reply = "250 2.0.0 queued"
        detail.cause = "TCP_DROP"
        detail.milliseconds = 300
        detail.contentHash = Digest(of: [1])
        detail.text = "enviado"
        detail.note = "por teléfono"
        return facts.map { name, fact in
            (name, DeliveryReport(delivery: delivery, fact: fact, detail: AttemptDetail()))
        } + [("told", DeliveryReport(delivery: delivery, fact: nil, detail: detail))]
    }
}
