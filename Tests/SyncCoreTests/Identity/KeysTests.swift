import SyncCore
import TestSupport
import Testing

struct KeysTests {
    private let environment = ManualEnvironment(seed: 5).environment

    @Test func `A signature holds for its content, purpose and key only`() {
        let key = SigningKey(randomFrom: environment)
        let other = SigningKey(randomFrom: environment).verificationKey
        let content: [UInt8] = [1, 2, 3]
        for purpose in SignaturePurpose.allCases {
            let signature = key.signature(over: content, for: purpose)
            #expect(signature == key.signature(over: content, for: purpose))
            for shown in SignaturePurpose.allCases {
                let isValid = key.verificationKey.isValid(signature, over: content, for: shown)
                #expect(isValid == (shown == purpose))
            }
            #expect(!other.isValid(signature, over: content, for: purpose))
            #expect(!key.verificationKey.isValid(signature, over: [1, 2], for: purpose))
        }
    }

    @Test func `Every changed bit of a signature breaks it`() throws {
        let key = SigningKey(randomFrom: environment)
        let signature = key.signature(over: [], for: .request)
        for bit in 0..<Signature.byteCount * 8 {
            var bytes = signature.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let changed = try #require(Signature(bytes: bytes))
            if key.verificationKey.isValid(changed, over: [], for: .request) {
                Issue.record("bit \(bit)")
            }
        }
    }

    @Test func `A verification key of low order checks nothing`() throws {
        let zero = try #require(VerificationKey(bytes: [UInt8](repeating: 0, count: 32)))
        let one = try #require(VerificationKey(bytes: [1] + [UInt8](repeating: 0, count: 31)))
        let signature = try #require(
            Signature(bytes: [1] + [UInt8](repeating: 0, count: 63)))
        for key in [zero, one] {
            #expect(!key.isValid(signature, over: [1], for: .request))
        }
    }

    @Test func `Keys and signatures of another length are refused`() {
        for count in [0, 31, 33, 63, 65] {
            let bytes = [UInt8](repeating: 9, count: count)
            #expect(VerificationKey(bytes: bytes) == nil)
            #expect(SealingTarget(bytes: bytes) == nil)
            #expect(Signature(bytes: bytes) == nil)
        }
    }

    @Test(arguments: [0, 1, 32, 1000])
    func `What is sealed for a key only that key opens`(count: Int) throws {
        let key = SealingKey(randomFrom: environment)
        let content = environment.randomBytes(count)
        let sealed = key.target.seal(content)
        let opened = try #require(key.open(sealed))
        #expect(opened.withBytes { Array($0) } == content)
        #expect(SealingKey(randomFrom: environment).open(sealed) == nil)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            if key.open(changed) != nil { Issue.record("byte \(index)") }
        }
        #expect(key.open(Array(sealed.dropLast())) == nil)
        #expect(key.open([]) == nil)
    }

    @Test func `Sealing keys of low order are refused`() throws {
        var all: [[UInt8]] = [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
        ]
        // The order-8 point, and p - 1 and p, from the list in RFC 7748's security notes.
        all += [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ].compactMap { [UInt8](hexadecimal: $0) }
        let key = SealingKey(randomFrom: environment)
        #expect(key.target.isUsable)
        for bytes in all {
            let target = try #require(SealingTarget(bytes: bytes))
            #expect(!target.isUsable)
            #expect(key.sharedSecret(with: target) == nil)
            let card = DeviceCard(
                name: "x", verificationKey: SigningKey(randomFrom: environment).verificationKey,
                sealingTarget: target)
            #expect(throws: CodingError(.value, in: "sealing key")) {
                try DeviceCard(canonicalBytes: card.canonicalBytes)
            }
        }
    }

    @Test func `Two sealing keys share one secret`() throws {
        let a = SealingKey(randomFrom: environment)
        let b = SealingKey(randomFrom: environment)
        let ab = try #require(a.sharedSecret(with: b.target)).withBytes { Array($0) }
        let ba = try #require(b.sharedSecret(with: a.target)).withBytes { Array($0) }
        #expect(ab == ba)
    }

    @Test(arguments: [0, 1, 5000])
    func `A symmetric seal opens with its key and context only`(count: Int) {
        let key = SymmetricKey(randomFrom: environment)
        let content = environment.randomBytes(count)
        let sealed = key.seal(content, context: [1], using: environment)
        #expect(sealed.count == count + SymmetricKey.overheadByteCount)
        #expect(key.open(sealed, context: [1]) == content)
        #expect(key.open(sealed, context: [2]) == nil)
        #expect(key.open(Array(sealed.dropLast()), context: [1]) == nil)
        #expect(key.open([], context: [1]) == nil)
        #expect(SymmetricKey(randomFrom: environment).open(sealed, context: [1]) == nil)
    }

    @Test func `Keys derived for different uses differ`() {
        let secret = SecretBytes(randomCount: 32, from: environment)
        let keys = [
            SymmetricKey(derivedFrom: secret, for: "a", [1, 2], [3]),
            SymmetricKey(derivedFrom: secret, for: "a", [1], [2, 3]),
            SymmetricKey(derivedFrom: secret, for: "a", [1, 2, 3]),
            SymmetricKey(derivedFrom: secret, for: "b", [1, 2], [3]),
        ].map { $0.withSecret { $0.withBytes { Array($0) } } }
        #expect(Set(keys).count == keys.count)
    }
}
