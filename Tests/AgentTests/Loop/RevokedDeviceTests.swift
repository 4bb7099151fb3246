import Foundation
import Outbox
import SyncCore
import Testing

@testable import Agent

/// A device that is revoked while mails wait in it, with real engines and a real hub.
struct RevokedDeviceTests {
    fileprivate struct Rows: Decodable {
        struct Row: Decodable {
            struct Delivery: Decodable {
                let id: String
            }
            let device_name: String
            let delivery: Delivery
        }
        let quarantine: [Row]
    }

    fileprivate struct Status: Decodable {
        struct Secret: Decodable {
            let account: String
            let login: String
        }
        let revoked: Bool
        let secrets_to_change: [Secret]
    }

    @Test func `what waited in a revoked device is held at the hub until somebody decides`()
        async throws
    {
        try await LiveOrganisation.with(engines: 2) { organisation in
            try await organisation.addAccount()
            // Both may send, so the password reaches the other device by itself.
            try await organisation.wait(for: "The other device gets the password.") {
                try await organisation.replica(1).read { transaction in
                    try transaction.directory.account(AccountID(validated: "ventas"))?
                        .sealedDevices.contains(transaction.identity.id) ?? false
                }
            }
            // It waits there, because it is to leave much later.
            let later = Timestamp(milliseconds: 7_000_000_000_000)
            _ = try await organisation.queue(1, on: 1, notBefore: later)
            let told = try await organisation.run(["device", "revoke", "n1", "--json"], on: 0)
            #expect(told.contains("ventas"), "\(told)")
            try await organisation.wait(for: "The mail comes into quarantine.") {
                try await organisation.quarantine().count == 1
            }
            let row = try #require(try await organisation.quarantine().first)
            #expect(row.device_name == "n1")
            let mine = try await organisation.status(on: 1)
            #expect(mine.revoked)
            await #expect(throws: SubmissionError.self) {
                _ = try await organisation.queue(2, on: 1, notBefore: later)
            }
            try await organisation.run(["quarantine", "discard", row.delivery.id], on: 0)
            try await organisation.wait(for: "The mail is discarded.") {
                try await organisation.quarantine().isEmpty
            }
            // The password that it knew is listed until it is another one.
            #expect(
                try await organisation.status(on: 0).secrets_to_change.map(\.login)
                    == ["ventas@inair.example"])
            try await organisation.run(
                ["account", "set", "ventas", "--password-stdin"], on: 0, input: "nueva\n")
            #expect(try await organisation.status(on: 0).secrets_to_change.isEmpty)
        }
    }
}

extension LiveOrganisation {
    fileprivate func addAccount() async throws {
        try await run(
            [
                "account", "add", "ventas", "--address", "ventas@inair.example", "--host",
                "smtp.inair.example", "--route", "465/implicit", "--password-stdin",
            ], on: 0, input: "secreta\n")
    }

    fileprivate func quarantine() async throws -> [RevokedDeviceTests.Row] {
        let output = try await run(["quarantine", "list", "--json"], on: 0)
        return try RevokedDeviceTests.rows(output)
    }

    fileprivate func status(on index: Int) async throws -> RevokedDeviceTests.StatusView {
        try RevokedDeviceTests.status(try await run(["status", "--json"], on: index))
    }
}

extension RevokedDeviceTests {
    fileprivate typealias Row = Rows.Row
    fileprivate typealias StatusView = Status

    fileprivate static func rows(_ output: String) throws -> [Row] {
        try JSONDecoder().decode(Rows.self, from: Data(output.utf8)).quarantine
    }

    fileprivate static func status(_ output: String) throws -> StatusView {
        try JSONDecoder().decode(Status.self, from: Data(output.utf8))
    }
}
