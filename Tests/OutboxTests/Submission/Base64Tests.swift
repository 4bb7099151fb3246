import Testing

@testable import Outbox

struct Base64Tests {
    @Test(arguments: 0..<20)
    func `what was written is read again`(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
        #expect(Base64.decode(Array(Base64.encode(bytes).utf8)) == bytes)
    }

    @Test(arguments: ["a", "ab=", "a===", "ab=c", "ab c", "====", "áaa"])
    func `anything else is refused`(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }
}
