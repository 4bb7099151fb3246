import Front
import Testing

struct FrameTests {
    static let stream = StreamNumber(number: 7)

    static var hello: Hello {
        get throws {
            let submission = try #require(Submission(bytes: Array(0..<16)))
            return Hello(
                submission: submission, language: .english, workingDirectory: "/srv/añil",
                arguments: ["send", "--to", "maría@x.ec", ""])
        }
    }

    @Test func `every frame of the front is read as it was written, byte by byte`() throws {
        let frames: [FrontFrame] = [
            .hello(try Self.hello), .data(Self.stream, [1, 2, 3]), .endOfData(Self.stream),
            .failure(Self.stream, 13), .secret(Self.stream, [9]), .signal(15),
        ]
        #expect(try decode(FrontFrame.self, frames.flatMap(\.encoded)) == frames)
    }

    @Test func `every frame of the engine is read as it was written, byte by byte`() throws {
        let frames: [EngineFrame] = [
            .readStandardInput(Self.stream, credit: 5),
            .readFile(Self.stream, credit: 6, path: "/tmp/ñ"), .more(Self.stream, credit: 1),
            .askSecret(Self.stream, prompt: "Contraseña: "), .output([1]), .errorOutput([2]),
            .exit(75),
        ]
        #expect(try decode(EngineFrame.self, frames.flatMap(\.encoded)) == frames)
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0, 1], FrameError.length),
            ([0, 4, 0, 1, 1], .length),
            ([0xFF, 0xFF, 0xFF, 0xFF, 2], .length),
            ([0, 0, 0, 1, 0x41], .unknownType(0x41)),
            ([0, 0, 0, 1, 0x00], .unknownType(0)),
            ([0, 0, 0, 4, 3, 0, 0, 0], .body),
            ([0, 0, 0, 1, 6], .body),
            ([0, 0, 0, 3, 6, 1, 1], .length),
            ([0, 0, 0, 3, 1, 0, 1], .body),
        ] as [([UInt8], FrameError)])
    func `a frame against the rules is refused`(bytes: [UInt8], error: FrameError) {
        var decoder = FrameDecoder<FrontFrame>()
        decoder.append(bytes)
        #expect(throws: error) { try decoder.next() }
    }

    @Test func `a hello with any byte cut off is refused`() throws {
        let whole = FrontFrame.hello(try Self.hello).encoded
        for count in 6..<whole.count {
            var cut = Array(whole[..<count])
            cut[2] = UInt8((count - 4) >> 8)
            cut[3] = UInt8((count - 4) & 255)
            var decoder = FrameDecoder<FrontFrame>()
            decoder.append(cut)
            #expect(throws: FrameError.self, "\(count) bytes") { try decoder.next() }
        }
    }

    @Test func `text that is not UTF-8 or holds a zero byte is refused`() {
        for path: [UInt8] in [[0xC3, 0x28], [0x61, 0]] {
            var decoder = FrameDecoder<EngineFrame>()
            decoder.append([0, 0, 0, UInt8(9 + path.count), 0x42, 0, 0, 0, 1, 0, 0, 0, 1] + path)
            #expect(throws: FrameError.value) { try decoder.next() }
        }
    }

    private func decode<Content: Frame>(
        _: Content.Type, _ bytes: [UInt8]
    ) throws -> [Content] {
        var decoder = FrameDecoder<Content>()
        var frames: [Content] = []
        for byte in bytes {
            decoder.append([byte])
            while let frame = try decoder.next() { frames.append(frame) }
        }
        #expect(decoder.isAtBoundary)
        return frames
    }
}
