/// The directory of a replica, and how its engine is reached.
package struct EngineHome: Hashable, Sendable {
    /// Who owns a home, and so who may start its engine.
    package enum Kind: Hashable, Sendable {
        /// The caller's own. A front starts its engine when none runs.
        case personal
        /// The machine's. systemd or the administrator starts its engine.
        case system
    }

    /// Where the system home is.
    package static let systemDirectory = "/var/lib/syncmail"
    private static let systemSocket = "/run/syncmail/socket"

    package let directory: String
    package let kind: Kind

    package init(directory: String, kind: Kind) {
        self.directory = directory
        self.kind = kind
    }

    /// Where the engine listens.
    package var socket: String {
        kind == .system && directory == Self.systemDirectory
            ? Self.systemSocket : directory + "/socket"
    }

    /// Held by the engine for its whole life.
    package var engineLock: String { directory + "/engine.lock" }

    /// Held by whoever starts an engine, and by one that leaves.
    package var startLock: String { directory + "/start.lock" }

    /// Where an engine that a front started writes what has no other place.
    package var log: String { directory + "/engine.log" }

    /// Chooses the home of a command, or nil when nothing names one.
    ///
    /// - Parameters:
    ///   - arguments: The command line; `--home` is looked for.
    ///   - variables: The process's environment.
    ///   - workingDirectory: What a relative directory is relative to.
    ///   - owner: Tells the owner of a directory, or nil if it does not exist.
    ///   - uid: The caller.
    /// - Returns: The home, which may not exist yet.
    package static func choose(
        arguments: [String], variables: [String: String], workingDirectory: String,
        owner: (String) -> UInt32?, uid: UInt32
    ) -> EngineHome? {
        func variable(_ name: String) -> String? {
            variables[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        func home(at path: String) -> EngineHome {
            let directory = normalized(path, in: workingDirectory)
            let isOwn = (owner(directory) ?? uid) == uid && directory != systemDirectory
            return EngineHome(directory: directory, kind: isOwn ? .personal : .system)
        }
        if let path = GlobalOption.value(of: "home", in: arguments) ?? variable("SYNCMAIL_HOME") {
            return path.isEmpty ? nil : home(at: path)
        }
        if owner(systemDirectory) != nil { return home(at: systemDirectory) }
        // XDG: a relative path there is to be ignored.
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") {
            return home(at: state + "/syncmail")
        }
        return variable("HOME").map { home(at: $0 + "/.local/state/syncmail") }
    }

    /// The absolute path without slashes at its end.
    private static func normalized(_ path: String, in workingDirectory: String) -> String {
        var path = path.hasPrefix("/") ? path : workingDirectory + "/" + path
        while path.count > 1, path.last == "/" { path.removeLast() }
        return path
    }
}
