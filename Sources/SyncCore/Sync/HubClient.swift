/// Asks one hub, for one device: seals each question and opens its answer.
package struct HubClient: HubChannel {
    private let sealer: RequestSealer
    private let transport: any SyncTransport
    private let environment: Environment

    /// Prepares to ask.
    ///
    /// - Parameters:
    ///   - identity: The device that asks.
    ///   - organisation: The hash of the organisation's genesis.
    ///   - hub: The hub's keys, as membership or a token names them.
    ///   - transport: The way there.
    ///   - environment: Chance.
    ///   - versions: The versions of the protocol that the device speaks.
    ///   - life: Tells the present life of the device, if it may begin another one meanwhile.
    package init(
        identity: DeviceIdentity, organisation: Digest, hub: DeviceCard,
        transport: any SyncTransport, environment: Environment,
        versions: ProtocolVersions = .present,
        life: (@Sendable () -> Incarnation?)? = nil
    ) {
        let present = identity.incarnation
        sealer = RequestSealer(
            key: identity.signingKey, device: identity.id, organisation: organisation, hub: hub,
            versions: versions, life: life ?? { present })
        self.transport = transport
        self.environment = environment
    }

    package func ask(_ request: HubRequest, within wait: Duration) async throws -> HubReply {
        let (bytes, opener) = sealer.seal(request, using: environment)
        let reply = try opener.open(try await transport.exchange(bytes, within: wait))
        if case .refused(let refusal) = reply { throw refusal }
        return reply
    }
}
