/// The public face of a device or a hub: its name and its keys.
package struct DeviceCard: Hashable, Sendable {
    /// What people call it.
    package let name: String
    package let verificationKey: VerificationKey
    package let sealingTarget: SealingTarget

    /// How many bytes a name may have.
    package static let nameByteCountMaximum = 80

    package init(
        name: String, verificationKey: VerificationKey, sealingTarget: SealingTarget
    ) {
        self.name = name
        self.verificationKey = verificationKey
        self.sealingTarget = sealingTarget
    }

    /// The device's identifier, which its signing key determines.
    package var id: DeviceID { verificationKey.deviceID }
}

extension DeviceCard: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, name)
            fields.field(2, verificationKey)
            fields.field(3, sealingTarget)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "device card")
        name = try fields.required(1) { (reader) throws(CodingError) in
            try reader.text(maximum: Self.nameByteCountMaximum, in: "device name")
        }
        verificationKey = try fields.required(2)
        sealingTarget = try fields.required(3)
        guard sealingTarget.isUsable else { throw CodingError(.value, in: "sealing key") }
    }
}

/// A generation of the key under which mail is sealed for the devices that may send.
///
/// Anybody in the organisation can seal for an epoch; only devices to which its private half
/// was sealed can open.
package struct ContentEpoch: Hashable, Sendable {
    /// Its number, from 1.
    package let number: UInt64
    package let target: SealingTarget
    /// The private half, sealed for each device that may send, devices ascending.
    package let sealedKeys: [SealedEpochKey]

    package init(number: UInt64, target: SealingTarget, sealedKeys: [SealedEpochKey]) {
        self.number = number
        self.target = target
        self.sealedKeys = sealedKeys.sorted { $0.device < $1.device }
    }
}

/// The private half of an epoch, sealed for one device.
package struct SealedEpochKey: Hashable, Sendable {
    package let epoch: UInt64
    package let device: DeviceID
    package let sealed: [UInt8]

    /// How many bytes the sealed seed has.
    package static let byteCountMaximum = 128

    package init(epoch: UInt64, device: DeviceID, sealed: [UInt8]) {
        self.epoch = epoch
        self.device = device
        self.sealed = sealed
    }
}

extension ContentEpoch: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, number)
            fields.field(2, target)
            fields.field(3, list: sealedKeys)
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "epoch")
        number = try fields.required(1)
        target = try fields.required(2)
        sealedKeys = try fields.list(3, maximum: Membership.devicesMaximum)
        guard target.isUsable else { throw CodingError(.value, in: "epoch key") }
    }
}

extension SealedEpochKey: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, epoch)
            fields.field(2, device)
            fields.field(3, Bytes(sealed))
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "epoch key")
        epoch = try fields.required(1)
        device = try fields.required(2)
        sealed = try fields.required(3) { (reader) throws(CodingError) in
            try reader.byteString(maximum: Self.byteCountMaximum, in: "epoch key")
        }
    }
}
