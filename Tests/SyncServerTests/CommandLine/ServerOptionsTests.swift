import SyncCore
import Testing

@testable import SyncServer

struct ServerOptionsTests {
    private func words(_ line: String) -> [String] {
        line.split(separator: " ").map(String.init)
    }

    @Test func `a verb takes its options in both spellings`() throws {
        let run = try ServerOptions(
            words("run --home /srv/hub --listen=[::]:443 --tls-cert c.pem --tls-key k.pem"))
        #expect(run.verb == .run && run.home == "/srv/hub" && !run.isJSON)
        #expect(run["listen"] == "[::]:443" && run["tls-key"] == "k.pem")
        let initialise = try ServerOptions(words("init --url https://hub.example.mx --json"))
        #expect(initialise.verb == .initialise && initialise.isJSON)
        #expect(initialise.url == "https://hub.example.mx")
        #expect(initialise.home == "/var/lib/syncmail-server")
    }

    /// What is typed, and what the error names.
    private static let wrong = [
        ("start", "start"), ("run --port 1", "--port"), ("run x", "x"),
        ("run --listen", "--listen"),
        ("run --home a --home b", "--home"), ("run --json", "--json"),
        ("run --tls-cert c.pem", "--tls-key"), ("init", "--url"), ("init --url", "--url"),
        ("init --url ftp://hub", "--url"), ("init --url https://hub --json=1", "--json"),
        ("verify --url https://hub", "--url"), ("version 1", "1"),
    ]

    @Test func `a wrong command line is 64, named and shown in both languages`() {
        for (line, named) in Self.wrong {
            do {
                _ = try ServerOptions(words(line))
                Issue.record("\(line) was taken")
            } catch {
                #expect(error.exitStatus == .usage)
                #expect(error.explanation.en.contains(named), "\(line)")
                #expect(error.explanation.en.contains("Usage: syncmail-server"), "\(line)")
                #expect(error.explanation.es != error.explanation.en, "\(line)")
            }
        }
        #expect(throws: UsageError.self) {
            try ServerOptions(["init", "--url", "https://hub\r\nX: y"])
        }
    }

    @Test(arguments: [
        ("", "verify"), ("--help", "init"), ("help", "run"), ("run --help", "--tls-cert"),
        ("help init", "--url"), ("init --url x --help", "--url"),
    ])
    func `help is given for the program and for each verb`(line: String, named: String) throws {
        let options = try ServerOptions(words(line))
        let help = try #require(options.help)
        #expect(options.verb == nil)
        #expect(help.es.contains(named) && help.en.contains(named) && help.es != help.en)
    }
}
