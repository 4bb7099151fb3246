import Glibc

/// How much room the volume of a file has.
package struct DiskSpace: Hashable, Sendable {
    /// What this user may still write.
    package let freeByteCount: Int
    package let totalByteCount: Int

    package init(freeByteCount: Int, totalByteCount: Int) {
        self.freeByteCount = freeByteCount
        self.totalByteCount = totalByteCount
    }

    /// Asks the system; nil if it does not say.
    package init?(ofVolumeWith path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = Int(clamping: status.f_frsize)
        let free = geteuid() == 0 ? status.f_bfree : status.f_bavail
        freeByteCount = Int(clamping: free).multipliedReportingOverflow(by: unit).partialValue
        totalByteCount =
            Int(clamping: status.f_blocks).multipliedReportingOverflow(by: unit).partialValue
    }
}
