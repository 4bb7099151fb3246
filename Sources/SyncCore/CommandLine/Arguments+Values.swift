extension Arguments {
    /// Reads an option that names something an administrator chose, such as a user.
    package mutating func identifier<Name: ChosenIdentifier>(
        _ option: String, as type: Name.Type = Name.self
    ) throws(UsageError) -> Name? {
        guard let text = try self.option(option) else { return nil }
        return try parse(text, option)
    }

    /// Reads an operand that names something an administrator chose.
    package mutating func identifierOperand<Name: ChosenIdentifier>(
        _ name: String, as type: Name.Type = Name.self
    ) throws(UsageError) -> Name {
        try parse(try operand(name), name)
    }

    /// Reads an option with a text that can stand in a header or a login.
    package mutating func line(_ option: String, maximum: Int) throws(UsageError) -> String? {
        guard let text = try self.option(option) else { return nil }
        guard (1...maximum).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw error(
                es: "--\(option) debe tener de 1 a \(maximum) bytes sin caracteres de control.",
                en: "--\(option) must have 1 to \(maximum) bytes without control characters.")
        }
        return text
    }

    private func parse<Name: ChosenIdentifier>(
        _ text: String, _ place: String
    ) throws(UsageError) -> Name {
        guard let name = Name(text) else {
            throw error(
                es: "\(place): use de 1 a 40 letras minúsculas, cifras, «-», «_» o «.».",
                en: "\(place): use 1 to 40 lower-case letters, digits, \"-\", \"_\" or \".\".")
        }
        return name
    }
}
