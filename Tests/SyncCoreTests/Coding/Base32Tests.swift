import SyncCore
import Testing

struct Base32Tests {
    @Test func `Every length returns as it was written`() {
        for count in 0...40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        }
    }

    @Test func `The form is Crockford's`() {
        #expect(Base32.encode([0xff]) == "zw")
        #expect(Base32.encode(Array("hola".utf8)) == "d1qprr8")
        #expect(Base32.encode([]) == "")
    }

    @Test func `Letters that people confuse with digits are read as digits`() {
        #expect(Base32.decode("ZW") == [0xff])
        #expect(Base32.decode("oO") == Base32.decode("00"))
        #expect(Base32.decode("iL4") == Base32.decode("114"))
    }

    @Test(arguments: ["u0", "z-w", "z w", "ñ0", "\u{10}0", "z", "zx", "000z", "zzz", "\0\0"])
    func `Other characters, lengths and fill bits are refused`(text: String) {
        #expect(Base32.decode(text) == nil)
    }
}
