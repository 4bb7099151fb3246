package import Front
package import SyncCore

/// Who typed a command, as the kernel says (`SO_PEERCRED`).
package struct Peer: Hashable, Sendable {
    package let uid: UInt32
    package let gid: UInt32
    package let pid: Int32

    package init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }
}

/// One run of one command, with everything it may use of its caller.
package struct Invocation: Sendable {
    /// The command line without the program's name.
    package let arguments: [String]
    /// The language to answer in.
    package let language: Language
    /// Who typed it.
    package let peer: Peer
    /// Names this run; one that is repeated after a lost reply has the same name.
    package let submission: Submission
    /// Where it was typed; files are read through ``Terminal``, not with this.
    package let workingDirectory: String
    /// Where it reads from and writes to.
    package let terminal: Terminal

    package init(
        arguments: [String], language: Language, peer: Peer, submission: Submission,
        workingDirectory: String, terminal: Terminal
    ) {
        self.arguments = arguments
        self.language = language
        self.peer = peer
        self.submission = submission
        self.workingDirectory = workingDirectory
        self.terminal = terminal
    }
}

/// Carries a command out, and tells its exit status.
///
/// It runs on an executor of its own. When the front leaves or is interrupted, its task is
/// cancelled; a status other than ``ExitStatus/tryLater`` is then remembered like any other.
package typealias CommandHandler = @Sendable (Invocation) async -> ExitStatus
