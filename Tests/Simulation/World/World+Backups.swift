import SyncCore
import SyncServer
import TestSupport

/// Backups that are made and restored, and disks that are put back behind everybody's back.
extension World {
    private static let backupsMaximum = 4

    /// Saves a device in both ways: with the product's own backup, and as a copy of the disk.
    func backUp(_ device: DeviceSlot) {
        guard let process = device.process else { return }
        keep(device.machine.image(), in: &snapshots[device.number, default: []])
        guard let image = backUp(device.machine, process.lane, process.replica) else { return }
        oracle.tell("n\(device.number) is saved")
        keep(image, in: &backups[device.number, default: []])
    }

    func backUpHub() {
        guard let lane = hub.machine.lane, let process = hub.process else { return }
        keep(hub.machine.image(), in: &snapshots[0, default: []])
        guard let image = backUp(hub.machine, lane, process.store.replica) else { return }
        oracle.tell("hub is saved")
        keep(image, in: &backups[0, default: []])
    }

    private func keep(_ image: DiskImage, in line: inout [Backup]) {
        line.append(Backup(image: image, time: scheduler.now))
        if line.count > Self.backupsMaximum { line.removeFirst() }
    }

    private func backUp(_ machine: Machine, _ lane: Lane, _ replica: Replica) -> DiskImage? {
        let key = machine.key
        let isDone = ask(lane) {
            try await replica.copy(to: Machine.backupPath, key: key)
            return true
        }
        let bytes = machine.withDisk { $0.contents(of: Machine.backupPath) }
        for name in machine.withDisk(\.names) where name.hasPrefix(Machine.backupPath) {
            machine.withDisk { $0.remove(name, syncs: true) }
        }
        return isDone == true ? bytes.map { .backup($0) } : nil
    }

    /// Puts a device back to a backup, with the product's knowledge.
    func restore(_ device: DeviceSlot) {
        guard let backup = draw(backups[device.number]) else { return }
        oracle.note(.deviceRestored, "n\(device.number) to \(backup.time.milliseconds)")
        putBack(device, to: backup, isNewFile: true)
        device.start(isRestored: true, in: surroundings)
    }

    /// Puts the disk of a device back to what it was, so that its system notices nothing.
    func setBack(_ device: DeviceSlot) {
        guard let backup = draw(snapshots[device.number]) else { return }
        oracle.note(.deviceSetBack, "n\(device.number) to \(backup.time.milliseconds)")
        putBack(device, to: backup, isNewFile: false)
        device.start(in: surroundings)
    }

    /// Puts the hub back to a backup, with the product's knowledge.
    func restoreHub() {
        guard let backup = draw(backups[0]) else { return }
        oracle.note(.hubRestored, "to \(backup.time.milliseconds)")
        putHubBack(to: backup, isNewFile: true)
        hub.start(isRestored: true, oracle)
    }

    /// Puts the disk of the hub back to what it was, so that its system notices nothing.
    func setHubBack() {
        guard let backup = draw(snapshots[0]) else { return }
        oracle.note(.hubSetBack, "to \(backup.time.milliseconds)")
        putHubBack(to: backup, isNewFile: false)
        hub.start(oracle)
    }

    private func putHubBack(to backup: Backup, isNewFile: Bool) {
        plannedCuts.removeAll { $0 === hub.machine }
        if hub.isRunning { hub.end(cuttingPower: true) }
        if isNewFile { hub.machine.noteNewFile() }
        hub.machine.place(backup.image, seed: chance.next())
        hub.machine.withDisk { $0.canary = Array(Oracle.password.utf8) }
        oracle.hubWentBack(to: backup.time)
    }

    private func putBack(_ device: DeviceSlot, to backup: Backup, isNewFile: Bool) {
        plannedCuts.removeAll { $0 === device.machine }
        if device.isRunning { device.end(cuttingPower: true) }
        if isNewFile { device.machine.noteNewFile() }
        device.machine.place(backup.image, seed: chance.next())
        device.machine.withDisk { $0.canary = Array(Oracle.password.utf8) }
        oracle.deviceWentBack(device.number, to: backup.time)
    }

    private func draw(_ line: [Backup]?) -> Backup? {
        guard let line, !line.isEmpty else { return nil }
        return line[chance.number(below: line.count)]
    }
}
