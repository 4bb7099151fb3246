/// A language that syncmail speaks to people.
package enum Language: String, Sendable, CaseIterable {
    /// The first language of the product.
    case spanish = "es"
    case english = "en"

    /// Chooses a language from a locale such as `es_EC.UTF-8`.
    ///
    /// Anything that does not ask for English gets Spanish, which most users read first.
    package init(locale: String) {
        self = locale.lowercased().hasPrefix("en") ? .english : .spanish
    }
}

/// A text for people, in every language the product speaks.
///
/// Writing both languages side by side, where the text is used, makes it impossible to ship
/// one without the other:
///
/// ```swift
/// LocalizedText(es: "No existe el usuario \(user).", en: "There is no user \(user).")
/// ```
package struct LocalizedText: Hashable, Sendable {
    /// The Spanish text.
    package let es: String
    /// The English text.
    package let en: String

    package init(es: String, en: String) {
        self.es = es
        self.en = en
    }

    /// Returns the text in one language.
    package func text(in language: Language) -> String {
        switch language {
        case .spanish: es
        case .english: en
        }
    }
}
