import Foundation
import Outbox
import SyncCore
import TestSupport
import Testing

@testable import Agent

/// What `status` and `doctor` tell of the disk, the file and the clock.
struct DoctorCommandTests {
    private func object(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any])
    }

    private func words(_ ending: CommandHome.Ending) throws -> [String] {
        let findings = try #require(try object(ending.output)["findings"] as? [[String: Any]])
        return findings.compactMap { $0["kind"] as? String }
    }

    private func raise(_ kind: Alarm.Kind, in home: CommandHome) async throws {
        let replica = try home.engine.workspace().replica
        try await replica.write { transaction in
            try AlarmStore(transaction.connection).raise(
                Alarm(
                    kind: kind, subject: "replica.db", time: transaction.environment.now(),
                    detail: "test"))
        }
    }

    @Test func `a device that is well gets 0, in both languages`() async throws {
        try await CommandHome.with { home in
            let ending = await home.run(["doctor", "--json"])
            #expect(ending.status == .done)
            let value = try object(ending.output)
            #expect(value["healthy"] as? Bool == true)
            #expect((value["pages"] as? Int ?? 0) > 10)
            #expect(await home.run(["doctor"]).output.contains("all is well"))
            let spanish = await home.run(["doctor"], language: .spanish)
            #expect(spanish.output.contains("todo bien"))
            let status = try object(await home.run(["status", "--json"]).output)
            let storage = try #require(status["storage"] as? [String: Any])
            #expect(storage["state"] as? String == "working")
            let sizes = try #require(storage["sizes"] as? [String: Int])
            #expect(
                Set(sizes.keys) == [
                    "bodies", "attachments", "log", "configuration", "other", "free", "total",
                ])
            #expect(sizes["configuration"] ?? 0 > 0)
            let disk = try #require(storage["disk"] as? [String: Int])
            #expect(disk["free"] ?? 0 > 0)
        }
    }

    @Test(arguments: [
        (Alarm.Kind.logHole, SyncCore.ExitStatus.badData), (.damagedPage, .badData),
        (.failedSync, .unavailable), (.diskError, .unavailable),
    ])
    func `each alarm of the disk has its exit status, and can be dismissed`(
        kind: Alarm.Kind, status: SyncCore.ExitStatus
    ) async throws {
        try await CommandHome.with { home in
            try await raise(kind, in: home)
            let ending = await home.run(["doctor", "--json"])
            #expect(ending.status == status)
            #expect(try words(ending) == ["alarm_\(kind.rawValue)"])
            #expect(await home.run(["status"]).output.contains("ALARM"))
            #expect(await home.run(["doctor", "--dismiss"]).status == .done)
            #expect(await home.run(["doctor"]).status == .done)
            #expect(await !home.run(["status"]).output.contains("ALARM"))
        }
    }

    @Test func `a clock that was set back is told by status and doctor until it is right`()
        async throws
    {
        let manual = ManualEnvironment()
        try await CommandHome.with(manual) { home in
            let wall = manual.environment.now()
            manual.setWall(wall.advanced(by: .seconds(-7200)))
            let ending = await home.run(["doctor", "--json"])
            #expect(ending.status == .configuration)
            let found = try words(ending)
            #expect(found == ["clock_behind"])
            #expect(await home.run(["status"]).output.contains("CLOCK: it is 2 h behind"))
            #expect(
                await home.run(["status"], language: .spanish).output.contains("RELOJ: está 2 h"))
            manual.setWall(wall.advanced(by: .seconds(1)))
            #expect(await home.run(["doctor"]).status == .done)
        }
    }

    @Test func `a page that somebody changed is found, named, and not dismissed`() async throws {
        try await CommandHome.with { home in
            let replica = try home.engine.workspace().replica
            try await replica.checkpoint()
            let file = WholeFile(replica.path)
            var bytes = try #require(file.bytes)
            let count = bytes.count / PageLayout.pageBytes
            bytes[(count - 1) * PageLayout.pageBytes + 50] ^= 1
            // In place: another file would not be the one that is open.
            let handle = try #require(FileHandle(forUpdatingAtPath: replica.path))
            try handle.write(contentsOf: Data(bytes))
            for words in [["doctor", "--json"], ["doctor", "--dismiss", "--json"]] {
                let ending = await home.run(words)
                #expect(ending.status == .badData)
                let value = try object(ending.output)
                #expect(value["refused_pages"] as? [Int] == [count])
                #expect(try self.words(ending).first == "damaged_pages")
            }
            let status = try object(await home.run(["status", "--json"]).output)
            let storage = try #require(status["storage"] as? [String: Any])
            #expect(storage["page_failures"] as? Int ?? 0 > 0)
        }
    }

    @Test func `days of retention are set by config set, and the loop goes by them`() async throws {
        let manual = ManualEnvironment()
        try await CommandHome.with(manual) { home in
            for bad in ["0", "36501", "muchos"] {
                let ending = await home.run(["config", "set", "mail/retention", bad])
                #expect(ending.status == .badData, "\(bad)")
            }
            #expect(
                await home.run(["config", "set", "mail/retention/general", "5"]).status == .done)
            _ = await home.run(
                ["send", "--to", "ana@example.com", "--subject", "Hola", "--body-file", "-"],
                as: CommandHome.juan, files: [.standardInput: Array("secreta\n".utf8)])
            let mail = try #require(try await home.mails().first)
            _ = await home.run(["outbox", "cancel", mail.mail.message.short])
            let loop = RetentionLoop(replica: try home.engine.workspace().replica)
            #expect(try await loop.pass() == 0)
            manual.advance(by: .seconds(6 * 86_400))
            #expect(try await loop.pass() == mail.mail.byteCount)
            let retry = await home.run(["outbox", "retry", mail.mail.message.short])
            #expect(retry.status == .badData)
            #expect(retry.error.contains("erased"))
            #expect(await home.run(["log", "verify"]).status == .done)
        }
    }
}
