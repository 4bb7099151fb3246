import Glibc

extension UnsafeRawBufferPointer {
    /// Whether a sequence of bytes occurs.
    package func contains(_ needle: [UInt8]) -> Bool {
        guard let start = baseAddress, let first = needle.first else { return false }
        var offset = 0
        while offset + needle.count <= count,
            let found = memchr(start + offset, Int32(first), count - offset - needle.count + 1)
        {
            if memcmp(found, needle, needle.count) == 0 { return true }
            offset = UnsafeRawPointer(found) - start + 1
        }
        return false
    }
}
