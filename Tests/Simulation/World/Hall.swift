import Synchronization
import SyncCore

/// Where simulations take place, one after the other: disks, and the organisation they all begin
/// with.
///
/// It belongs to one thread.
package final class Hall: Sendable {
    /// How many devices an organisation has at most.
    static let devicesMaximum = 5

    private static let count = Atomic(0)

    /// The hub's disk, then those of the devices.
    let sites: [DiskSite]
    /// The disks of an organisation that has just begun.
    let template: Template

    /// Prepares a hall, which takes a second.
    ///
    /// - Throws: What the product throws when an organisation cannot be made.
    package init() throws {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        // One more than there are devices: a clone needs a disk of its own.
        sites = (0...Self.devicesMaximum + 1).map { DiskSite(name: "hall \(number) site \($0)") }
        template = try Template.make(on: sites)
    }
}
