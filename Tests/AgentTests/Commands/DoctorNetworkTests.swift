import Foundation
import Front
import Outbox
import SyncCore
import Testing

@testable import Agent

/// What `doctor` and `doctor ports` say of the network, and `doctor explain` of anything.
struct DoctorNetworkTests {
    /// The table of the incident in which all this began.
    private static let incident = """
        Prueba                 Detalle                                               \
        Resultado           ms
        DNS                    smtp.gmail.com: 64.233.186.108                        ÉXITO
        Puerto 465 (TLS)       smtp.gmail.com: saluda y cifra; entrada: LOGIN PLAIN  \
        ÉXITO               88
        Puerto 587 (STARTTLS)  smtp.gmail.com: puerto bloqueado                      \
        FALLO (TCP_DROP)  3000
        AV_MAIL_SHIELD smtp.gmail.com (probable): \(DiagnosisCode.mailShield.card.cause.es)
            Evidencia: sin respuesta en 587; responde 465
        smtp.gmail.com: se puede enviar por 465/implicit.
        QUÉ HACER: \(DiagnosisCode.mailShield.card.action.es)

        """

    private struct Run {
        let output: String
        let error: (any ExplainedError)?
    }

    private func run<Kind: Command>(
        _ kind: Kind.Type, _ words: [String], in home: CommandHome, json: Bool = false,
        language: Language = .spanish,
        _ body: (Kind, CommandContext) async throws -> Void
    ) async throws -> Run {
        let recording = RecordingTerminal()
        let context = CommandContext(
            terminal: Terminal(channel: recording), language: language,
            peer: Peer(uid: 0, gid: 0, pid: 1),
            submission: try #require(Submission(bytes: Array(0..<16))), workingDirectory: "/",
            isJSON: json, engine: home.engine)
        var arguments = Arguments(words, for: CommandHelp(kind))
        do {
            try await body(try Kind(reading: &arguments), context)
            return Run(output: recording.output, error: nil)
        } catch let error as any ExplainedError {
            return Run(output: recording.output, error: error)
        }
    }

    @Test func `the table of the incident, on a machine without a replica`() async throws {
        try await CommandHome.withoutOrganisation { home in
            let run = try await self.run(
                DoctorCommand.self, ["smtp.gmail.com", "--page", "no"], in: home
            ) { command, context in
                try await command.run(
                    in: context, known: KnownServers(), with: PlayedExaminer())
            }
            #expect(run.error == nil)
            #expect(run.output == Self.incident)
        }
    }

