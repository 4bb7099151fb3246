/// What the help says about one option.
package struct OptionHelp: Sendable {
    /// The name without its dashes.
    package let name: String
    /// What stands for the value, such as `ADDRESS`; nil for a flag.
    package let value: String?
    /// Whether it may be given more than once.
    package let isRepeatable: Bool
    /// One line.
    package let summary: LocalizedText

    /// Describes an option that takes a value.
    package static func option(
        _ name: String, _ value: String, isRepeatable: Bool = false, es: String, en: String
    ) -> OptionHelp {
        OptionHelp(
            name: name, value: value, isRepeatable: isRepeatable,
            summary: LocalizedText(es: es, en: en))
    }

    /// Describes a flag.
    package static func flag(_ name: String, es: String, en: String) -> OptionHelp {
        OptionHelp(
            name: name, value: nil, isRepeatable: false, summary: LocalizedText(es: es, en: en))
    }

    /// The option as the help shows it.
    package var spelling: String { value.map { "--\(name) \($0)" } ?? "--\(name)" }
}
