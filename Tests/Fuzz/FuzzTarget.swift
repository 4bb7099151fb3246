import SyncCore

/// A decoder of bytes from outside, and what must hold whatever it is given.
///
/// Beside what a check looks at, two things are checked by how it is run: nothing may trap, and
/// the compiler sees that every error is of the one type that callers expect.
package struct FuzzTarget: Sendable {
    package let name: String
    /// What is wrong with how the bytes were treated, or nothing.
    package let check: @Sendable ([UInt8]) -> String?

    init(_ name: String, _ check: @escaping @Sendable ([UInt8]) -> String?) {
        self.name = name
        self.check = check
    }

    /// Every target, the name of each being that of its folder in `fixtures/corpus`.
    package static let all =
        [
            FuzzTarget("cbor", CBORItem.check), canonical("request", HubRequest.self),
            canonical("reply", HubReply.self), FuzzTarget("record", checkRecord),
            FuzzTarget("batch", checkBatch), FuzzTarget("membership", checkEntry),
            FuzzTarget("bodies", checkBody), FuzzTarget("envelope", EnvelopeCheck.check),
            FuzzTarget("token", checkToken), FuzzTarget("json", checkJSON),
        ] + FuzzTarget.files + FuzzTarget.conversations

    /// The target of a name.
    package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

    /// Whatever is read is written in one way only, and that way is read again as the same.
    ///
    /// Fields that are not known are passed over, and an empty list may be left out, so what is
    /// written may be shorter than what was read. It is never longer, and never other bytes of
    /// the same length.
    private static func canonical<Value: CBOREncodable & CBORDecodable & Hashable & Sendable>(
        _ name: String, _ type: Value.Type
    ) -> FuzzTarget {
        FuzzTarget(name) { checkCanonical(Value.self, $0) }
    }

    private static func checkCanonical<Value: CBOREncodable & CBORDecodable & Hashable>(
        _ type: Value.Type, _ bytes: [UInt8], mayGrow: Bool = false
    ) -> String? {
        do throws(CodingError) {
            let value = try Value(canonicalBytes: bytes)
            let written = value.canonicalBytes
            guard mayGrow || written.count <= bytes.count else {
                return "\(type) grew when it was written again"
            }
            guard mayGrow || written.count < bytes.count || written == bytes else {
                return "\(type) has two forms"
            }
            return checkAgain(value, written)
        } catch {
            return nil
        }
    }

    private static func checkAgain<Value: CBOREncodable & CBORDecodable & Hashable>(
        _ value: Value, _ written: [UInt8]
    ) -> String? {
        do throws(CodingError) {
            let again = try Value(canonicalBytes: written)
            guard again == value else {
                return "\(Value.self) is another one when it is read again"
            }
            return again.canonicalBytes == written ? nil : "\(Value.self) is not written alike"
        } catch {
            return "\(Value.self) cannot be read again: \(error)"
        }
    }

    /// A header is kept as it came, and is called plain only if it can be made again.
    private static func checkRecord(_ bytes: [UInt8]) -> String? {
        do throws(CodingError) {
            let record = try Record(headerBytes: bytes, content: nil)
            guard record.headerBytes == bytes, record.hash == Digest(of: bytes) else {
                return "a header was not kept as it came"
            }
            guard record.isPlain else { return nil }
            return record.header.canonicalBytes == bytes
                ? nil : "a plain header comes out differently"
        } catch {
            return nil
        }
    }

    /// A batch keeps every header, and passes every record on as it came.
    private static func checkBatch(_ bytes: [UInt8]) -> String? {
        do throws(CodingError) {
            let batch = try FeedBatch(canonicalBytes: bytes)
            guard batch.records.count <= FeedBatch.recordsMaximum else {
                return "more records than a batch may have"
            }
            return checkAgain(batch, batch.canonicalBytes)
        } catch {
            return nil
        }
    }

    private static func checkEntry(_ bytes: [UInt8]) -> String? {
        do throws(CodingError) {
            let entry = try MembershipEntry(bytes: bytes)
            guard entry.bytes == bytes else { return "an entry was not kept as it came" }
            return checkCanonical(MembershipChange.self, entry.change.canonicalBytes)
        } catch {
            return nil
        }
    }

    /// The first byte chooses the form.
    private static func checkBody(_ bytes: [UInt8]) -> String? {
        guard let choice = bytes.first else { return nil }
        let body = Array(bytes.dropFirst())
        switch choice % 8 {
        case 0: return checkCanonical(ConfigWrite.self, body)
        case 1: return checkCanonical(MailOffer.self, body)
        case 2: return checkCanonical(QueuedReport.self, body)
        case 3: return checkCanonical(DeliveryReport.self, body)
        case 4: return checkCanonical(LifeReport.self, body)
        case 5: return checkCanonical(KeyReport.self, body)
        case 6: return checkCanonical(RouteReport.self, body)
        default: return checkCanonical(ProtocolVersions.self, body)
        }
    }

    private static func checkToken(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(TokenError) {
            let token: HubToken = try TokenText.read(text, prefix: HubToken.prefix)
            let written = TokenText.write(token, prefix: HubToken.prefix)
            let again: HubToken = try TokenText.read(written, prefix: HubToken.prefix)
            guard again.hub == token.hub else { return "a token is another one when read again" }
        } catch {
            do throws(TokenError) {
                let token: JoinToken = try TokenText.read(text, prefix: JoinToken.prefix)
                let written = TokenText.write(token, prefix: JoinToken.prefix)
                let again: JoinToken = try TokenText.read(written, prefix: JoinToken.prefix)
                guard again.canonicalBytes == token.canonicalBytes else {
                    return "a token is another one when read again"
                }
            } catch {
                return nil
            }
        }
        return nil
    }

    private static func checkJSON(_ bytes: [UInt8]) -> String? {
        do throws(JSONError) {
            let value = try JSONValue(reading: bytes)
            do throws(JSONError) {
                let again = try JSONValue(reading: Array(value.text.utf8))
                return again == value ? nil : "JSON is another value when it is read again"
            } catch {
                return "JSON cannot be read again"
            }
        } catch {
            return nil
        }
    }
}
