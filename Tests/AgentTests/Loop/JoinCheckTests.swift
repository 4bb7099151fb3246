import Foundation
import SyncCore
import TestThreads
import Testing

@testable import Agent

/// What a device that joins finds out about its own network, with real engines and a real hub.
@Suite(.realWorld)
struct JoinCheckTests {
    private struct Answer: Decodable {
        struct Network: Decodable {
            struct Finding: Decodable {
                let code: String
            }
            let findings: [Finding]
        }
        let organisation: String
        let network: Network?
    }

    @Test(arguments: [true, false])
    func `join tries the ports of the accounts, tells of them and notes them`(
        isJSON: Bool
    ) async throws {
        try await LiveOrganisation.with(engines: 1, strangers: 1) { organisation in
            // Nobody listens there.
            try await organisation.run(
                [
                    "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                    "127.0.0.1", "--route", "9/implicit", "--password-stdin",
                ], on: 0, input: "secreta\n")
            let code = try await organisation.invite()
            let told = try await organisation.run(
                ["join", code, "--name", "n1"] + (isJSON ? ["--json"] : []), on: 1)
            if isJSON {
                let answer = try JSONDecoder().decode(Answer.self, from: Data(told.utf8))
                #expect(answer.organisation == "INAIR")
                #expect(answer.network?.findings.map(\.code) == ["TCP_RST"])
            } else {
                #expect(told.contains("❌ Port 9: REFUSED"), "\(told)")
            }
            let noted = try await organisation.run(
                ["log", "list", "--kind", "route", "--json"], on: 1)
            #expect(noted.contains("TCP_RST"), "\(noted)")
        }
    }

    @Test func `join says that nothing was tried where there is no account`() async throws {
        try await LiveOrganisation.with(engines: 1, strangers: 1) { organisation in
            let code = try await organisation.invite()
            let told = try await organisation.run(["join", code, "--name", "n1", "--json"], on: 1)
            let answer = try JSONDecoder().decode(Answer.self, from: Data(told.utf8))
            #expect(answer.network == nil)
        }
    }
}
