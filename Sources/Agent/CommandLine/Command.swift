package import SyncCore

/// One verb of the command line.
///
/// A command is a value: parsing fills its properties and touches nothing else, `run` does the
/// work. Tests therefore parse without running, and run without parsing.
package protocol Command: Sendable {
    /// The words that select the command, such as `outbox list`.
    static var name: String { get }
    /// One line for the list of commands.
    static var summary: LocalizedText { get }
    /// The words that follow the name, for the help, such as `TOKEN` or `[HOST…]`.
    static var operands: String { get }
    /// Every option the command reads. Reading another one is a defect, and traps.
    static var options: [OptionHelp] { get }

    /// Reads the command's own arguments.
    init(reading arguments: inout Arguments) throws(UsageError)

    /// Carries the command out.
    ///
    /// - Throws: An ``ExplainedError``, which becomes the text on standard error and the exit
    ///   status.
    func run(in context: CommandContext) async throws
}

extension Command {
    package static var operands: String { "" }
    package static var options: [OptionHelp] { [] }
}
