import SyncCore
import Testing

struct EnvelopeCompressionTests {
    private func decompress(_ bytes: [UInt8], _ maximum: Int = 1 << 20) throws -> [UInt8] {
        try Compression.decompress(bytes, maximum: maximum)
    }

    @Test(arguments: [0, 1, 100, 65_536, 1 << 20])
    func `Content returns as it was`(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) }
        let compressed = Compression.compress(content)
        #expect(try decompress(compressed) == content)
        #expect(count <= 100 || compressed.count < count)
    }

    @Test func `A bomb is refused before anything is allocated`() {
        let bomb = Compression.compress([UInt8](repeating: 0, count: (1 << 20) + 1))
        #expect(bomb.count < 1000)
        #expect(throws: CodingError(.limit, in: "compressed data")) { try decompress(bomb) }
    }

    @Test func `A frame that lies about its size is refused`() {
        // Magic, single segment with one byte of size, then one raw block of five bytes, last.
        func frame(declaring size: UInt8) -> [UInt8] {
            [0x28, 0xb5, 0x2f, 0xfd, 0x20, size, 0x29, 0, 0, 1, 2, 3, 4, 5]
        }
        #expect((try? decompress(frame(declaring: 5))) == [1, 2, 3, 4, 5])
        for size in [0, 4, 6, 255] as [UInt8] {
            #expect(throws: CodingError(.value, in: "compressed data")) {
                try decompress(frame(declaring: size))
            }
        }
        // The same without a declared size: a window descriptor takes its place.
        #expect(throws: CodingError(.value, in: "compressed data")) {
            try decompress([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, 0x29, 0, 0, 1, 2, 3, 4, 5])
        }
    }

    @Test func `Only one whole frame is read`() {
        let frame = Compression.compress([1, 2, 3, 4, 5, 6, 7, 8])
        #expect(throws: CodingError(.trailing, in: "compressed data")) {
            try decompress(frame + frame)
        }
        #expect(throws: CodingError(.trailing, in: "compressed data")) {
            try decompress(frame + [0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
        }
        for count in frame.indices {
            #expect(throws: CodingError(.value, in: "compressed data")) {
                try decompress(Array(frame.prefix(count)))
            }
        }
    }
}
