package import HTTPService
import SyncCore

/// The hub's door on the web: opens envelopes, has them answered, seals the answers.
package struct HubHandler: HTTPHandler {
    /// Where requests are sent to.
    package static let path = "/v1/sync"
    /// A page that answers with nothing, by which a device tells the hub from a network that
    /// answers in everybody's place.
    package static let checkPath = "/generate_204"

    private let hub: Hub
    private let opener: RequestOpener
    private let environment: Environment

    /// Opens the door of a hub.
    package init(hub: Hub) {
        self.hub = hub
        environment = hub.environment
        let identity = hub.store.identity
        opener = RequestOpener(
            [
                HubKeys(
                    sealingKey: identity.sealingKey,
                    verificationKey: identity.signingKey.verificationKey)
            ] + hub.formerKeys, versions: hub.versions, now: environment.now)
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        if request.method == .get, request.path == Self.checkPath { return .noContent }
        guard request.method == .post, request.path == Self.path else {
            return refuse(.notFound)
        }
        do {
            let opened = try opener.open(request.body)
            let reply = await hub.answer(opened)
            return .envelope(opened.replySealer.seal(reply, using: environment))
        } catch {
            switch error.code {
            case .unknownHub: break
            case .malformed: return refuse(.notAnEnvelope)
            case .notAuthentic: return refuse(.brokenSeal)
            case .content: return refuse(.unknownForm)
            case .hubIsOlder: return refuse(request.body, .hubIsOlder)
            case .deviceIsOlder: return refuse(request.body, .deviceIsOlder)
            }
            hub.refusals.note("unknownHub")
            return .envelope(await unknownHubReply())
        }
    }

    /// Tells a device that there is no version both speak.
    private func refuse(_ request: [UInt8], _ code: HubRefusal.Code) -> HTTPResponse {
        hub.refusals.note("\(code)")
        do {
            return .envelope(
                try opener.refuse(request, HubRefusal(code), using: environment))
        } catch {
            return refuse(.brokenSeal)
        }
    }

    private func refuse(_ refusal: HTTPRefusal) -> HTTPResponse {
        hub.refusals.note(refusal.rawValue)
        return refusal.response()
    }

    /// What whoever asks for another hub's key is told: who this hub is, signed by an
    /// administrator.
    private func unknownHubReply() async -> [UInt8] {
        do {
            let entry = try await hub.ownEntry()
            return SealedEnvelope.unknownHubReply + (entry?.bytes ?? [])
        } catch {
            // The store turns everybody away; the device comes again.
            return SealedEnvelope.unknownHubReply
        }
    }
}
