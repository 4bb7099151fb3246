/// A part of a command line that other users of the machine have no business reading.
///
/// Everybody can list the arguments of every process. Passwords and bodies are therefore never
/// arguments; a subject is one, because people and programs type it, and is overwritten as soon
/// as it has been read.
package struct PrivateArgument: Hashable, Sendable {
    /// Which argument.
    package let index: Int
    /// How many of its bytes come before the part.
    package let offset: Int

    package init(index: Int, offset: Int) {
        self.index = index
        self.offset = offset
    }

    private static let option = "--subject"

    /// The private parts of the arguments before any `--`, in order.
    package static func all(in arguments: [String]) -> [PrivateArgument] {
        var found: [PrivateArgument] = []
        for (index, word) in arguments.enumerated() {
            if word == "--" { break }
            if word == option, index + 1 < arguments.count {
                found.append(PrivateArgument(index: index + 1, offset: 0))
            } else if word.hasPrefix(option + "=") {
                found.append(PrivateArgument(index: index, offset: option.utf8.count + 1))
            }
        }
        return found
    }
}
