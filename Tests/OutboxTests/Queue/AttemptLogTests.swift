import Outbox
import SyncCore
import TestSupport
import Testing

/// `log_envio_correo`: the table in which auditors look for what became of each attempt.
struct AttemptLogTests {
    private static let matriz = Scope.branch(BranchID(validated: "matriz"))

    private static func attempt(_ number: Int, by device: DeviceID) -> AttemptID {
        AttemptID(
            number: number,
            grant: LeaseGrant(
                account: AccountID(validated: "ventas"), device: device,
                fence: FencingToken(counter: 1, nonce: 2)))
    }

    private func report(
        _ fact: DeliveryFact, about id: DeliveryID, on replica: Replica,
        _ change: (inout AttemptDetail) -> Void = { _ in }
    ) async throws {
        var detail = AttemptDetail()
        change(&detail)
        let report = DeliveryReport(delivery: id, fact: fact, detail: detail)
        try await replica.write { transaction in
            _ = try transaction.append(
                report, kind: DeliveryReport.recordKind, topic: .audit, scope: Self.matriz,
                actor: "agent")
        }
    }

    private func rows(
        _ replica: Replica, _ change: (inout LogFilter) -> Void = { _ in }
    ) async throws -> [AttemptRow] {
        var filter = LogFilter()
        change(&filter)
        let wanted = filter
        return try await replica.read {
            try $0.outbox.attempts(wanted, through: try $0.outbox.attemptEnd())
        }
    }

    private func mail(_ number: Int, to addresses: [String]) throws -> MailSubmission {
        var mail = try QueueFixture.mail(number, to: addresses)
        mail.entity = "factura:001-001-\(number)"
        mail.source = MailSource(.http, contact: MailContact("cliente:C-\(number)"))
        return mail
    }

