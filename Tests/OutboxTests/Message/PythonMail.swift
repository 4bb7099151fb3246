import Foundation
import Testing

/// A mail as Python's standard library reads it: an opinion that is not our own.
struct PythonMail: Decodable {
    struct Part: Decodable {
        let type: String
        let name: String?
        let hexadecimal: String

        var bytes: [UInt8] { Array(Data(hexadecimalText: hexadecimal)) }
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    let subject: String
    let to: [String]
    let cc: [String]
    let parts: [Part]
    let defects: Int

    static func read(_ bytes: [UInt8]) async throws -> PythonMail {
        let answer = Data(
            try await offPool {
                try ChildProcess.run("/usr/bin/python3", ["-c", script], input: bytes)
            })
        return try JSONDecoder().decode(PythonMail.self, from: answer)
    }

    private static let script = """
        import sys, json, email, email.policy
        m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
        leaves = [p for p in m.walk() if not p.is_multipart()]
        def content(p):
            b = p.get_payload(decode=True)
            if p.get_filename() is None: b = b.replace(b"\\r\\n", b"\\n")
            return b.hex()
        def people(h):
            return [str(a) for a in m[h].addresses] if m[h] else []
        print(json.dumps({
            "subject": str(m["subject"]), "to": people("to"), "cc": people("cc"),
            "defects": sum(len(p.defects) for p in m.walk()),
            "parts": [{"type": p.get_content_type(), "name": p.get_filename(),
                       "hexadecimal": content(p)} for p in leaves]}))
        """
}

extension Data {
    fileprivate init(hexadecimalText text: String) {
        self.init()
        var digits = text.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            append(UInt8(String([high, low]), radix: 16) ?? 0)
        }
    }
}

/// How much memory this process occupies.
func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = try #require(Int(status.split(separator: " ")[1]))
    return pages * 4096
}
