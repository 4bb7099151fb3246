import SyncCore

/// The fields of one user or account, by what follows its name in their paths.
struct DirectoryFields {
    private let registers: [String: Register]

    init(_ registers: [Register]) {
        self.registers = Dictionary(
            registers.map { ($0.path.parts.dropFirst(2).joined(separator: "/"), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The value of a field; none if it was never written.
    subscript(field: String) -> RegisterValue { registers[field]?.value ?? .none }

    /// Every live value of a field, the provisional one first.
    func entries(of field: String) -> [Register.Entry] { registers[field]?.entries ?? [] }

    /// What follows a word and a slash in the names of fields, in ascending order.
    func names(below field: String) -> [String] {
        registers.keys.filter { $0.hasPrefix(field + "/") }
            .map { String($0.dropFirst(field.utf8.count + 1)) }.sorted()
    }
}

extension MailAddress {
    /// Reads an address from the configuration, where anything may stand.
    package init?(stored text: String) {
        do {
            try self.init(text, in: .from)
        } catch {
            return nil
        }
    }
}
