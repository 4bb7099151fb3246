import SyncCore
import TestSupport
import Testing

@testable import Agent

struct AccountCommandTests {
    private static let canary = "kanarienvogel-7731-contraseña"

    @Test func `an account is added, made a fallback and listed`() async throws {
        let home = try await OperatorHome()
        try await home.addAccount()
        try await home.ok("fallback set ventas")
        try await home.ok(
            "user add juan --email juan@inair.example --bind 1000", extra: ["--name", "Juan Pérez"])
        let list = try await home.ok("account list --json")
        for part in [
            #""id":"ventas""#, #""priority":1"#, #""password_set":true"#,
            #""routes":["465/implicit","587/starttls"]"#, #""openable_by":["matriz-1"]"#,
            #""condition":"untested""#, #""password_version":1"#, #""last_test":null"#,
        ] {
            #expect(list.contains(part))
        }
        #expect(try await home.ok("account show ventas").contains("set (version 1)"))
        #expect(try await home.ok("fallback list").contains("ventas@inair.example"))
        let users = try await home.ok("user list --json")
        #expect(users.contains(#""id":"juan","name":"Juan Pérez","email":"juan@inair.example""#))
    }

    @Test func `the password is in no file, list, history or error`() async throws {
        let home = try await OperatorHome()
        try await home.addAccount(password: Self.canary)
        let again = try await home.run(
            "account add ventas --address a@b.example --host h.example --route 465/implicit",
            secret: Self.canary)
        #expect(again.status == .badData)
        var shown = again.output + again.error
        for line in [
            "account list", "account show ventas", "config list", "config list account/ventas",
            "config get account/ventas/secret", "config history account/ventas/secret",
            "config conflicts", "log verify",
        ] {
            shown += try await home.ok(line)
            shown += try await home.ok(line + " --json")
        }
        #expect(shown.contains("sha256:"))
        #expect(!shown.contains(Self.canary))
        #expect(try !home.storedBytes().isEmpty)
        #expect(try !home.storedBytes().contains(Array(Self.canary.utf8)))
    }

    @Test func `a password is asked for on the terminal, never taken from the arguments`()
        async throws
    {
        let home = try await OperatorHome()
        let line = "account add a --address a@b.example --host h.example --route 465/implicit"
        #expect(try await home.run(line).status == TerminalError(.noTerminal).exitStatus)
        #expect(try await home.run(line + " --password hunter2").status == .usage)
        try await home.ok(line, secret: "hunter2")
    }

    @Test func `an account changes, and its password only when one is given`() async throws {
        let home = try await OperatorHome()
        try await home.addAccount()
        let before = try await home.ok("account show ventas --json")
        try await home.ok("account set ventas", extra: ["--name", "Ventas Quito"])
        let renamed = try await home.ok("account show ventas --json")
        #expect(renamed.contains("Ventas Quito"))
        #expect(renamed.contains(#""password_version":1"#))
        let changed = try #require(before.firstRange(of: #""last_changed":"[^"]*""#.regex))
        #expect(renamed.contains(before[changed]))
        let moved = try await home.run("account set ventas --host evil.example")
        #expect(moved.status == .configuration)
        #expect(try await home.ok("account show ventas").contains("smtp.inair.example"))
        try await home.ok(
            "account set ventas --host nuevo.example --password-stdin", stdin: "otra\n")
        let last = try await home.ok("account show ventas --json")
        #expect(last.contains(#""password_version":2"#))
        #expect(last.contains("nuevo.example"))
    }

