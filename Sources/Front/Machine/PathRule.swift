/// Which files an engine may have read to it.
///
/// The engine may belong to another user than the person who typed the command. It must not be
/// able to fetch a file that this person did not name.
package enum PathRule {
    /// Whether the person named the path: as an argument of its own, or after its first `=`.
    package static func allows(_ path: String, in arguments: [String]) -> Bool {
        guard !path.isEmpty else { return false }
        return arguments.contains { argument in
            if argument == path { return true }
            guard let equals = argument.firstIndex(of: "=") else { return false }
            return argument[equals...].dropFirst() == path
        }
    }
}
