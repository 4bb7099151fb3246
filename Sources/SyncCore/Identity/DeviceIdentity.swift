/// Who this device is: its name, its keys and the present life of its replica.
package struct DeviceIdentity: Sendable {
    /// What people call it.
    package let name: String
    package let signingKey: SigningKey
    package let sealingKey: SealingKey
    package let incarnation: Incarnation

    package init(
        name: String, signingKey: SigningKey, sealingKey: SealingKey, incarnation: Incarnation
    ) {
        self.name = name
        self.signingKey = signingKey
        self.sealingKey = sealingKey
        self.incarnation = incarnation
    }

    /// The device's identifier, which its signing key determines.
    package var id: DeviceID { signingKey.verificationKey.deviceID }

    /// What others may know of it.
    package var card: DeviceCard {
        DeviceCard(
            name: name, verificationKey: signingKey.verificationKey,
            sealingTarget: sealingKey.target)
    }

    /// The same device in another life.
    func living(as incarnation: Incarnation) -> DeviceIdentity {
        DeviceIdentity(
            name: name, signingKey: signingKey, sealingKey: sealingKey, incarnation: incarnation)
    }

    /// One of the feeds that this life of the device writes.
    package func feed(_ topic: Topic, _ scope: Scope) -> FeedID {
        FeedID(device: id, incarnation: incarnation, topic: topic, scope: scope)
    }
}
