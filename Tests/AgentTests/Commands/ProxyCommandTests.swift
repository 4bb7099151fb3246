import Foundation
import SyncCore
import Testing

@testable import Agent

/// The proxy through which the hub is reached, as people name it.
struct ProxyCommandTests {
    private static let password = "clave-del-proxy-inconfundible"

    @Test func `a proxy is remembered with its password, which nothing shows`() async throws {
        try await CommandHome.with { home in
            let url = "http://proxy.empresa.example:3128"
            let set = await home.run(
                ["proxy", "set", url, "--proxy-user", "quito", "--proxy-password-file", "-"],
                files: [.standardInput: Array((Self.password + "\n").utf8)])
            #expect(set.status == .done, "\(set.error)")
            var said = set.output + set.error
            for line in ["proxy show", "proxy show --json", "status --json", "config list"] {
                let ending = await home.run(line.split(separator: " ").map(String.init))
                #expect(ending.status == .done, "\(line)")
                said += ending.output + ending.error
            }
            #expect(said.contains(url) && said.contains("quito"))
            #expect(!said.contains(Self.password))
            guard
                case .server(url, "quito", let stored?)? =
                    try await home.engine.workspace().proxy()?.way
            else { return #expect(Bool(false), "It was not remembered.") }
            #expect(stored.withBytes { Array($0) } == Array(Self.password.utf8))
            let back = await home.run(["proxy", "set", "environment"])
            #expect(back.status == .done)
            let none = try await home.engine.workspace().proxy()
            #expect(none == nil)
        }
    }

    @Test(arguments: [
        "http://user:hunter2@proxy.example:1", "ftp://proxy.example", "proxy.example:3128",
        "http://", "http://proxy.example/path", "http://proxy example:1",
    ])
    func `an address that is none, or holds a password, is refused and not repeated`(
        url: String
    ) async throws {
        try await CommandHome.with { home in
            for words in [["proxy", "set", url], ["join", "x", "--proxy", url]] {
                for language in [Language.spanish, .english] {
                    let ending = await home.run(words, language: language)
                    #expect(ending.status == .usage, "\(words)")
                    #expect(!ending.error.contains("hunter2"))
                }
            }
            let stored = try await home.engine.workspace().proxy()
            #expect(stored == nil)
        }
    }
}
