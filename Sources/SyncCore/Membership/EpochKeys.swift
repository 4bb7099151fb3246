extension DeviceIdentity {
    /// Makes a new epoch, whose private half is sealed for each of some devices.
    package func makeEpoch(
        _ number: UInt64, for devices: [DeviceCard], using environment: Environment
    ) -> ContentEpoch {
        let seed = SecretBytes(randomCount: SealingKey.seedByteCount, from: environment)
        return ContentEpoch(
            number: number, target: SealingKey(seed: seed).target,
            sealedKeys: devices.map { device in
                SealedEpochKey(
                    epoch: number, device: device.id, sealed: device.sealingTarget.seal(seed))
            })
    }

    /// Opens the private half of an epoch, if it was sealed for this device.
    package func epochKey(_ number: UInt64, in membership: Membership) -> SealingKey? {
        epochSeed(number, in: membership).map { SealingKey(seed: $0) }
    }

    /// Seals every epoch that this device can open for another device, so that it can send mail
    /// that was sealed before it came.
    package func epochKeys(
        for device: DeviceCard, in membership: Membership
    ) -> [SealedEpochKey] {
        membership.epochs.compactMap { epoch in
            epochSeed(epoch.number, in: membership).map { seed in
                SealedEpochKey(
                    epoch: epoch.number, device: device.id,
                    sealed: device.sealingTarget.seal(seed))
            }
        }
    }

    private func epochSeed(_ number: UInt64, in membership: Membership) -> SecretBytes? {
        guard let sealed = membership.sealedEpochKey(number, for: id),
            let seed = sealingKey.open(sealed.sealed), seed.count == SealingKey.seedByteCount
        else { return nil }
        return seed
    }
}
