import Front
import Testing

struct EngineHomeTests {
    private func choose(
        _ arguments: [String] = [], _ variables: [String: String] = [:],
        owners: [String: UInt32] = [:]
    ) -> EngineHome? {
        EngineHome.choose(
            arguments: arguments, variables: variables, workingDirectory: "/desk",
            owner: { owners[$0] }, uid: 1000)
    }

    @Test func `the first of option, variable, system home and state directory is chosen`() {
        let variables = ["SYNCMAIL_HOME": "/b", "XDG_STATE_HOME": "/x", "HOME": "/homes/ana"]
        let system = [EngineHome.systemDirectory: UInt32(990)]
        #expect(choose(["--home", "/a"], variables, owners: system)?.directory == "/a")
        #expect(choose(["--home=rel/"], variables)?.directory == "/desk/rel")
        #expect(choose([], variables, owners: system)?.directory == "/b")
        #expect(
            choose([], ["HOME": "/homes/ana"], owners: system)
                == EngineHome(directory: EngineHome.systemDirectory, kind: .system))
        #expect(choose([], ["XDG_STATE_HOME": "/x"])?.directory == "/x/syncmail")
        #expect(
            choose([], ["XDG_STATE_HOME": "x", "HOME": "/homes/ana"])?.directory
                == "/homes/ana/.local/state/syncmail")
        #expect(choose() == nil)
    }

    @Test func `a home of somebody else is a system home`() {
        #expect(choose(["--home", "/a"], owners: ["/a": 1000])?.kind == .personal)
        #expect(choose(["--home", "/a"], owners: ["/a": 0])?.kind == .system)
        #expect(choose(["--home", "/a"])?.kind == .personal)
    }

    @Test func `the system home has its socket where systemd listens`() {
        let system = EngineHome(directory: EngineHome.systemDirectory, kind: .system)
        #expect(system.socket == "/run/syncmail/socket")
        #expect(EngineHome(directory: "/a", kind: .system).socket == "/a/socket")
    }

    @Test func `an option behind two dashes is an operand`() {
        #expect(GlobalOption.value(of: "home", in: ["x", "--", "--home", "/a"]) == nil)
        #expect(GlobalOption.value(of: "home", in: ["x", "--home"]) == nil)
    }

    @Test(
        arguments: [
            (["--lang", "en"], ["LANG": "es_EC.UTF-8"], FrontLanguage.english),
            ([], ["LC_ALL": "", "LANG": "en_US.UTF-8"], .english),
            ([], ["LC_ALL": "es_ES", "LANG": "en_US"], .spanish),
            ([], ["LANG": "C"], .spanish), ([], [:], .spanish),
        ] as [([String], [String: String], FrontLanguage)])
    func `the language is the first that is set, and Spanish otherwise`(
        arguments: [String], variables: [String: String], language: FrontLanguage
    ) {
        #expect(FrontLanguage(arguments: arguments, variables: variables) == language)
    }
}
