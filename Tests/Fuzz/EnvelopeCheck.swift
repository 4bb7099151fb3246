import SyncCore
import TestSupport

/// The outside of requests and replies, and what their compression unfolds to.
enum EnvelopeCheck {
    private static let keys = FixedKeys()
    private static let contentMaximum = 1 << 16

    /// Tries bytes as a request, as a reply, and as a compressed message.
    static func check(_ bytes: [UInt8]) -> String? {
        checkRequest(bytes) ?? checkReply(bytes) ?? checkCompressed(bytes)
    }

    /// Nobody but the owner of a key seals: what was not sealed here is opened by nobody.
    private static func checkRequest(_ bytes: [UInt8]) -> String? {
        do throws(EnvelopeError) {
            _ = try keys.opener.open(bytes)
            return bytes == keys.sealed ? nil : "a request was opened that nobody sealed"
        } catch {
            return nil
        }
    }

    private static func checkReply(_ bytes: [UInt8]) -> String? {
        do throws(EnvelopeError) {
            _ = try keys.replyOpener.open(bytes)
            return "a reply was opened that nobody sealed"
        } catch {
            return nil
        }
    }

    private static func checkCompressed(_ bytes: [UInt8]) -> String? {
        do throws(CodingError) {
            let content = try Compression.decompress(bytes, maximum: contentMaximum)
            return content.count <= contentMaximum ? nil : "more was unfolded than is allowed"
        } catch {
            return nil
        }
    }
}

/// Keys that are the same in every run, so that a request that was sealed once opens.
private struct FixedKeys: Sendable {
    let opener: RequestOpener
    let replyOpener: ReplyOpener
    let sealed: [UInt8]

    init() {
        let environment = ManualEnvironment(seed: 1).environment
        let hub = SigningKey(randomFrom: environment)
        let sealing = SealingKey(randomFrom: environment)
        let device = SigningKey(randomFrom: environment)
        opener = RequestOpener(
            [HubKeys(sealingKey: sealing, verificationKey: hub.verificationKey)],
            now: environment.now)
        let sealer = RequestSealer(
            key: device, device: device.verificationKey.deviceID, organisation: .zero,
            hub: DeviceCard(
                name: "hub", verificationKey: hub.verificationKey, sealingTarget: sealing.target))
        let made = sealer.seal(.chain(after: 1), using: environment)
        (sealed, replyOpener) = (made.bytes, made.opener)
    }
}
