import SyncCore
import TestSupport

/// What one seed turns off, and what it turns far up.
///
/// A simulation with a little of everything finds less than many that each have much of few
/// things (Groce et al., "Swarm Testing", 2012).
struct Swarm {
    /// Something that a person or fate does.
    enum Act: String, CaseIterable {
        case send
        case edit
        case decide
        case cutNetwork
        case pauseDevice
        case killDevice
        case cutPowerOfDevice
        case cutPowerInWrite
        case backUpDevice
        case restoreDevice
        case setDeviceBack
        case killHub
        case cutPowerOfHub
        case cutPowerInHubWrite
        case backUpHub
        case restoreHub
        case setHubBack
        case fillDisk
        case lie
        case revoke
        case dropServer
        case drift
        case jump
    }

    let devicesCount: Int
    let shuffles: Bool
    /// How long things go wrong.
    let duration: Duration
    /// How long between two acts, on average.
    let pace: Duration
    var network = Network.Weather()
    var post = Post.Weather()
    /// How often each act comes, relative to the others.
    private(set) var weights: [Act: Int] = [:]
    private let weightsSum: Int

    init(_ chance: inout SeededGenerator) {
        devicesCount = 2 + chance.number(below: Hall.devicesMaximum - 1)
        shuffles = chance.isOne(in: 2)
        duration = .seconds(20 + chance.number(below: 80))
        pace = .milliseconds([500, 1500, 3000][chance.number(below: 3)])
        func level(_ low: Int, _ high: Int) -> Int {
            [0, 0, low, high][chance.number(below: 4)]
        }
        network.lossPercent = level(5, 30)
        network.repeatPercent = level(5, 40)
        network.delayMaximum = .milliseconds([10, 40, 400, 4000][chance.number(below: 4)])
        post.unreachable = level(10, 40)
        post.deferred = level(10, 40)
        post.refused = level(3, 20)
        post.brokenBefore = level(5, 30)
        post.brokenBody = level(3, 20)
        post.lostVerdict = level(5, 30)
        post.delayMaximum = .milliseconds([10, 50, 500, 4000][chance.number(below: 4)])
        weights = [.send: 10 + chance.number(below: 20), .edit: level(3, 15)]
        weights[.decide] = level(2, 10)
        for act in Act.allCases where weights[act] == nil {
            weights[act] = level(1, 5)
        }
        weights[.revoke] = level(0, 1)
        // Not yet: see docs/TESTING.md, "What the simulator does not do".
        weights[.setHubBack] = 0
        // What cannot be restored need not be saved.
        if weights[.restoreDevice] != 0 { weights[.backUpDevice] = 3 }
        if weights[.setDeviceBack] != 0 { weights[.backUpDevice] = 3 }
        if weights[.restoreHub] != 0 || weights[.setHubBack] != 0 { weights[.backUpHub] = 3 }
        weightsSum = weights.values.reduce(0, +)
    }

    /// Draws the next act.
    func act(_ chance: inout SeededGenerator) -> Act {
        var place = chance.number(below: weightsSum)
        for act in Act.allCases {
            place -= weights[act] ?? 0
            if place < 0 { return act }
        }
        return .send
    }

    /// The acts that this seed knows, for the trace.
    var summary: String {
        let acts = Act.allCases.filter { (weights[$0] ?? 0) > 0 }
            .map { "\($0.rawValue) \(weights[$0] ?? 0)" }
        return "\(devicesCount) devices, \(duration.milliseconds) ms, shuffles \(shuffles), "
            + "\(network), \(post), \(acts.joined(separator: ", "))"
    }
}
