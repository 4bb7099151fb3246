import SyncCore
import TestSupport
import Testing

struct TokenTests {
    private let world = EnvelopeWorld()

    private var token: JoinToken {
        JoinToken(
            hub: world.hub, organisation: world.organisation,
            invite: InviteID(validated: Array(0..<16)), seed: Array(0..<32), expires: world.now)
    }

    private var text: String { TokenText.write(token, prefix: JoinToken.prefix) }

    private func read(_ text: String) throws(TokenError) -> JoinToken {
        try TokenText.read(text, prefix: JoinToken.prefix)
    }

    @Test func `A token returns as it was written`() throws {
        let again = try read(text)
        #expect(again.canonicalBytes == token.canonicalBytes)
        let hub = HubToken(hub: world.hub)
        let hubText = TokenText.write(hub, prefix: HubToken.prefix)
        #expect(
            try TokenText.read(hubText, prefix: HubToken.prefix, as: HubToken.self).hub == hub.hub)
    }

    @Test func `White space, line breaks and upper case do not matter`() throws {
        let broken = text.uppercased().enumerated()
            .map { $0.offset % 40 == 39 ? "\($0.element) \r\n\t" : "\($0.element)" }.joined()
        #expect(try read("  \(broken)\n").canonicalBytes == token.canonicalBytes)
    }

    @Test func `Every changed, lost or doubled character is noticed`() {
        let characters = Array(text)
        for index in JoinToken.prefix.count..<characters.count {
            var changed = characters
            changed[index] = characters[index] == "x" ? "y" : "x"
            var lost = characters
            lost.remove(at: index)
            var doubled = characters
            doubled.insert(characters[index], at: index)
            for wrong in [changed, lost, doubled] {
                do {
                    _ = try read(String(wrong))
                    Issue.record("a mistake at \(index) was not noticed")
                } catch {
                    if error != .mistyped { Issue.record("\(index): \(error)") }
                }
            }
        }
    }

    @Test func `A token of another kind is called so`() {
        let hub = TokenText.write(HubToken(hub: world.hub), prefix: HubToken.prefix)
        for other in [hub, "", "hola", String(repeating: "smjoin1", count: 1000)] {
            #expect(throws: TokenError.otherKind) { try read(other) }
        }
        #expect(throws: TokenError.mistyped) { try read("smjoin1") }
        #expect(throws: TokenError.mistyped) {
            try read(JoinToken.prefix + hub.dropFirst(HubToken.prefix.count))
        }
    }
}
