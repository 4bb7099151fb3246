import SyncCore
import TestSupport
import Testing

@testable import Agent

/// How commands show what a later version wrote.
struct UnknownRecordsTests {
    private func writeAsLater(in home: CommandHome) async throws {
        let replica = try home.engine.workspace().replica
        try await replica.write { transaction in
            for (topic, scope) in [
                (Topic.config, Scope.organisation), (.mail, .organisation),
                (.audit, .branch(BranchID(validated: "matriz"))),
            ] {
                try transaction.append(
                    "later", kind: "future.thing", topic: topic, scope: scope, actor: "test")
            }
        }
        try await StrangeRecord(replica: replica).append(
            StrangeRecord.withField(KeyReport(.rotated)), headerField: false)
    }

    private func run(
        _ words: String, in home: CommandHome, language: Language = .english
    ) async -> String {
        let ending = await home.run(
            words.split(separator: " ").map(String.init), language: language)
        #expect(ending.status == .done, "\(ending.error)")
        return ending.output
    }

    @Test func `lists show what they cannot read as unknown, and break at nothing`()
        async throws
    {
        try await CommandHome.with { home in
            let branch = try await home.engine.workspace().replica.read { transaction in
                transaction.membership.device(transaction.identity.id)?.branch.text
            }
            #expect(branch == "matriz")
            try await writeAsLater(in: home)
            let log = await run("log list", in: home)
            #expect(log.contains("unknown kind") && log.contains("future.thing"))
            #expect(log.contains("says more than this version knows"))
            #expect(await run("log list", in: home, language: .spanish).contains("desconocido"))
            let lines = await run("log list --json", in: home)
            #expect(lines.contains(#""event":"unknown_kind""#))
            #expect(lines.contains(#""unknown":true"#))
            let fields = await run("config list", in: home)
            #expect(fields.contains("Records that this version does not know: 1 (future.thing)"))
            let values = await run("config list --json", in: home)
            #expect(values.contains(#""unknown":true,"kind":"future.thing""#))
            // Lists of a part of the configuration show that part alone.
            #expect(!(await run("config list user --json", in: home)).contains("future.thing"))
            let status = await run("status", in: home)
            #expect(status.contains("Records that this version does not know: 2 (future.thing)"))
            #expect(
                await run("status", in: home, language: .spanish)
                    .contains("Registros que esta versión no conoce: 2"))
            #expect(await run("status --json", in: home).contains(#""topic":"mail""#))
            _ = await run("log verify", in: home)
            let export = await run("log export", in: home)
            #expect(export.contains("unknown_kind"))
        }
    }

    @Test func `where everything is known nothing is called unknown`() async throws {
        try await CommandHome.with { home in
            let status = await run("status --json", in: home)
            #expect(status.contains(#""unknown_records":[]"#))
            let values = await run("config list --json", in: home)
            #expect(values.contains(#""unknown_parts":false"#))
            #expect(!values.contains(#""unknown_parts":true"#))
            #expect(!(await run("log list --json", in: home)).contains(#""unknown":true"#))
        }
    }
}