    @Test func `ports prints the lines that the customers' own script prints`() async throws {
        try await CommandHome.withoutOrganisation { home in
            func lines(
                _ causes: [Int: TransportFailure.Cause], _ language: Language = .spanish
            ) async throws -> Run {
                try await self.run(
                    DoctorPortsCommand.self, ["--page", "no"], in: home, language: language
                ) { command, context in
                    try await command.run(
                        in: context, known: KnownServers(), with: PlayedExaminer(causes: causes))
                }
            }
            let open = try await lines([587: .dropped])
            #expect(open.error == nil)
            #expect(
                open.output == """
                    Probando conexión a smtp.gmail.com...
                    ❌ Puerto 587: BLOQUEADO
                    ✅ Puerto 465: ABIERTO

                    """)
            let dark = try await lines([587: .refused, 465: .intercepted], .english)
            #expect(dark.error?.exitStatus == .unavailable)
            #expect(dark.output.contains("❌ Port 587: REFUSED"))
            #expect(dark.output.contains("❌ Port 465: INTERCEPTED"))
        }
    }

    @Test func `the servers of the accounts are examined when none is named`() async throws {
        try await CommandHome.with { home in
            let added = await home.run(
                [
                    "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                    "smtp.inair.example", "--route", "465/implicit", "--password-stdin",
                ], files: [.standardInput: Array("kanarienvogel\n".utf8)])
            #expect(added.status == .done)
            let known = KnownServers(
                accounts: try await home.engine.workspace().replica.read {
                    try $0.directory.accounts()
                })
            let run = try await self.run(DoctorCommand.self, [], in: home, json: true) {
                command, context in
                try await command.run(
                    in: context, known: known, with: PlayedExaminer(causes: [465: .badPassword]))
            }
            #expect(run.error?.exitStatus == .unavailable)
            #expect(!run.output.contains("kanarienvogel"))
            let value = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
            let object = try #require(value as? [String: Any])
            #expect(object["healthy"] as? Bool == true)
            let network = try #require(object["network"] as? [String: Any])
            #expect(network["can_send"] as? Bool == false)
            let findings = try #require(network["findings"] as? [[String: Any]])
            #expect(findings.map { $0["code"] as? String } == ["BAD_PASSWORD"])
            let servers = try #require(network["servers"] as? [[String: Any]])
            #expect(servers.map { $0["host"] as? String } == ["smtp.inair.example"])
        }
    }

    @Test func `a report has date, state and severity, and the bundle no address and no secret`()
        async throws
    {
        try await CommandHome.with { home in
            _ = await home.run(
                [
                    "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                    "smtp.inair.example", "--route", "465/implicit", "--password-stdin",
                ], files: [.standardInput: Array("kanarienvogel\n".utf8)])
            _ = await home.run(
                ["send", "--to", "ana@example.com", "--subject", "Cotizacion", "--body-file", "-"],
                as: CommandHome.juan, files: [.standardInput: Array("Hola".utf8)])
            func doctor(_ words: [String]) async throws -> Run {
                try await self.run(DoctorCommand.self, words, in: home) { command, context in
                    try await command.run(
                        in: context, known: try await KnownServers.read(in: context),
                        with: PlayedExaminer(causes: [465: .dropped]))
                }
            }
            let report = try await doctor(["--report"])
            #expect(report.error?.exitStatus == .unavailable)
            for line in [
                "# Incidente de correo", "- Estado: Abierto",
                "- Severidad: Alta (bloqueo total de notificaciones)", "- Correos que esperan: 1",
                "FW_ONLY_WEB",
            ] {
                #expect(report.output.contains(line), "\(line): \(report.output)")
            }
            let bundle = try await doctor(["--bundle"])
            _ = try JSONSerialization.jsonObject(with: Data(bundle.output.utf8))
            #expect(bundle.output.contains("***@inair.example"))
            #expect(bundle.output.contains("queued"))
            for secret in ["kanarienvogel", "ana@", "ventas@", "Cotizacion", "Hola"] {
                #expect(!bundle.output.contains(secret), "\(secret)")
            }
            let status = await home.run(["status", "--json"])
            #expect(status.output.contains(#""waiting":1,"#))
            #expect(await home.run(["status"]).output.contains("Mail to leave: 1, the oldest"))
        }
    }

    @Test func `another device that gets through is evidence`() async throws {
        try await CommandHome.withoutOrganisation { home in
            let known = KnownServers(neighbours: ["smtp.gmail.com": "caja-2"])
            let run = try await self.run(
                DoctorCommand.self, ["smtp.gmail.com"], in: home
            ) { command, context in
                try await command.run(
                    in: context, known: known,
                    with: PlayedExaminer(causes: [465: .dropped, 587: .dropped]))
            }
            #expect(run.output.contains("«caja-2» sí envía por este servidor"))
        }
    }

    @Test func `what a new device finds blocked is shown, and stands in the log`() async throws {
        try await CommandHome.with { home in
            _ = await home.run(
                [
                    "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                    "smtp.inair.example", "--route", "465/implicit", "--route", "587/starttls",
                    "--password-stdin",
                ], files: [.standardInput: Array("kanarienvogel\n".utf8)])
            let run = try await self.run(DoctorCommand.self, [], in: home) { _, context in
                let found = try await PortCheck.run(
                    in: context, known: try await KnownServers.read(in: context),
                    with: PlayedExaminer(causes: [587: .dropped]))
                for server in found.seen.servers { await PortLines.show(server, in: context) }
            }
            #expect(run.output.contains("✅ Puerto 465: ABIERTO\n❌ Puerto 587: BLOQUEADO"))
            let log = await home.run(["log", "list", "--kind", "route", "--json"])
            #expect(log.output.contains(#""port":587"#))
            #expect(log.output.contains("TCP_DROP"))
            #expect(!log.output.contains(#""port":465"#))
        }
    }

    @Test func `explain reads a code, another program's error, or lists every code`() async throws {
        try await CommandHome.withoutOrganisation { home in
            let card = await home.run(["doctor", "explain", "av-mail-shield"], language: .spanish)
            #expect(card.status == .done)
            #expect(card.output.contains("Analizar correos salientes (SMTP)"))
            let trace = await home.run(
                ["doctor", "explain", "-"],
                files: [
                    .standardInput: Array(
                        "TimeoutError: [WinError 10060] host='smtp.gmail.com', port=587".utf8)
                ])
            #expect(trace.output.hasPrefix("TCP_DROP smtp.gmail.com:587: "))
            #expect(trace.output.contains("syncmail doctor smtp.gmail.com"))
            let nothing = await home.run(
                ["doctor", "explain", "-"], files: [.standardInput: Array("hola".utf8)])
            #expect(nothing.status == .badData)
            let all = await home.run(["doctor", "explain", "all"])
            for code in DiagnosisCode.allCases { #expect(all.output.contains(code.rawValue)) }
        }
    }

    // One name everywhere, and what is no certificate is refused before anything is looked at.
    @Test(arguments: [
        ["doctor", "smtp.gmail.com"], ["doctor", "ports", "smtp.gmail.com"],
        ["account", "set", "ventas"],
    ])
    func `an authority of one's own is named by --ca-file, and must be a certificate`(
        words: [String]
    ) async throws {
        try await CommandHome.with { home in
            _ = await home.run(
                [
                    "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                    "smtp.inair.example", "--route", "465/implicit", "--password-stdin",
                ], files: [.standardInput: Array("kanarienvogel\n".utf8)])
            let ending = await home.run(
                words + ["--ca-file", "ca.pem"], files: [.file("ca.pem"): Array("hola".utf8)])
            #expect(ending.status == .badData, "\(ending.error)")
            #expect(ending.error.contains("“ca.pem” is not a PEM certificate"))
            let former = await home.run(words + ["--ca", "ca.pem"])
            #expect(former.status == .usage)
        }
    }

    @Test(arguments: [
        ["doctor", "no es un nombre"], ["doctor", "--dismiss", "smtp.gmail.com"],
        ["doctor", "ports", "--route", "465"], ["doctor", "explain", "a", "b"],
        ["doctor", "smtp.gmail.com", "--page"],
    ])
    func `what is typed wrong is 64, and nothing is looked at`(words: [String]) async throws {
        try await CommandHome.withoutOrganisation { home in
            let ending = await home.run(words)
            #expect(ending.status == .usage, "\(words): \(ending.error)")
            #expect(ending.output.isEmpty)
        }
    }
}
