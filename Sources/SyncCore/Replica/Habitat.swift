import CUnix
import Glibc

/// Where the file of a replica lives: a copy lives elsewhere.
///
/// A file that is copied, restored or moved to another file system is another file: it has
/// another number, and above all another time of birth, which nobody can set. A disk that is
/// copied whole is noticed by the machine's name, if the copy has one of its own; otherwise the
/// hub notices, when it knows more of a feed than its author.
package struct Habitat: Hashable, Sendable {
    /// The hash of the machine's name; nothing where it has none.
    package let machine: Digest?
    /// Which start of the machine it was.
    package let boot: String?
    /// The number of the disk, which may be another one after a start of the machine.
    package let disk: UInt64
    package let inode: UInt64
    /// When the file was made, in nanoseconds; nothing where the file system does not tell.
    package let birth: Int64?

    package init(machine: Digest?, boot: String?, disk: UInt64, inode: UInt64, birth: Int64?) {
        self.machine = machine
        self.boot = boot
        self.disk = disk
        self.inode = inode
        self.birth = birth
    }

    /// Where a file is now.
    ///
    /// - Throws: ``StorageError`` if there is none.
    package static func current(of path: String) throws(StorageError) -> Habitat {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw StorageError(
                .cannotOpen, path: path, detail: String(cString: strerror(errno)))
        }
        var seconds: Int64 = 0
        var nanoseconds: UInt32 = 0
        let hasBirth = cunix_birth(path, &seconds, &nanoseconds) == 1
        return Habitat(
            machine: line(of: "/etc/machine-id").map {
                Digest(of: Array("syncmail machine 1".utf8), Array($0.utf8))
            },
            boot: line(of: "/proc/sys/kernel/random/boot_id"),
            disk: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(truncatingIfNeeded: status.st_ino),
            birth: hasBirth ? seconds &* 1_000_000_000 &+ Int64(nanoseconds) : nil)
    }

    /// Whether a file that lived there and one that lives here can be the same one.
    ///
    /// What is not known of one of them is not compared. Disks are numbered anew when the machine
    /// starts, so their numbers count only within one start.
    package func canBe(_ other: Habitat) -> Bool {
        if let machine, let theirs = other.machine, machine != theirs { return false }
        if let birth, let theirs = other.birth, birth != theirs { return false }
        if let boot, boot == other.boot, disk != other.disk { return false }
        return inode == other.inode
    }

    private static func line(of path: String) -> String? {
        let descriptor = cunix_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let line = bytes.prefix(count).prefix { $0 > 0x20 }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}

extension Habitat: CBOREncodable, CBORDecodable {
    package func encode(to writer: inout CBORWriter) {
        writer.fields { fields in
            fields.field(1, machine)
            fields.field(2, boot)
            fields.field(3, disk)
            fields.field(4, inode)
            fields.field(5, birth.map { UInt64(bitPattern: $0) })
        }
    }

    package init(from reader: inout CBORReader) throws(CodingError) {
        let fields = try reader.fields(in: "habitat")
        machine = try fields.optional(1)
        boot = try fields.optional(2)
        disk = try fields.required(3)
        inode = try fields.required(4)
        birth = try fields.optional(5, UInt64.self).map { Int64(bitPattern: $0) }
    }
}
