import CSodium
import Glibc

/// Seals and opens the pages of one file.
///
/// A page is bound to its kind of file, number and place, so that it opens nowhere else.
struct PageCipher {
    /// The kind of file that a page lies in.
    enum Kind: UInt8 {
        case database = 0x44
        case log = 0x57
        case journal = 0x4a
    }

    /// Where a page of the log or journal lies: its offset, and the random numbers that tell this
    /// log or journal from earlier ones in the same file.
    struct Place {
        let offset: Int64
        let salts: UInt64
    }

    /// The 16 random bytes that name the file.
    let fileID: [UInt8]
    /// The masks of checksums that belong to the same file.
    let checksumMask: ChecksumMask
    private let pageKey: SecretBytes

    /// Derives the keys of a file.
    init(dataKey: SecretBytes, fileID: [UInt8]) {
        precondition(fileID.count == PageLayout.fileIDBytes, "A file id has 16 bytes.")
        self.fileID = fileID
        pageKey = Self.derive("P", count: 32, dataKey: dataKey, fileID: fileID)
        checksumMask = ChecksumMask(
            logKey: Self.derive("W", count: 16, dataKey: dataKey, fileID: fileID),
            journalKey: Self.derive("J", count: 16, dataKey: dataKey, fileID: fileID))
    }

    /// Encrypts a page into another buffer, under a fresh nonce.
    func seal(
        _ page: UnsafeRawBufferPointer, into sealed: UnsafeMutableRawBufferPointer, kind: Kind,
        number: UInt32, place: Place? = nil
    ) {
        precondition(page.count == PageLayout.pageBytes && sealed.count == PageLayout.pageBytes)
        guard let source = page.baseAddress, let target = sealed.baseAddress else { return }
        let isFirst = kind == .database && number == 1
        let skipped = isFirst ? PageLayout.firstPageClearBytes : 0
        if isFirst {
            sealed.copyBytes(from: fileID)
            memcpy(target + PageLayout.fileIDBytes, source + PageLayout.fileIDBytes, 8)
        }
        let nonce = target + PageLayout.usableBytes
        randombytes_buf(nonce, PageLayout.nonceBytes)
        withAdditionalData(kind, number, place, isFirst ? source : nil) { data in
            pageKey.withBytes { key in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
                    byte(target + skipped), byte(target + PageLayout.tagOffset), nil,
                    byte(source + skipped), UInt64(PageLayout.usableBytes - skipped),
                    byte(data.baseAddress), UInt64(data.count), nil, byte(nonce),
                    byte(key.baseAddress))
            }
        }
    }

    /// Decrypts a page, which may be its own target.
    ///
    /// Page 1 gets SQLite's magic back.
    ///
    /// - Returns: Whether the page was authentic. If not, the target holds nothing of use.
    func open(
        _ sealed: UnsafeRawBufferPointer, into page: UnsafeMutableRawBufferPointer, kind: Kind,
        number: UInt32, place: Place? = nil
    ) -> Bool {
        precondition(page.count == PageLayout.pageBytes && sealed.count == PageLayout.pageBytes)
        guard let source = sealed.baseAddress, let target = page.baseAddress else { return false }
        let isFirst = kind == .database && number == 1
        let skipped = isFirst ? PageLayout.firstPageClearBytes : 0
        guard !isFirst || memcmp(source, fileID, fileID.count) == 0 else { return false }
        let result = withAdditionalData(kind, number, place, isFirst ? source : nil) { data in
            pageKey.withBytes { key in
                crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                    byte(target + skipped), nil, byte(source + skipped),
                    UInt64(PageLayout.usableBytes - skipped),
                    byte(source + PageLayout.tagOffset), byte(data.baseAddress),
                    UInt64(data.count), byte(source + PageLayout.usableBytes),
                    byte(key.baseAddress))
            }
        }
        guard result == 0 else { return false }
        if isFirst {
            memmove(
                target + PageLayout.fileIDBytes, source + PageLayout.fileIDBytes,
                PageLayout.firstPageClearBytes - PageLayout.fileIDBytes)
            page.copyBytes(from: PageLayout.magic)
        }
        // What SQLite wrote there was zero, and what it reads must be what it wrote: the
        // checksums of the log cover the whole page.
        memset(target + PageLayout.usableBytes, 0, PageLayout.reservedBytes)
        return true
    }

    private static func derive(
        _ label: Unicode.Scalar, count: Int, dataKey: SecretBytes, fileID: [UInt8]
    ) -> SecretBytes {
        let input = fileID + [UInt8(ascii: label)]
        return SecretBytes(count: count) { target in
            dataKey.withBytes { key in
                let result = crypto_generichash(
                    byte(target.baseAddress), count, input, UInt64(input.count),
                    byte(key.baseAddress), key.count)
                precondition(result == 0, "The key and the hash have lengths that BLAKE2b knows.")
            }
        }
    }

    private func withAdditionalData<Value>(
        _ kind: Kind, _ number: UInt32, _ place: Place?, _ firstPage: UnsafeRawPointer?,
        _ body: (UnsafeRawBufferPointer) -> Value
    ) -> Value {
        withUnsafeTemporaryAllocation(byteCount: 48, alignment: 8) { buffer in
            buffer[0] = kind.rawValue
            buffer.store(number, at: 1)
            UnsafeMutableRawBufferPointer(rebasing: buffer[5..<21]).copyBytes(from: fileID)
            var count = 21
            if let place {
                buffer.store(place.offset, at: 21)
                buffer.store(place.salts, at: 29)
                count += 16
            }
            if let firstPage {
                let clear = UnsafeRawBufferPointer(start: firstPage + 16, count: 8)
                UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + 8])
                    .copyBytes(from: clear)
                count += 8
            }
            return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

/// An address as libsodium takes it.
///
/// An empty buffer has none and is a programming error.
func byte(_ address: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<UInt8> {
    guard let address else { preconditionFailure("libsodium was given no buffer.") }
    return address.assumingMemoryBound(to: UInt8.self)
}

/// An address as libsodium takes it.
///
/// An empty buffer has none and is a programming error.
func byte(_ address: UnsafeRawPointer?) -> UnsafePointer<UInt8> {
    guard let address else { preconditionFailure("libsodium was given no buffer.") }
    return address.assumingMemoryBound(to: UInt8.self)
}
