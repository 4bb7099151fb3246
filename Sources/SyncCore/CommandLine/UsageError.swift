/// A command line that cannot be understood.
package struct UsageError: ExplainedError, Hashable {
    /// What is wrong with it.
    package let problem: LocalizedText
    /// The usage line of the command it was meant for.
    package let usage: LocalizedText

    package init(es: String, en: String, usage: LocalizedText) {
        problem = LocalizedText(es: es, en: en)
        self.usage = usage
    }

    package var explanation: LocalizedText {
        LocalizedText(
            es: "\(problem.es)\n\(usage.es)", en: "\(problem.en)\n\(usage.en)")
    }

    package var exitStatus: ExitStatus { .usage }
}
