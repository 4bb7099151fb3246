/// The sizes and places inside a page of the encrypted format (docs/FILE_FORMAT.md, "Pages").
package enum PageLayout {
    /// How many bytes a page has.
    package static let pageBytes = 4096
    /// How many bytes SQLite leaves free at the end of each page.
    package static let reservedBytes = 40
    /// How many bytes of a page SQLite uses.
    package static let usableBytes = pageBytes - reservedBytes
    /// How many bytes identify a file, at the start of page 1.
    package static let fileIDBytes = 16
    /// Where the ciphertext of page 1 begins: after the file id and eight clear bytes.
    static let firstPageClearBytes = 24
    static let nonceBytes = 24
    static let tagOffset = usableBytes + nonceBytes
    /// What a disk stores whole or not at all.
    static let sectorBytes = 512
    /// The header of a frame of the log.
    static let frameHeaderBytes = 24
    static let frameBytes = frameHeaderBytes + pageBytes
    static let logHeaderBytes = 32

    /// What SQLite expects at the start of a database.
    static let magic: [UInt8] = Array("SQLite format 3\0".utf8)
    /// The eight clear bytes, versions excepted: 4096 bytes per page, 40 reserved, and the three
    /// fractions, which never differ.
    static let clearBytes: [UInt8] = [0x10, 0, 1, 1, 40, 64, 32, 32]

    /// Whether the clear bytes of page 1 are those of this format.
    static func isFirstPage(_ page: UnsafeRawBufferPointer) -> Bool {
        page.count >= firstPageClearBytes
            && clearBytes.enumerated().allSatisfy { index, byte in
                let found = page[fileIDBytes + index]
                return found == byte || (index == 2 || index == 3) && found == 2
            }
    }
}

extension UnsafeRawBufferPointer {
    /// The big-endian number of 32 bits at an offset.
    func number(at offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores a number with its highest byte first.
    func store(_ number: some FixedWidthInteger, at offset: Int) {
        storeBytes(of: number.bigEndian, toByteOffset: offset, as: type(of: number.bigEndian))
    }
}
