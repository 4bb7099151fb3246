import SyncCore

extension EnvelopeWorld {
    private var account: AccountID { AccountID(validated: "ventas") }
    private var fence: FencingToken { FencingToken(counter: 9, nonce: .max) }
    private var delivery: DeliveryID {
        DeliveryID(message: MessageID(validated: Array(0..<16)), recipient: 2)
    }
    private var lease: HeldLease { HeldLease(account: account, fence: fence) }
    private var blob: BlobPart {
        BlobPart(id: Digest(of: [1]), offset: 10, total: 20, bytes: [0, 255, 3])
    }
    private var batches: [FeedBatch] {
        [batch(records(12, of: feed())), batch(records(1, of: feed(.config, scope: "")))]
            .compactMap(\.self)
    }

    /// One request of each kind, with the shapes that differ.
    func requests() -> [(name: String, request: HubRequest)] {
        var exchange = ExchangeRequest()
        exchange.membershipHeight = 4
        exchange.hubIncarnation = Incarnation(number: 99)
        exchange.cursor = 1 << 40
        exchange.batches = batches
        exchange.wait = .seconds(30)
        return [
            ("exchange", .exchange(exchange)),
            ("exchange-empty", .exchange(ExchangeRequest())),
            ("admit", .admit([genesis])),
            (
                "lease",
                .lease([
                    LeaseRequest(account: account, fence: nil, canReach: true),
                    LeaseRequest(account: account, fence: fence, canReach: false),
                ])
            ),
            ("reserve", .reserve(ReserveRequest(leases: [lease], maximum: 512))),
            (
                "release",
                .release([
                    ReleaseRequest(delivery: delivery, fence: fence, account: account),
                    ReleaseRequest(delivery: delivery, fence: fence, account: nil),
                ])
            ),
            ("claim", .claim([ClaimRequest(delivery: delivery, attempt: 1, lease: lease)])),
            ("put-blob", .putBlob(blob)),
            ("get-blob", .getBlob(id: Digest(of: [1]), offset: 512)),
            ("counts", .counts(of: admin.id)),
            (
                "greet",
                .greet(
                    invite: InviteID(validated: Array(0..<16)),
                    proof: adminKey.signature(over: [1], for: .joining))
            ),
        ] + laterRequests()
    }

    /// One reply of each kind, with the shapes that differ.
    func replies() -> [(name: String, reply: HubReply)] {
        let offer = MailOffer(
            message: delivery.message, branch: BranchID(validated: "quito"),
            user: UserID(validated: "juan"), type: "cotizacion",
            recipients: ["a@example.ec", "ñ@example.ec"], byteCount: 4096, created: now, epoch: 1,
            manifest: [5, 6, 7], blob: Digest(of: [2]))
        var exchange = ExchangeReply(hubIncarnation: Incarnation(number: 99))
        exchange.cursor = 77
        exchange.hasMore = true
        exchange.membership = [genesis]
        exchange.batches = batches
        exchange.acknowledged[feed()] = 12
        exchange.digests = [
            StateDigest(
                topic: .audit, scope: feed().scope, vector: exchange.acknowledged,
                digest: Digest(of: [3]))
        ]
        return [
            ("exchange", .exchange(exchange)),
            ("exchange-empty", .exchange(ExchangeReply(hubIncarnation: Incarnation(number: 0)))),
            ("admitted", .admitted(height: 5)),
            (
                "lease",
                .lease([
                    LeaseReply(account: account, outcome: .granted(fence, length: .seconds(15))),
                    LeaseReply(
                        account: account, outcome: .refused(retryAfter: .milliseconds(1500))),
                    LeaseReply(account: account, outcome: .released),
                ])
            ),
            (
                "reserved",
                .reserved([
                    ReservedDelivery(delivery: delivery, attempt: 3, fence: fence, offer: offer)
                ])
            ),
            ("released", .released),
            (
                "claimed",
                .claimed([
                    ClaimReply(delivery: delivery, attempt: 1, isGranted: true, isCurrent: true),
                    ClaimReply(delivery: delivery, attempt: 2, isGranted: false, isCurrent: false),
                ])
            ),
            ("blob-stored", .blobStored(1 << 20)),
            ("blob", .blob(blob)),
            ("refused", .refused(HubRefusal(.feedGap))),
            ("membership", .membership([genesis])),
            ("counts", .counts(exchange.acknowledged)),
        ] + laterReplies()
    }

