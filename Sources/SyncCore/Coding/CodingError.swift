/// Bytes that do not have the form they must have.
///
/// The reason names the rule that was broken and never quotes the bytes.
package struct CodingError: Error, Hashable, Sendable {
    /// The rules a reader enforces.
    package enum Rule: String, Sendable {
        /// The input ended inside an item.
        case truncated
        /// Bytes follow the last item.
        case trailing
        /// A number or length is not in its shortest form, or map keys are not ascending.
        case notCanonical
        /// An item is of another type than expected.
        case type
        /// A length, count, number or nesting exceeds its limit.
        case limit
        /// A required field is missing.
        case missing
        /// A value is outside its set.
        case value
    }

    /// The rule that was broken.
    package let rule: Rule
    /// What was being read, such as `record.seq`.
    package let place: String

    package init(_ rule: Rule, in place: String) {
        self.rule = rule
        self.place = place
    }
}

extension CodingError: ExplainedError {
    package var explanation: LocalizedText {
        LocalizedText(
            es: "Los datos no tienen la forma esperada (\(place): \(rule.rawValue)). "
                + "Puede que vengan de otra versión o estén dañados.",
            en: "The data does not have the expected form (\(place): \(rule.rawValue)). "
                + "It may come from another version or be damaged.")
    }

    package var exitStatus: ExitStatus { .badData }
}
