import CZstd

/// Compression of what travels (zstd, one frame that declares its size).
package enum Compression {
    /// The level at which a megabyte of records takes about 5 ms.
    private static let level: Int32 = 3

    /// Compresses bytes.
    ///
    /// Another version of zstd may write other bytes for the same content, so whoever hashes
    /// or signs compressed bytes keeps exactly those.
    package static func compress(_ content: [UInt8]) -> [UInt8] {
        let capacity = ZSTD_compressBound(content.count)
        return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            let result = ZSTD_compress(
                buffer.baseAddress, capacity, content, content.count, level)
            precondition(ZSTD_isError(result) == 0, "The bound leaves room for any content.")
            count = result
        }
    }

    /// Decompresses exactly one frame.
    ///
    /// The declared size is compared with the limit before anything is allocated, and nothing
    /// is written beyond it, so a small input cannot unfold into a large one.
    ///
    /// - Throws: ``CodingError``: `limit` if the content is larger than allowed, `trailing` if
    ///   bytes follow the frame, `value` if it is damaged or declares no size.
    package static func decompress(
        _ compressed: [UInt8], maximum: Int, in place: String = "compressed data"
    ) throws(CodingError) -> [UInt8] {
        let declared = try declaredByteCount(of: compressed, maximum: maximum, in: place)
        let frame = ZSTD_findFrameCompressedSize(compressed, compressed.count)
        guard ZSTD_isError(frame) == 0 else { throw CodingError(.value, in: place) }
        guard frame == compressed.count else { throw CodingError(.trailing, in: place) }
        var isWhole = false
        let content = [UInt8](unsafeUninitializedCapacity: declared) { buffer, count in
            let result = ZSTD_decompress(
                buffer.baseAddress, declared, compressed, compressed.count)
            isWhole = ZSTD_isError(result) == 0 && result == declared
            count = isWhole ? result : 0
        }
        guard isWhole else { throw CodingError(.value, in: place) }
        return content
    }

    /// How many bytes a frame says it unfolds into.
    ///
    /// - Throws: ``CodingError``: `limit` if that is more than allowed, `value` if it declares no
    ///   size.
    static func declaredByteCount(
        of compressed: [UInt8], maximum: Int, in place: String
    ) throws(CodingError) -> Int {
        let declared = ZSTD_getFrameContentSize(compressed, compressed.count)
        // The two values above all sizes mean "not declared" and "not a frame".
        guard declared < UInt64.max - 1 else { throw CodingError(.value, in: place) }
        guard declared <= UInt64(maximum) else { throw CodingError(.limit, in: place) }
        return Int(declared)
    }
}
