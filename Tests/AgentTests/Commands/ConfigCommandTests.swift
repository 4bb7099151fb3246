import SyncCore
import TestSupport
import Testing

@testable import Agent

struct ConfigCommandTests {
    @Test(arguments: [
        ("user/juan/name", "Juan", "Juan"), ("user/juan/name", #""123""#, "123"),
        ("mail/size", "10000000", "10000000"), ("timing/lease", "30000", "30000"),
        ("mail/domain", "inair.example", "inair.example"),
        ("account/ventas/state", "disabled", "disabled"),
    ])
    func `a value is read back as it was typed`(
        path: String, typed: String, shown: String
    ) async throws {
        let home = try await OperatorHome()
        try await home.ok("config set \(path)", extra: [typed])
        #expect(try await home.ok("config get \(path)") == shown + "\n")
        #expect(try await home.ok("config list \(path)").contains(shown))
    }

    @Test func `a list is typed with commas`() async throws {
        let home = try await OperatorHome()
        try await home.ok("config set fallback/order --list", extra: ["b, a"])
        #expect(try await home.ok("config get fallback/order --json").contains(#"["b","a"]"#))
    }

    @Test(arguments: [
        ("config set", SyncCore.ExitStatus.usage), ("config set user/juan/name", .usage),
        ("config set USER/juan x", .usage), ("config set user//name x", .usage),
        ("config set user/juan/name a b", .usage), ("config set usr/juan/name x", .badData),
        ("config set user/juan/password hunter2", .badData),
        ("config set account/ventas/password hunter2", .badData),
        ("config set account/ventas/secret x", .notPermitted),
        ("config set account/ventas/sealed/abc x", .notPermitted),
        ("config set user/juan/name 123", .badData), ("config set user/juan/name true", .badData),
        ("config set user/juan/email juan", .badData),
        ("config set user/juan/state gone", .badData), ("config set mail/size x", .badData),
        ("config set mail/size -- -1", .badData), ("config set mail/size 0", .badData),
        ("config set timing/leases 1", .badData), ("config set fallback/order a,b", .badData),
        ("config set fallback/order --list a,a", .badData),
        ("config set account/ventas/routes --list 25/plain", .badData),
        ("config set account/ventas/host h/x", .badData),
        ("config set device/x/uid/1000 juan", .badData),
        ("config set user/juan/name x --seen smseen1zz", .badData),
        ("config set user/juan/name x --seen hola", .badData),
        ("config get", .usage), ("config get nada/de/nada", .badData), ("config get ¡", .usage),
        ("config list A", .usage), ("config list user x", .usage),
        ("config history", .usage), ("config conflicts x", .usage),
        ("config resolve user/ana/name --take 1", .badData),
        ("config resolve user/ana/name", .usage),
        ("config resolve user/ana/name --take 0", .usage),
        ("config resolve user/ana/name --take 1 --value x", .usage),
    ])
    func `a wrong input is refused and changes nothing`(
        line: String, status: SyncCore.ExitStatus
    ) async throws {
        let home = try await OperatorHome()
        try await home.ok("user add ana --name Ana")
        let before = try await home.ok("config list --json")
        let outcome = try await home.run(line)
        #expect(outcome.status == status, "\(outcome.error)")
        #expect(!outcome.error.isEmpty)
        #expect(try await home.ok("config list --json") == before)
    }

    @Test func `an unknown beginning is refused with the list of those there are`() async throws {
        let home = try await OperatorHome()
        let outcome = try await home.run("config set usr/juan/name x")
        #expect(
            outcome.error.contains(
                "account/, alert/, device/, event/, fallback/, mail/, timing/, user/"))
    }

    /// Two writes that did not know of each other, as two replicas would make them.
    private func conflict(in home: OperatorHome) async throws {
        try await home.ok("config set user/juan/name Juan")
        let shown = try await home.ok("config get user/juan/name --json")
        let start = try #require(shown.firstRange(of: "smseen1")).lowerBound
        let token = String(shown[start...].prefix { $0 != "\"" })
        try await home.ok("config set user/juan/name Juanito")
        let other = try await home.run("config set user/pepe/name P --seen", extra: [token])
        #expect(other.status == .badData)
        let late = try await home.ok("config set user/juan/name JP --seen", extra: [token])
        #expect(late.contains("config conflicts"))
    }

    @Test func `what was not shown is kept beside it as a conflict`() async throws {
        let home = try await OperatorHome()
        try await conflict(in: home)
        let conflicts = try await home.ok("config conflicts")
        #expect(conflicts.contains("Juanito"))
        #expect(conflicts.contains("JP"))
        #expect(try await home.run("config get user/juan/name").error.contains("conflict"))
    }

    @Test(arguments: [("--take 1", "JP"), ("--take 2", "Juanito"), ("--value Pedro", "Pedro")])
    func `a conflict is resolved, and the history keeps what was replaced`(
        choice: String, value: String
    ) async throws {
        let home = try await OperatorHome()
        try await conflict(in: home)
        let outside = try await home.run("config resolve user/juan/name --take 3")
        #expect(outside.status == .badData)
        try await home.ok("config resolve user/juan/name \(choice)")
        #expect(try await home.ok("config get user/juan/name") == value + "\n")
        #expect(try await home.ok("config conflicts") == "There are no conflicts.\n")
        let history = try await home.ok("config history user/juan/name --json")
        #expect(history.split(separator: "\"live\":true").count == 2)
        #expect(history.split(separator: "\"live\":false").count == 4)
    }

    @Test func `a field is emptied, except a state, and the history keeps what it was`()
        async throws
    {
        let home = try await OperatorHome()
        try await home.ok("user add ana --name Ana --email ana@inair.example")
        try await home.ok("config set user/ana/email --empty")
        #expect(try await home.ok("config get user/ana/email") == "—\n")
        #expect(try await home.ok("config get user/ana/email --json").contains("\"value\":null"))
        #expect(try await home.ok("config history user/ana/email").contains("ana@inair.example"))
        #expect(try await home.run("config set user/ana/state --empty").status == .badData)
        for line in ["config set user/ana/email", "config set user/ana/email x@y.es --empty"] {
            #expect(try await home.run(line).status == .usage)
        }
        #expect(try await home.ok("user list").contains("ana"))
        try await conflict(in: home)
        try await home.ok("config resolve user/juan/name --empty")
        #expect(try await home.ok("config get user/juan/name") == "—\n")
    }

    @Test func `verify says that everything is whole, and 65 when a byte was changed`()
        async throws
    {
        let home = try await OperatorHome()
        try await home.ok("user add ana --name Ana")
        #expect(try await home.ok("log verify").contains("Everything is whole: 1 records"))
        let replica = try home.engine.workspace().replica
        try await replica.write { transaction in
            _ = try transaction.connection.run(
                "UPDATE record SET body = zeroblob(length(body)) WHERE sequence = 1")
        }
        let outcome = try await home.run("log verify")
        #expect(outcome.status == .badData)
        #expect(
            outcome.output.contains(
                "BAD: device “matriz-1”, topic configuration, branch —, record 1: the content"))
        let json = try await home.run("log verify --json")
        #expect(json.status == .badData)
        #expect(json.output.contains(#""sequence":1,"fault":"content""#))
    }
}
