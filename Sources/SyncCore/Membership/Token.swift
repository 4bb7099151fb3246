/// What an administrator hands to a new device, once, on paper or by chat.
///
/// Whoever holds it can join within its life, and nothing else: it opens no secret, and
/// `admin` and `sender` still wait for approval.
package struct JoinToken: Sendable {
    package let hub: HubCard
    package let organisation: Digest
    package let invite: InviteID
    /// The seed of the invitation's signing key.
    package let seed: [UInt8]
    package let expires: Timestamp

    package init(
        hub: HubCard, organisation: Digest, invite: InviteID, seed: [UInt8], expires: Timestamp
    ) {
        self.hub = hub
        self.organisation = organisation
        self.invite = invite
        self.seed = seed
        self.expires = expires
    }
}

/// What `syncmail-server init` prints, to be signed into membership by `syncmail hub attach`.
package struct HubToken: Sendable {
    package let hub: HubCard

    package init(hub: HubCard) {
        self.hub = hub
    }
}

/// The text form of tokens: a prefix that names the kind, then base 32 of the content and of
/// the first four bytes of its hash, so that a lost or mistyped character is noticed at once.
package enum TokenText {
    private static let checksumByteCount = 4
    /// How many characters a token may have; the longest that is made has about 1300.
    private static let characterCountMaximum = 4096

    /// Writes a token.
    package static func write(_ content: some CBOREncodable, prefix: String) -> String {
        let bytes = content.canonicalBytes
        return prefix + Base32.encode(bytes + Digest(of: bytes).bytes.prefix(checksumByteCount))
    }

    /// Reads a token, white space and upper case aside.
    package static func read<Content: CBORDecodable>(
        _ text: String, prefix: String, as type: Content.Type = Content.self
    ) throws(TokenError) -> Content {
        guard text.utf8.count <= characterCountMaximum else { throw TokenError.otherKind }
        let compact = text.filter { !$0.isWhitespace }.lowercased()
        guard compact.hasPrefix(prefix) else { throw TokenError.otherKind }
        guard let bytes = Base32.decode(compact.dropFirst(prefix.count)),
            bytes.count > checksumByteCount
        else { throw TokenError.mistyped }
        let content = Array(bytes.dropLast(checksumByteCount))
        guard bytes.suffix(checksumByteCount) == Digest(of: content).bytes.prefix(checksumByteCount)
        else { throw TokenError.mistyped }
        do {
            return try Content(canonicalBytes: content)
        } catch {
            throw TokenError.mistyped
        }
    }
}

/// A token that cannot be used.
package enum TokenError: Error, Hashable, Sendable {
    /// It is a token for something else, or none.
    case otherKind
    /// A character is missing or wrong.
    case mistyped
    /// Its life is over.
    case expired
}

extension TokenError: ExplainedError {
    package var explanation: LocalizedText {
        switch self {
        case .otherKind:
            LocalizedText(
                es: "Esto no es el código esperado. Copie el código completo que le dieron.",
                en: "This is not the expected token. Copy the whole token you were given.")
        case .mistyped:
            LocalizedText(
                es: "Al código le falta o le cambió algún carácter. Cópielo de nuevo completo.",
                en: "A character of the token is missing or wrong. Copy the whole token again.")
        case .expired:
            LocalizedText(
                es: "El código caducó. Pida uno nuevo con «syncmail device invite».",
                en: "The token has expired. Ask for a new one with 'syncmail device invite'.")
        }
    }

    package var exitStatus: ExitStatus { .badData }
}

extension JoinToken: CBOREncodable, CBORDecodable {
    /// How the text of such a token begins.
    package static let prefix = "smjoin1"

    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, hub)
            fields.field(2, organisation)
            fields.field(3, invite)
            fields.field(4, Bytes(seed))
            fields.field(5, expires)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "join token")
        hub = try fields.required(1)
        organisation = try fields.required(2)
        invite = try fields.required(3)
        seed = try fields.required(4) { (reader) throws(CodingError) in
            try reader.byteString(count: SigningKey.seedByteCount, in: "join token")
        }
        expires = try fields.required(5)
    }
}

extension HubToken: CBOREncodable, CBORDecodable {
    /// How the text of such a token begins.
    package static let prefix = "smhub1"

    package func encode(to writer: inout CBORWriter) { writer.value(hub) }
    package init(from reader: inout CBORReader) throws(CodingError) {
        hub = try reader.value()
    }
}