    @Test func `a row says of an attempt who, what, whence, how it ended and what to do`()
        async throws
    {
        let fixture = try await QueueFixture()
        let mail = try mail(1, to: ["ana@example.com", "beto@example.com"])
        try await fixture.enqueue(mail)
        let waiting = try await rows(fixture.replica)
        #expect(waiting.map { $0["estado"] } == ["en cola", "en cola"])
        #expect(waiting.map { $0["intento"] } == [nil, nil])
        let id = DeliveryID(message: mail.message, recipient: 1)
        let attempt = Self.attempt(1, by: fixture.replica.identity.id)
        try await report(.dataBegun(attempt), about: id, on: fixture.replica)
        try await report(.concluded(attempt, .refusedPermanently), about: id, on: fixture.replica) {
            $0.account = AccountID(validated: "ventas")
            $0.host = "smtp.example.com"
            $0.port = 587
            $0.security = "starttls"
            $0.milliseconds = 321
            $0.reply = "550 5.1.1 No such user here"
        }
        let row = try #require(try await rows(fixture.replica).last)
        let expected: [(String, String?)] = [
            ("tipo", "cotizacion"), ("destinatario_tipo", "cliente"), ("destinatario_id", "C-1"),
            ("correo_destino", "beto@example.com"), ("destinatario_numero", "2"),
            ("entidad_tipo", "factura"), ("entidad_id", "001-001-1"), ("estado", "fallido"),
            ("intento", "1"), ("mensaje_error", "550 5.1.1 No such user here"), ("causa", nil),
            ("respuesta", "550 5.1.1 No such user here"),
            ("remedio", DiagnosisCode.noSuchUser.card.action.es), ("origen_tipo", "api"),
            ("origen_id", "juan"), ("usuario", "juan"),
            ("nodo_id", fixture.replica.identity.id.bytes.hexadecimal), ("cuenta", "ventas"),
            ("servidor", "smtp.example.com"), ("puerto", "587"), ("seguridad", "starttls"),
            ("duracion_ms", "321"), ("correo_id", mail.message.bytes.hexadecimal),
            ("sucursal", "matriz"),
        ]
        for (column, value) in expected { #expect(row[column] == value, "\(column)") }
        #expect(row["fecha_hora"]?.hasSuffix("Z") == true)
        // The other recipient still waits, and has a row of its own.
        #expect(try await rows(fixture.replica).map { $0["estado"] } == ["en cola", "fallido"])
    }

    // Whatever order the records come in, an attempt that ended is not under way again.
    @Test func `the state of an attempt only goes up, in every order of its records`() async throws
    {
        let fixture = try await QueueFixture(count: 2)
        let sender = fixture.organisation.replicas[1]
        let attempt = Self.attempt(1, by: sender.identity.id)
        let facts: [DeliveryFact] = [
            .claimed(attempt, doubtAt: Timestamp(milliseconds: 9)), .dataBegun(attempt),
            .concluded(attempt, .inDoubt), .concluded(attempt, .accepted),
        ]
        var number = 0
        for order in facts.permuted {
            number += 1
            let mail = try mail(number, to: ["ana@example.com"])
            try await fixture.enqueue(mail)
            let id = DeliveryID(message: mail.message, recipient: 0)
            for fact in order { try await report(fact, about: id, on: fixture.replica) }
            let found = try await rows(fixture.replica) { $0.message = mail.message }
            #expect(found.map { $0["estado"] } == ["enviado"], "\(order)")
        }
        #expect(number == 24)
    }

    @Test func `a second attempt has a row of its own`() async throws {
        let fixture = try await QueueFixture()
        let mail = try mail(1, to: ["ana@example.com"])
        try await fixture.enqueue(mail)
        let id = DeliveryID(message: mail.message, recipient: 0)
        let until = Timestamp(milliseconds: 1)
        for (number, outcome) in [
            (1, AttemptOutcome.refusedTemporarily(until: until)), (2, .accepted),
        ] {
            try await report(
                .concluded(Self.attempt(number, by: fixture.replica.identity.id), outcome),
                about: id, on: fixture.replica)
        }
        let found = try await rows(fixture.replica)
        #expect(found.map { $0["estado"] } == ["reintento", "enviado"])
        #expect(found.map { $0["intento"] } == ["1", "2"])
    }

    @Test func `rows are found by entity, contact, origin, account, device and recipient`()
        async throws
    {
        let fixture = try await QueueFixture()
        let (first, second) = (try mail(1, to: ["ana@x.co"]), try mail(2, to: ["beto@x.co"]))
        for mail in [first, second] { try await fixture.enqueue(mail) }
        let own = fixture.replica.identity.id
        try await report(
            .concluded(Self.attempt(1, by: own), .accepted),
            about: DeliveryID(message: first.message, recipient: 0), on: fixture.replica
        ) { $0.account = AccountID(validated: "ventas") }
        let other = DeviceID(validated: [UInt8](repeating: 7, count: DeviceID.byteCount))
        let filters: [(String, (inout LogFilter) -> Void, Int)] = [
            ("none", { _ in }, 2), ("kind", { $0.entity = "factura" }, 2),
            ("entity", { $0.entity = "factura:001-001-2" }, 1),
            ("no entity", { $0.entity = "fact" }, 0),
            ("contact", { $0.contactKind = .client }, 2),
            ("one contact", { ($0.contactKind, $0.contactID) = (.client, "C-1") }, 1),
            ("origin", { $0.way = .http }, 2), ("other origin", { $0.way = .smtp }, 0),
            ("account", { $0.account = AccountID(validated: "ventas") }, 1),
            ("device", { $0.device = own }, 2), ("other device", { $0.device = other }, 0),
            ("recipient", { $0.address = "ANA@X.co" }, 1),
            ("user", { $0.users = [UserID(validated: "juan")] }, 2),
            ("other user", { $0.users = [UserID(validated: "maria")] }, 0),
        ]
        for (name, change, count) in filters {
            #expect(try await rows(fixture.replica, change).count == count, "\(name)")
        }
    }

    @Test func `a report without a source has the bytes that older versions wrote`() throws {
        func bytes(_ source: MailSource) throws -> [UInt8] {
            QueuedReport(
                message: MessageID(validated: QueueFixture.bytes(1, 1)),
                user: UserID(validated: "juan"), type: "pedido", recipients: ["a@x.co"],
                byteCount: 1, entity: nil, source: source
            ).canonicalBytes
        }
        #expect(try bytes(MailSource()).first == 0xA5)
        let source = MailSource(.smtp, contact: MailContact("empleado:7"))
        let read = try QueuedReport(canonicalBytes: bytes(source))
        #expect(read.source == source)
    }
}

extension Array {
    /// The elements in every order.
    fileprivate var permuted: [[Element]] {
        guard count > 1 else { return [self] }
        return indices.flatMap { index in
            var rest = self
            let first = rest.remove(at: index)
            return rest.permuted.map { [first] + $0 }
        }
    }
}
