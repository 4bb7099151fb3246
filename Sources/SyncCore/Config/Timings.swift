/// The waits of the organisation, from the configuration fields below `timing/`, in
/// milliseconds.
///
/// The defaults are what a company needs; a test of a whole company shortens them.
package struct Timings: Hashable, Sendable {
    /// How long a lease lasts (`timing/lease`).
    package var lease = Duration.seconds(30)
    /// How long after a lease another device must wait for it (`timing/drain`).
    package var drain = Duration.seconds(5)
    /// How long before its end the holder stops making claims (`timing/margin`).
    package var margin = Duration.seconds(5)
    /// How long after its lease a silent claim comes in doubt (`timing/doubt`): the final
    /// reply alone may take 10 minutes (RFC 5321 §4.5.3.2.6).
    package var doubt = Duration.seconds(15 * 60)
    /// How long to wait for a server to accept a connection and greet (`timing/connect`).
    package var connect = Duration.seconds(10)
    /// How long after a failed attempt the next one is made (`timing/retry`).
    package var retry = Duration.seconds(60)
    /// How often routes are tried in the background (`timing/probe`).
    package var probe = Duration.seconds(600)
    /// How often each device that may send signs in to the accounts, without sending
    /// (`timing/check`).
    package var check = Duration.seconds(4 * 3600)
    /// How long the hub may hold a poll that has no news (`timing/poll`).
    package var poll = Duration.seconds(25)

    /// Takes the defaults.
    package init() {}

    /// Reads the configuration; a field that is missing or not positive keeps its default.
    package init(_ config: ConfigStore) throws {
        self.init()
        func read(_ name: String, _ value: inout Duration) throws {
            let stored = try config.register(RegisterPath("timing", name)).value.integer
            if let stored, stored > 0 { value = .milliseconds(stored) }
        }
        try read("lease", &lease)
        try read("drain", &drain)
        try read("margin", &margin)
        try read("doubt", &doubt)
        try read("connect", &connect)
        try read("retry", &retry)
        try read("probe", &probe)
        try read("check", &check)
        try read("poll", &poll)
    }
}
