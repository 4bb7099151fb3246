import Outbox
import SyncCore
import Testing

/// What people read instead of the identifiers that records and programs use.
struct LogWordTests {
    /// Whether a text is made of words that somebody would say, not of an identifier.
    private static func isSpoken(_ text: String) -> Bool {
        !text.isEmpty && !text.contains("_")
            && text.split(separator: " ").first?.first?.isUppercase == false
    }

    private static func check(_ name: LocalizedText, of identifier: String) {
        #expect(name.es != identifier, "\(identifier)")
        #expect(name.es != name.en, "\(identifier)")
        for text in [name.es, name.en] {
            // A name such as «TLS» or «SMTP» stands in capitals in both languages.
            #expect(isSpoken(text) || text.hasPrefix("TLS") || text.hasPrefix("SMTP"), "\(text)")
        }
    }

    @Test func `everything that the log can say happened has words in both languages`() {
        for word in LogWord.allCases { Self.check(word.name, of: word.rawValue) }
    }

    @Test func `everything that a delivery can go through has a word of its own`() throws {
        let grant = LeaseGrant(
            account: AccountID(validated: "ventas"),
            device: DeviceID(validated: [UInt8](repeating: 1, count: DeviceID.byteCount)),
            fence: FencingToken(counter: 1, nonce: 1))
        let id = AttemptID(number: 1, grant: grant)
        let until = Timestamp(milliseconds: 1)
        let facts: [DeliveryFact] = [
            .claimed(id, doubtAt: until), .dataBegun(id), .allowedAgain(id), .declaredSent,
            .cancelled,
            .custody(turn: 1), .custody(turn: 2), .hold(turn: 1), .hold(turn: 2),
            .suspicion(turn: 1), .suspicion(turn: 2), .expired(turn: 1), .expired(turn: 2),
            .concluded(id, .inDoubt),
            .concluded(id, .notSent(until: until)),
            .concluded(id, .refusedTemporarily(until: until)), .concluded(id, .refusedPermanently),
            .concluded(id, .accepted),
        ]
        let others: Set<LogWord> = [
            .queued, .note, .routeFailed, .routeReached, .newLife, .keysChanged, .accountTested,
            .acknowledged, .unknownKind,
        ]
        #expect(Set(facts.map(\.word)).count == facts.count)
        #expect(Set(facts.map(\.word)).union(others) == Set(LogWord.allCases))
    }

    /// The codes of every way in which a conversation can break off.
    private static let interruptions: [SMTPInterruption] =
        SMTPStage.allCases.flatMap { [.timedOut($0), .protocolViolation($0)] } + [
            .connectionLost, .cancelled, .tooBig(limit: 1), .internationalNotOffered,
            .eightBitNotOffered,
        ]

    @Test func `every cause that a record can hold has words in both languages`() {
        let codes =
            AttemptCause.allCases.map(\.rawValue)
            + TransportFailure.Cause.allCases.map(\.rawValue)
            + LedgerRefusal.Code.allCases.map(\.rawValue) + Self.interruptions.map(\.code)
            + [DeliveryReport.otherContentCause]
        for code in codes { Self.check(AttemptCause.name(ofCode: code), of: code) }
        #expect(AttemptCause.name(ofCode: "TCP_DROP") == TransportFailure.Cause.dropped.name)
    }

    @Test func `what a person can do about is told with what to do`() throws {
        func remedy(_ change: (inout AttemptDetail) -> Void) -> LocalizedText? {
            var detail = AttemptDetail()
            change(&detail)
            return AttemptRemedy(of: detail)?.text
        }
        #expect(remedy { _ in } == nil)
        #expect(remedy { $0.reply = "250 2.0.0 Ok" } == nil)
        #expect(
            remedy { $0.reply = "552 5.2.2 Mailbox full" } == DiagnosisCode.mailboxFull.card.action)
        // The server's words go before what was guessed from outside.
        let both = remedy {
            $0.reply = "550 5.1.1 unknown"
            $0.cause = "TCP_DROP"
        }
        #expect(both == DiagnosisCode.noSuchUser.card.action)
        #expect(remedy { $0.cause = "TCP_DROP" } == DiagnosisCode.dropped.card.action)
        #expect(remedy { $0.cause = "INTERRUPTED" }?.en.contains("outbox resolve") == true)
        #expect(remedy { $0.cause = "SERVICE_CLOSING" } == nil)
        for cause in TransportFailure.Cause.allCases where cause.isWorthTelling {
            #expect(remedy { $0.cause = cause.rawValue } != nil, "\(cause)")
        }
    }

    // A newer version may write a code that this one does not know.
    @Test func `a cause that nobody knows is shown as it is`() {
        #expect(AttemptCause.name(ofCode: "QUANTUM") == LocalizedText(es: "QUANTUM", en: "QUANTUM"))
    }
}

extension TransportFailure.Cause {
    /// Whether something is wrong: being overtaken or stopped is not.
    fileprivate var isWorthTelling: Bool { DiagnosisCode(self) != nil }
}
