import Foundation
import TestSupport
import Testing

@testable import Outbox

/// A mail server in a process of its own that misbehaves as it is told.
final class ScriptedServer: Sendable {
    /// What the server noted.
    struct Event: Decodable {
        let event: String
        let line: String?
        let recipients: [String]?
        let authenticated: Bool?
        let body: String?
    }

    let port: Int
    private let process: ChildProcess
    private let folder = TemporaryDirectory()
    private let eventsFile: URL

    /// Starts the server; see `scripted_server.py` for the words of a script.
    ///
    /// - Parameters:
    ///   - script: A JSON object.
    ///   - certificate: What the server shows.
    /// - Returns: The server, which listens.
    /// - Throws: What kept it from starting.
    static func start(
        _ script: String, certificate: TestAuthority.Certificate
    ) async throws -> ScriptedServer {
        try await offPool { try ScriptedServer(script, certificate) }
    }

    private init(_ script: String, _ certificate: TestAuthority.Certificate) throws {
        eventsFile = URL(filePath: folder.file("events"))
        try Data().write(to: eventsFile)
        let read = try JSONSerialization.jsonObject(with: Data(script.utf8))
        var words = try #require(read as? [String: Any])
        words["events"] = eventsFile.path
        words["certificate"] = certificate.certificate
        words["key"] = certificate.key
        if words["tls"] == nil { words["tls"] = "implicit" }
        if words["auth"] == nil { words["auth"] = "235 2.7.0 Ok" }
        let text = String(
            decoding: try JSONSerialization.data(withJSONObject: words), as: UTF8.self)
        let program = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "scripted_server.py").path
        process = try ChildProcess("/usr/bin/python3", [program, text])
        port = try #require(Int(try process.firstLine()))
    }

    /// What happened so far.
    func events() throws -> [Event] {
        let text = try String(contentsOf: eventsFile, encoding: .utf8)
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(Event.self, from: Data($0.utf8))
        }
    }

    /// The mails the server has taken in.
    func mails() throws -> [Event] { try events().filter { $0.event == "mail" } }

    /// Waits until the server has taken a mail, and has not said so yet to whoever sent it.
    ///
    /// - Returns: Whether it took one; after the task was cancelled it cannot be asked again.
    func takesMail() async throws -> Bool { try await process.writesMore() }

    /// The commands the server was sent.
    func commands() throws -> [String] { try events().compactMap(\.line) }
}

/// An authority of the tests' own, and certificates it signed.
struct TestAuthority: Sendable {
    /// Files of one certificate.
    struct Certificate: Sendable {
        let certificate: String
        let key: String
    }

    /// The authority that tests trust.
    static let trusted = Result { try TestAuthority(name: "Autoridad de prueba") }
    /// An authority nobody trusts, with the name of an antivirus.
    static let antivirus = Result { try TestAuthority(name: "Avast Web/Mail Shield Root") }

    let file: String
    let localhost: Certificate
    let other: Certificate

    private init(name: String) throws {
        let path = TemporaryDirectory.untilExit().path
        file = "\(path)/ca.pem"
        let subject = "/CN=\(name.replacing("/", with: "\\/"))"
        try Self.openssl([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", subject,
            "-keyout", "\(path)/ca.key", "-out", file, "-addext",
            "basicConstraints=critical,CA:TRUE",
        ])
        localhost = try Self.sign("localhost", "DNS:localhost,IP:127.0.0.1", in: path)
        other = try Self.sign("otro.lab", "DNS:otro.lab", in: path)
    }

    private static func sign(
        _ name: String, _ alternatives: String, in path: String
    ) throws -> Certificate {
        let made = Certificate(certificate: "\(path)/\(name).pem", key: "\(path)/\(name).key")
        try Data("subjectAltName=\(alternatives)\n".utf8)
            .write(to: URL(filePath: "\(path)/\(name).ext"))
        try openssl([
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=\(name)", "-keyout", made.key,
            "-out", "\(path)/\(name).csr",
        ])
        try openssl([
            "x509", "-req", "-days", "20", "-in", "\(path)/\(name).csr", "-CA", "\(path)/ca.pem",
            "-CAkey", "\(path)/ca.key", "-CAcreateserial", "-extfile", "\(path)/\(name).ext",
            "-out", made.certificate,
        ])
        return made
    }

    private static func openssl(_ arguments: [String]) throws {
        _ = try ChildProcess.run("/usr/bin/openssl", arguments)
    }
}
