/// The language the person reads, as it travels in a hello.
///
/// The front cannot use the engine's localized texts: they live beside libraries that would
/// make it start ten times slower.
package enum FrontLanguage: UInt8, Sendable, CaseIterable {
    case spanish = 0
    case english = 1

    /// Chooses a language from a word such as `en`, `es_EC.UTF-8` or `C`.
    ///
    /// Anything that does not ask for English gets Spanish, which most users read first.
    package init(locale: some StringProtocol) {
        self = locale.lowercased().hasPrefix("en") ? .english : .spanish
    }

    /// Chooses by `--lang`, then by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set.
    package init(arguments: [String], variables: [String: String]) {
        let locales = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { variables[$0] }
        let chosen =
            GlobalOption.value(of: "lang", in: arguments) ?? locales.first { !$0.isEmpty } ?? ""
        self.init(locale: chosen)
    }

    /// Picks one of two texts.
    package func pick(es: String, en: String) -> String {
        switch self {
        case .spanish: es
        case .english: en
        }
    }
}

/// An option that the front itself needs, wherever it stands among the arguments.
///
/// The engine reads an option's value only when it does not begin with `--`, so a word that
/// looks like one of these is one of these.
package enum GlobalOption {
    /// The value of `--name VALUE` or `--name=VALUE` before any `--`.
    package static func value(of name: String, in arguments: [String]) -> String? {
        for (index, word) in arguments.enumerated() {
            if word == "--" { return nil }
            if word == "--\(name)" {
                return index + 1 < arguments.count ? arguments[index + 1] : nil
            }
            if word.hasPrefix("--\(name)=") { return String(word.dropFirst(name.count + 3)) }
        }
        return nil
    }
}
