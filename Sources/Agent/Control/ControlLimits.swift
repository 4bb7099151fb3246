/// How much a control server gives to its callers.
package struct ControlLimits: Sendable {
    /// How many connections are served at once; the others wait in the socket's queue.
    package var sessionsMaximum = 256
    /// How many of them one user may have in a system home.
    package var sessionsPerUserMaximum = 224
    /// How long a front may take to say which command it brings.
    package var helloWaitMaximum = Duration.seconds(10)
    /// How many bytes of output wait for a front before its command does.
    package var outputBytesMaximum = 1 << 20
    /// How long a front with a full buffer may take nothing.
    package var stallMaximum = Duration.seconds(60)
    /// How long the output of a finished command waits for a front that takes nothing, such as
    /// a pager that shows its first page.
    package var lingerMaximum = Duration.seconds(600)
    /// How many bytes of input may be on their way to the engine.
    package var inputWindowBytes = 1 << 20
    /// How long running commands may go on when the engine is told to stop.
    package var shutdownWaitMaximum = Duration.seconds(10)

    package init() {}
}
