import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// The mail a day that tells a person of his alerts.
struct AlertDigestTests {
    private func fail(_ home: CommandHome, _ message: MessageID) async throws {
        try await home.engine.workspace().replica.write { transaction in
            let attempt = AttemptID(
                number: 1,
                grant: LeaseGrant(
                    account: AccountID(validated: "ventas"), device: transaction.identity.id,
                    fence: FencingToken(counter: 1, nonce: 1)))
            _ = try transaction.append(
                DeliveryReport(
                    delivery: DeliveryID(message: message, recipient: 0),
                    fact: .concluded(attempt, .refusedPermanently), detail: AttemptDetail()),
                kind: DeliveryReport.recordKind, topic: .audit,
                scope: .branch(BranchID(validated: "matriz")), actor: "agent")
        }
    }

    @Test
    func `where it is wanted a person gets one mail a day with his alerts, never about itself`()
        async throws
    {
        let manual = ManualEnvironment()
        try await CommandHome.with(manual) { home in
            let workspace = try home.engine.workspace()
            let digest = AlertDigest(
                replica: workspace.replica, submission: workspace.submission, hasQueued: {})
            let sent = await home.run(
                ["send", "--to", "ana@example.com", "--subject", "Oferta", "--body-file", "-"],
                as: CommandHome.juan, files: [.standardInput: Array("Hola.\n".utf8)])
            #expect(sent.status == .done)
            let mail = try #require(try await home.mails().first).mail.message
            try await fail(home, mail)
            try await home.configure([
                DirectoryUser.path(UserID(validated: "juan"), "email"): .text("juan@inair.ec"),
                DirectoryUser.path(UserID(validated: "maria"), "email"): .text("maria@inair.ec"),
            ])
            #expect(try await digest.pass() == 0)
            let set = await home.run(["config", "set", "alert/digest", "true"])
            #expect(set.status == .done, "\(set.error)")
            #expect(try await digest.pass() == 1)
            #expect(try await digest.pass() == 0)
            let told = try #require(try await home.mails().first { $0.mail.type == "alerta" })
            #expect(told.mail.user.text == "juan")
            #expect(told.deliveries.map(\.address) == ["juan@inair.ec"])
            // That it fails is no alert, nor is it in the next day's mail.
            try await fail(home, told.mail.message)
            let list = await home.run(["alert", "list", "--json"], as: CommandHome.juan)
            #expect(!list.output.contains(told.mail.message.description))
            manual.advance(by: .seconds(86_400))
            #expect(try await digest.pass() == 1)
            _ = await home.run(["alert", "acknowledge", "--all"], as: CommandHome.juan)
            manual.advance(by: .seconds(86_400))
            #expect(try await digest.pass() == 0)
        }
    }
}
