import Outbox
import SyncCore
import TestSupport

/// What people and fate do while things go wrong.
extension World {
    /// Does something.
    func perform(_ act: Swarm.Act) {
        let device = devices[chance.number(below: devices.count)]
        switch act {
        case .send: send(from: device)
        case .edit: edit(on: device)
        case .decide: decide(on: device)
        case .cutNetwork: cutNetwork(of: device)
        case .pauseDevice: pause(device)
        case .killDevice: end(device, cuttingPower: false)
        case .cutPowerOfDevice: end(device, cuttingPower: true)
        case .cutPowerInWrite: planCut(of: device.machine)
        case .backUpDevice: backUp(device)
        case .restoreDevice: restore(device)
        case .setDeviceBack: setBack(device)
        case .killHub: endHub(cuttingPower: false)
        case .cutPowerOfHub: endHub(cuttingPower: true)
        case .cutPowerInHubWrite: planCut(of: hub.machine)
        case .backUpHub: backUpHub()
        case .restoreHub: restoreHub()
        case .setHubBack: setHubBack()
        case .fillDisk: fillDisk(of: anyMachine())
        case .lie: hub.lie.put(LyingHub.Lie.allCases[chance.number(below: 3)])
        case .revoke: revoke(device)
        case .dropServer: dropServer(for: device)
        case .drift: drift()
        case .jump: jump()
        }
    }

    // MARK: Network and clocks

    private func cutNetwork(of device: DeviceSlot) {
        let kind = chance.number(below: 3)
        oracle.note(.networkCut, "n\(device.number) \(kind)")
        surroundings.network.set(
            Network.Cut(losesRequests: kind != 1, losesReplies: kind != 0), of: device.number)
        later(after: wait(upTo: 40)) { world in
            world.surroundings.network.set(Network.Cut(), of: device.number)
            device.process?.networkChanged()
        }
    }

    private func dropServer(for device: DeviceSlot) {
        oracle.note(.serverUnreachable, "n\(device.number)")
        surroundings.post.set(false, from: device.number)
        later(after: wait(upTo: 60)) { world in
            world.surroundings.post.set(true, from: device.number)
        }
    }

    private func drift() {
        let machine = anyMachine()
        // A quartz drifts by 20 parts in a million; what is bad here is a thousand times worse.
        let drift = chance.number(below: 40_001) - 20_000
        oracle.note(.clockDrifted, "\(machine.name) \(drift)")
        machine.clock.setDrift(drift)
    }

    private func jump() {
        let machine = anyMachine()
        let seconds = [-86_400, -600, -5, 5, 600, 86_400][chance.number(below: 6)]
        oracle.note(.wallJumped, "\(machine.name) \(seconds)")
        machine.clock.jump(by: .seconds(seconds))
    }

    private func anyMachine() -> Machine {
        let place = chance.number(below: devices.count + 1)
        return place == 0 ? hub.machine : devices[place - 1].machine
    }

    // MARK: Machines

    private func pause(_ device: DeviceSlot) {
        guard let lane = device.machine.lane else { return }
        oracle.note(.devicePaused, "n\(device.number)")
        scheduler.setPaused(true, lane)
        later(after: wait(upTo: 60)) { world in
            world.oracle.tell("n\(device.number) goes on")
            world.scheduler.setPaused(false, lane)
        }
    }

    func end(_ device: DeviceSlot, cuttingPower: Bool) {
        guard device.isRunning else { return }
        oracle.note(cuttingPower ? .devicePowerCut : .deviceKilled, "n\(device.number)")
        plannedCuts.removeAll { $0 === device.machine }
        device.end(cuttingPower: cuttingPower)
        later(after: wait(upTo: 20)) { $0.startAgain(device) }
    }

    private func startAgain(_ device: DeviceSlot) {
        guard !device.isRunning else { return }
        device.start(in: surroundings)
    }

    private func planCut(of machine: Machine) {
        guard machine.lane != nil, !plannedCuts.contains(where: { $0 === machine }) else {
            return
        }
        let count = chance.number(below: 60)
        machine.withDisk { $0.plan(.powerCut, after: count) }
        plannedCuts.append(machine)
    }

    /// The power of a machine went at the chosen operation.
    func loseInWrite(_ machine: Machine) {
        if machine === hub.machine {
            endHub(cuttingPower: true)
        } else if let device = devices.first(where: { $0.machine === machine }) {
            end(device, cuttingPower: true)
        }
    }

    /// Leaves a machine's disk room for a few pages, for a while.
    private func fillDisk(of machine: Machine) {
        guard machine.lane != nil else { return }
        oracle.note(.diskFull, machine.name)
        let room = chance.number(below: Self.roomMaximum)
        machine.withDisk { $0.capacity = $0.byteCount + room }
        later(after: wait(upTo: 30)) { $0.makeRoom(on: machine) }
    }

    /// How many bytes a full disk still takes at most.
    private static let roomMaximum = 100_000

    /// Makes room on a machine's disk; what could not start without it starts.
    func makeRoom(on machine: Machine) {
        machine.withDisk { $0.capacity = nil }
        if machine === hub.machine {
            guard hub.isRunning, hub.process == nil else { return }
            hub.end(cuttingPower: false)
            hub.start(oracle)
        } else if let device = devices.first(where: { $0.machine === machine }) {
            guard device.isRunning, device.process == nil else { return }
            device.end(cuttingPower: false)
            device.start(in: surroundings)
        }
    }

    // MARK: The hub

    private func endHub(cuttingPower: Bool) {
        guard hub.isRunning else { return }
        oracle.note(cuttingPower ? .hubPowerCut : .hubKilled)
        plannedCuts.removeAll { $0 === hub.machine }
        hub.end(cuttingPower: cuttingPower)
        later(after: wait(upTo: 20)) { $0.startHubAgain() }
    }

    private func startHubAgain() {
        guard !hub.isRunning else { return }
        hub.start(oracle)
    }

    /// A time that is often short.
    func wait(upTo seconds: Int) -> Duration {
        .milliseconds(1 + chance.number(below: 1 + chance.number(below: seconds * 1000)))
    }
}
