/// The exit status of a command, from sysexits(3).
package enum ExitStatus: Int32, Sendable {
    /// Done, or safely queued.
    case done = 0
    /// The command line was wrong.
    case usage = 64
    /// An input was wrong.
    case badData = 65
    /// The named user does not exist.
    case noSuchUser = 67
    /// A service that is needed cannot be reached.
    case unavailable = 69
    /// A defect of the program.
    case software = 70
    /// A file could not be created.
    case cannotCreate = 73
    /// The same command may succeed later.
    case tryLater = 75
    /// The caller may not do this.
    case notPermitted = 77
    /// The configuration or a key is wrong.
    case configuration = 78
}

/// A failure that can be told to the person who caused or suffers it.
///
/// The explanation says what was attempted, what went wrong and what to do. It never holds a
/// secret, the text of a mail or a bound value, so it may be shown, logged and sent.
package protocol ExplainedError: Error, Sendable {
    /// What to tell the person.
    var explanation: LocalizedText { get }
    /// What to tell the calling program.
    var exitStatus: ExitStatus { get }
}
