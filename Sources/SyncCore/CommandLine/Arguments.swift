/// The words after a command's name, taken one by one.
///
/// Options are read first, by name; what they leave are the operands, in order; `finish` refuses
/// what is still there:
///
/// ```swift
/// recipients = try arguments.options("to")
/// isForced = try arguments.flag("force")
/// message = try arguments.operand("MESSAGE")
/// try arguments.finish()
/// ```
///
/// `--name VALUE` and `--name=VALUE` mean the same. A value that begins with `--` needs the
/// second form. After `--` every word is an operand.
package struct Arguments: Sendable {
    private var words: [String]
    /// What followed `--`.
    private var operandsAfterDashes: [String]
    private let help: CommandHelp

    /// Takes the words of a command line, without the name of the command.
    package init(_ words: [String], for help: CommandHelp) {
        let dashes = words.firstIndex(of: "--") ?? words.count
        self.words = Array(words[..<dashes])
        operandsAfterDashes = Array(words[dashes...].dropFirst())
        self.help = help
    }

    /// Takes an option's value, or nil if the option is absent.
    package mutating func option(_ name: String) throws(UsageError) -> String? {
        let values = try takeValues(of: name)
        guard values.count <= 1 else {
            throw error(
                es: "La opción --\(name) aparece más de una vez.",
                en: "The option --\(name) is given more than once.")
        }
        return values.first
    }

    /// Takes the value of an option that must be there.
    package mutating func requiredOption(_ name: String) throws(UsageError) -> String {
        guard let value = try option(name) else {
            throw error(es: "Falta la opción --\(name).", en: "The option --\(name) is missing.")
        }
        return value
    }

    /// Takes every value of an option, in order.
    package mutating func options(_ name: String) throws(UsageError) -> [String] {
        try takeValues(of: name)
    }

    /// Takes an option whose value is a whole number within a range.
    package mutating func numberOption(
        _ name: String, in range: ClosedRange<Int>
    ) throws(UsageError) -> Int? {
        guard let text = try option(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw error(
                es: "--\(name) debe ser un número entre \(range.lowerBound) y "
                    + "\(range.upperBound).",
                en: "--\(name) must be a number between \(range.lowerBound) and "
                    + "\(range.upperBound).")
        }
        return number
    }

    /// Takes a flag, and tells whether it was there.
    package mutating func flag(_ name: String) throws(UsageError) -> Bool {
        precondition(help.declaresFlag(name), "The command does not declare --\(name).")
        if words.contains(where: { $0.hasPrefix("--\(name)=") }) {
            throw error(
                es: "La opción --\(name) no lleva valor.",
                en: "The option --\(name) takes no value.")
        }
        let isPresent = words.contains("--\(name)")
        words.removeAll { $0 == "--\(name)" }
        return isPresent
    }

    /// Takes the next operand, or nil if there is none; options must have been read before.
    package mutating func optionalOperand() -> String? {
        if let index = words.firstIndex(where: { !Self.isOption($0) }) {
            return words.remove(at: index)
        }
        return operandsAfterDashes.isEmpty ? nil : operandsAfterDashes.removeFirst()
    }

    /// Takes the next operand, which must be there; the name is what the help calls it.
    package mutating func operand(_ name: String) throws(UsageError) -> String {
        guard let operand = optionalOperand() else {
            throw error(es: "Falta \(name).", en: "\(name) is missing.")
        }
        return operand
    }

    /// Takes all operands that are left.
    package mutating func operands() -> [String] {
        var all: [String] = []
        while let operand = optionalOperand() { all.append(operand) }
        return all
    }

    /// Takes everything as it was typed, `--` included, for a command with rules of its own.
    package mutating func everything() -> [String] {
        defer { (words, operandsAfterDashes) = ([], []) }
        return words + (operandsAfterDashes.isEmpty ? [] : ["--"] + operandsAfterDashes)
    }

    /// Refuses words that no option or operand took.
    package func finish() throws(UsageError) {
        guard let word = words.first ?? operandsAfterDashes.first else { return }
        // Only the name: what follows `=` may be private.
        let name = word.split(separator: "=", omittingEmptySubsequences: false).first ?? ""
        guard Self.isOption(word) else {
            throw error(es: "Sobra «\(word)».", en: "“\(word)” is not expected.")
        }
        throw error(
            es: "La opción \(name) no existe.", en: "There is no option \(name).")
    }

    /// An error that a command finds in its own arguments; it shows the command's usage.
    package func error(es: String, en: String) -> UsageError {
        UsageError(es: es, en: en, usage: help.usage)
    }

    private mutating func takeValues(of name: String) throws(UsageError) -> [String] {
        precondition(help.declaresOption(name), "The command does not declare --\(name).")
        var values: [String] = []
        var kept: [String] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word.hasPrefix("--\(name)=") {
                values.append(String(word.dropFirst(name.count + 3)))
            } else if word == "--\(name)" {
                guard index < words.count, !words[index].hasPrefix("--") else {
                    throw error(
                        es: "Falta el valor de --\(name).", en: "--\(name) needs a value.")
                }
                values.append(words[index])
                index += 1
            } else {
                kept.append(word)
            }
        }
        words = kept
        return values
    }

    private static func isOption(_ word: String) -> Bool {
        word.hasPrefix("-") && word != "-"
    }
}