    private var checkpoint: Checkpoint {
        Checkpoint(
            organisation: organisation,
            of: DeviceIdentity(
                name: "hub", signingKey: hubKey, sealingKey: hubSealingKey,
                incarnation: Incarnation(number: 99)),
            size: 5, root: Digest(of: [4]), time: now)
    }

    private var digest: StateDigest {
        StateDigest(
            topic: .config, scope: .organisation, vector: VersionVector(),
            digest: Digest(of: [3]))
    }

    /// What was added to requests after the first version.
    private func laterRequests() -> [(name: String, request: HubRequest)] {
        let feed = feed(.config, scope: "")
        var exchange = ExchangeRequest()
        exchange.carried = [batch(records(1, of: feed))].compactMap(\.self)
        exchange.carriedVector = VersionVector()
        exchange.checkpoint = checkpoint.bytes
        exchange.unproven = [2, 4]
        var first = ExchangeRequest()
        first.mayBeginAtSnapshot = true
        return [
            ("exchange-carried", .exchange(exchange)), ("exchange-first", .exchange(first)),
            ("compare-ends", .compare(.ends(digest))),
            ("compare-records", .compare(.records(feed, [1, 7]))),
            ("compare-parts", .compare(.parts)), ("compare-fields", .compare(.fields(part: 255))),
            ("compare-values", .compare(.values([RegisterPath("mail", "size")]))),
            ("compare-batch", .compare(.batch(feed, after: 512))),
            ("lags", .lags),
            ("chain", .chain(after: 3)), ("show-chain", .showChain([genesis])),
            (
                "surrender",
                .surrender(
                    Surrender(
                        batches: [batch(records(1, of: feed))].compactMap(\.self), isLast: true))
            ),
        ]
    }

    /// What was added to replies after the first version.
    private func laterReplies() -> [(name: String, reply: HubReply)] {
        let feed = feed(.config, scope: "")
        let path = RegisterPath("mail", "size")
        let dot = Dot(device: admin.id, incarnation: Incarnation(number: 7), sequence: 3)
        var exchange = ExchangeReply(hubIncarnation: Incarnation(number: 99))
        exchange.carried = VersionVector()
        exchange.checkpoint = checkpoint.bytes
        exchange.proofs = [ConsistencyProof(size: 2, hashes: [Digest(of: [6])])]
        var chain = ExchangeReply(hubIncarnation: Incarnation(number: 99))
        chain.frozen = [admin.id]
        chain.chainHeight = 4
        chain.chainHead = Digest(of: [5])
        chain.rivals = [genesis]
        let register = Register(
            path: path,
            entries: [
                Register.Entry(
                    dot: dot, value: .integer(10), time: HybridTime.zero.next(at: now),
                    actor: "juan")
            ])
        return [
            ("exchange-proofs", .exchange(exchange)),
            (
                "compared-ends",
                .compared(.ends([FeedEnd(feed: feed, count: 7, hash: Digest(of: [7]))]))
            ),
            ("compared-records", .compared(.records([Digest(of: [8]), .zero]))),
            ("compared-parts", .compared(.parts([.zero]))),
            (
                "compared-fields",
                .compared(.fields([FieldDigest(path: path, digest: register.digest)]))
            ),
            ("compared-values", .compared(.values([register]))),
            ("compared-batch", .compared(.batch(batch(records(1, of: feed))))),
            ("compared-batch-none", .compared(.batch(nil))),
            (
                "lags",
                .lags([
                    DeviceLag(
                        device: admin.id, heard: now, recordsCount: 37, since: now,
                        isAtLeast: true),
                    DeviceLag(device: admin.id, heard: nil, recordsCount: 0, since: nil),
                ])
            ),
            ("exchange-first", .exchange(firstReply())),
            ("surrendered", .surrendered),
            ("exchange-chain", .exchange(chain)),
        ]
    }

    private func firstReply() -> ExchangeReply {
        var reply = ExchangeReply(hubIncarnation: Incarnation(number: 99))
        reply.snapshots = [batch(records(1, of: feed()))].compactMap(\.self)
        reply.remaining = 5
        return reply
    }
}
