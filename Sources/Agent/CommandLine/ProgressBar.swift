import SyncCore

/// Shows on standard error how far a long work has come: as a bar on a terminal, and elsewhere
/// as a line now and then.
///
/// Work that is done soon shows nothing.
struct ProgressBar {
    private static let widthMaximum = 40
    /// After how long without an end a work is long.
    private static let patience = Duration.seconds(1)
    private static let lineInterval = Duration.seconds(5)

    private let terminal: Terminal
    private let title: String
    private let clock: @Sendable () -> Duration
    private let isSilent: Bool
    private var next: Duration
    private var shown: Int?

    /// Prepares to show a work that begins now.
    init(_ title: LocalizedText, in context: CommandContext) {
        terminal = context.terminal
        self.title = title.text(in: context.language)
        clock = context.engine.environment.uptime
        isSilent = context.isJSON
        next = clock() + Self.patience
    }

    /// Shows how far the work has come.
    ///
    /// - Parameter part: From 0 to 1.
    mutating func show(_ part: Double) async {
        let percent = Int((part * 100).rounded(.down))
        let now = clock()
        guard !isSilent, now >= next, percent != shown else { return }
        shown = percent
        if terminal.isErrorTerminal {
            await terminal.writeErrorBytes(Array("\r\(bar(percent))".utf8))
        } else {
            next = now + Self.lineInterval
            await terminal.writeError("\(title): \(percent) %")
        }
    }

    /// Ends the bar's line, if one was begun.
    mutating func end() async {
        guard shown != nil, terminal.isErrorTerminal else { return }
        shown = nil
        await terminal.writeErrorBytes(Array("\r\(bar(100))\n".utf8))
    }

    private func bar(_ percent: Int) -> String {
        // The title, the brackets, the number and the spaces between them.
        let room = (terminal.errorWidth ?? 80) - title.count - 10
        let width = max(min(room, Self.widthMaximum), 0)
        let full = width * percent / 100
        let number = String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0)
        return "\(title) [\(String(repeating: "#", count: full))"
            + "\(String(repeating: " ", count: width - full))] \(number)\(percent) %"
    }
}
