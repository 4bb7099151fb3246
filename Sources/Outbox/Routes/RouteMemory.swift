/// The network a device is in, as far as it can be told apart from others.
package struct NetworkName: Hashable, Comparable, Sendable {
    /// Whatever names the network, such as its gateway's address.
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func < (a: NetworkName, b: NetworkName) -> Bool { a.text < b.text }
}

/// Which route worked last, for each server in each network.
///
/// What is blocked depends on where the device stands, so a laptop that moves between branches
/// remembers one route for each.
package struct RouteMemory: Hashable, Sendable {
    /// Where a route worked.
    package struct Key: Hashable, Comparable, Sendable {
        package let host: ServerName
        package let network: NetworkName

        package init(host: ServerName, network: NetworkName) {
            self.host = host
            self.network = network
        }

        package static func < (a: Key, b: Key) -> Bool {
            (a.host, a.network) < (b.host, b.network)
        }
    }

    /// How many places are remembered; the oldest is forgotten.
    package static let countMaximum = 256

    // Invariant: each key once; the newest is last.
    private var remembered: [(key: Key, route: Route)] = []

    package init() {}

    package static func == (a: RouteMemory, b: RouteMemory) -> Bool {
        a.remembered.elementsEqual(b.remembered, by: ==)
    }

    package func hash(into hasher: inout Hasher) {
        for entry in remembered {
            hasher.combine(entry.key)
            hasher.combine(entry.route)
        }
    }

    /// What is remembered, the oldest first.
    package var entries: [(key: Key, route: Route)] { remembered }

    /// The route that worked last.
    package subscript(key: Key) -> Route? {
        remembered.first { $0.key == key }?.route
    }

    /// Remembers a route that worked.
    ///
    /// The second time changes nothing but its age.
    package mutating func remember(_ route: Route, at key: Key) {
        forget(key)
        remembered.append((key, route))
        if remembered.count > Self.countMaximum { remembered.removeFirst() }
    }

    /// Forgets what was remembered for a place.
    package mutating func forget(_ key: Key) {
        remembered.removeAll { $0.key == key }
    }

    /// Puts the remembered route first.
    ///
    /// A route that is not among those allowed is not used.
    package func ordered(_ routes: [Route], at key: Key) -> [Route] {
        guard let best = self[key], routes.contains(best) else { return routes }
        return [best] + routes.filter { $0 != best }
    }
}
