import SyncCore

extension Arguments {
    /// Reads an option that names something an administrator chose, such as a user.
    mutating func identifier<Name: ChosenIdentifier>(
        _ option: String, as type: Name.Type = Name.self
    ) throws(UsageError) -> Name? {
        guard let text = try self.option(option) else { return nil }
        return try parse(text, option)
    }

    /// Reads an operand that names something an administrator chose.
    mutating func identifierOperand<Name: ChosenIdentifier>(
        _ name: String, as type: Name.Type = Name.self
    ) throws(UsageError) -> Name {
        try parse(try operand(name), name)
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