    @Test func `an authority is kept, and a private key is refused`() async throws {
        let home = try await OperatorHome()
        let line =
            "account add a --address a@b.example --host h.example --route 465/implicit "
            + "--ca-file ca.pem"
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        for bad in ["", "hola", pem + "-----BEGIN PRIVATE KEY-----"] {
            let outcome = try await home.run(line, files: ["ca.pem": bad], secret: "x")
            #expect(outcome.status == .badData)
        }
        #expect(
            try await home.run(line, files: ["ca.pem": pem], secret: "x").status == .done)
        #expect(try await home.ok("account show a --json").contains(#""ca":"sha256:"#))
    }

    @Test(arguments: [
        ("user add juan", SyncCore.ExitStatus.usage),
        ("user add --name Juan", .usage),
        ("user add JUAN --name Juan", .usage),
        ("user add juan --name Juan --email juan", .usage),
        ("user add juan --name Juan --email j@b.example --email k@b.example", .usage),
        ("user add juan --name Juan --bind yo", .usage),
        ("user add juan --name Juan --bind 65534", .usage),
        ("user add juan --name Juan --bind -1", .usage),
        ("user add juan --name Juan --bind 4294967295", .usage),
        ("user add juan --name Juan --bind 1000@", .usage),
        ("user add juan --name Juan --bind 1000@nadie", .badData),
        ("user add juan --name Juan --account nada", .badData),
        ("user add juan --name Juan --role Jefe", .usage),
        ("user add ana --name Ana", .badData),
        ("user add juan --name Juan --bind 1001", .badData),
        ("user add juan pedro --name Juan", .usage),
        ("account add", .usage),
        ("account add b --address b@b.example", .usage),
        ("account add b --host h.example --route 465/implicit", .usage),
        ("account add b --host h.example --route 465/implicit", .usage),
        ("account add b --address b@b.example --route 465/implicit", .usage),
        ("account add b --address b@b.example --host h.example --route 25/plain", .usage),
        ("account add b --address b@b.example --host h.example --route 465", .usage),
        ("account add b --address b@ --host h.example --route 465/implicit", .usage),
        ("account add b --address b@b.example --host h/x --route 465/implicit", .usage),
        (
            "account add b --address b@b.example --host h.example --route 465/implicit "
                + "--user nadie", .noSuchUser
        ),
        (
            "account add c --address b@b.example --host h.example --route 465/implicit "
                + "--user ana", .badData
        ),
        ("account show nada", .badData), ("account show", .usage), ("account show x y", .usage),
        ("account test nada", .badData), ("account test", .usage),
        ("account set ventas", .usage), ("account set nada --name N", .badData),
        ("account set ventas --state gone", .usage),
        ("account list x", .usage),
        ("fallback set", .usage), ("fallback set nada", .badData),
        ("fallback set ventas ventas", .badData), ("fallback set VENTAS", .usage),
        ("fallback set ventas ¡!", .usage), ("fallback list x", .usage),
        ("user list x", .usage),
    ])
    func `a wrong input is refused and changes nothing`(
        line: String, status: SyncCore.ExitStatus
    ) async throws {
        let home = try await OperatorHome()
        try await home.addAccount()
        try await home.ok("user add ana --name Ana --account ventas --bind 1001")
        let before = try await home.ok("config list --json")
        let outcome = try await home.run(line, secret: "x")
        #expect(outcome.status == status, "\(outcome.error)")
        #expect(!outcome.error.isEmpty)
        #expect(try await home.ok("config list --json") == before)
    }

    @Test(arguments: [
        "user add b --name B", "user list", "account list", "account show ventas",
        "account set ventas --name X", "account test ventas", "fallback set ventas",
        "fallback list", "config list", "config get user/ana/name",
        "config set user/ana/name X", "config conflicts", "log verify",
        "account add b --address b@b.example --host h.example --route 465/implicit",
    ])
    func `somebody else than root and the owner operates nothing`(line: String) async throws {
        let home = try await OperatorHome()
        try await home.addAccount()
        #expect(try await home.run(line, uid: 1234, secret: "x").status == .notPermitted)
    }
}

extension String {
    /// The text as a regular expression.
    fileprivate var regex: Regex<AnyRegexOutput> {
        get throws { try Regex(self) }
    }
}
