/// What the doctor saw of the network and of mail servers, and nothing that it concludes.
package struct NetworkObservations: Hashable, Sendable {
    /// A page of the web that was asked for, to tell the network from the mail servers.
    package enum Web: Hashable, Sendable {
        /// The page answered as it must.
        case open
        /// Somebody else answered in its place.
        case captive(status: Int)
        /// Nobody answered.
        case closed
    }

    /// Whether the machine has a route to the outside.
    package var hasRoute: Bool
    /// The proxy that the environment names, if it does; without user and password.
    package var proxy: String?
    /// The page of the web, or nil when none was asked for.
    package var web: Web?
    /// How far this machine's clock is ahead of the page's, when it told the time.
    package var clockAhead: Duration?
    /// The servers, in the order in which they were named.
    package var servers: [ServerObservation]

    package init(
        hasRoute: Bool, proxy: String? = nil, web: Web? = nil, clockAhead: Duration? = nil,
        servers: [ServerObservation] = []
    ) {
        self.hasRoute = hasRoute
        self.proxy = proxy
        self.web = web
        self.clockAhead = clockAhead
        self.servers = servers
    }
}

/// What was seen of one server.
package struct ServerObservation: Hashable, Sendable {
    package let host: ServerName
    package var resolution: NameResolution
    package var routes: [RouteObservation]
    /// Another device that sent over this server lately, by its name.
    package var neighbour: String?

    package init(host: ServerName, resolution: NameResolution, routes: [RouteObservation] = []) {
        self.host = host
        self.resolution = resolution
        self.routes = routes
    }
}

/// What DNS said of a name.
package enum NameResolution: Hashable, Sendable {
    /// Its addresses, as text.
    case found([String])
    /// There is no such name.
    case unknown
    /// Nobody answered, or the answer was a failure.
    case failed
}

/// What was seen of one way to a server.
package struct RouteObservation: Hashable, Sendable {
    package let route: Route
    package let family: AddressFamily?
    package let elapsed: Duration
    package let result: Result<SMTPCapabilities, TransportFailure>

    package init(
        route: Route, family: AddressFamily? = nil, elapsed: Duration,
        result: Result<SMTPCapabilities, TransportFailure>
    ) {
        self.route = route
        self.family = family
        self.elapsed = elapsed
        self.result = result
    }

    /// Why the way cannot be used, or nil if it can.
    package var failure: TransportFailure? {
        guard case .failure(let failure) = result else { return nil }
        return failure
    }

    /// Whether the way ends in a mail server that greeted and encrypts.
    package var isUsable: Bool { failure == nil }
}
